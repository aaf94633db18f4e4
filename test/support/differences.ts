/** Where end-to-end tests can run: `containers` is LocalStack as docker-compose.localstack.yml starts it, `localstack` one without; `aws` is a stage in an account. */
export type PlaceName = 'loopback' | 'localstack' | 'containers' | 'aws';

interface Difference {
  /** What a place with it can do, as a sentence that ends "… can be shown". */
  what: string;
  /** The places without it, and why. */
  not: Partial<Record<PlaceName, string>>;
}

const onLocalStack = (why: string) => ({ localstack: why, containers: why });

/** What one place can do and another cannot: the only reason for a promise not to be shown in a place. */
export const differences = {
  faults: {
    what: 'AWS refuses a call on demand',
    not: { ...onLocalStack('a refusal on demand needs a server of our own'), aws: 'AWS refuses nothing on demand' },
  },
  kills: {
    what: 'a consumer is killed in the middle of its work',
    not: { ...onLocalStack('its processes belong to LocalStack, or to Docker'), aws: 'its processes belong to Lambda' },
  },
  traceHeader: {
    what: 'EventBridge carries TraceHeader into the queue, as the AWSTraceHeader of the message',
    not: onLocalStack('LocalStack 4.14 drops it: there only the context inside the event arrives'),
  },
  exactBodies: {
    what: 'a function gets the body of a message to the byte',
    not: onLocalStack('LocalStack 4.14 hands over JSON re-serialised, with blanks after colons and commas'),
  },
  customResources: {
    what: 'CloudFormation itself calls the migration in the middle of a deployment',
    not: {
      loopback: 'npm start migrates in its own process',
      ...onLocalStack('LocalStack 4.14 leaves custom resources out: whoever deploys there calls the deployed function'),
    },
  },
  hostReach: {
    what: 'functions reach what a test starts on this machine',
    not: { containers: "a container's loopback is its own", aws: 'this machine is not reached from there' },
  },
  deployments: {
    what: 'CloudFormation deploys and removes stacks',
    not: {
      loopback: 'npm start reads the template and deploys nothing',
      aws: 'a stage is taken as it stands: npm run deploy and npm run destroy are for people',
    },
  },
  anySpan: {
    what: 'a span is found without the id of its trace',
    not: { aws: 'X-Ray is asked for a trace by its id' },
  },
  kinds: {
    what: 'the kind a span was exported with',
    not: { aws: 'a segment of X-Ray has none; it is made again from the attributes' },
  },
  links: {
    what: 'the links of a span',
    not: { aws: "X-Ray's segment documents have none" },
  },
  ownStatus: {
    what: 'an answer of 400 or more that is no error of the span',
    not: { aws: 'X-Ray calls a segment with such an answer an error' },
  },
  webhookContents: {
    what: 'headers and body of a webhook as it arrived',
    not: { aws: 'the deployed receiver writes down its id, its type and its trace' },
  },
} as const satisfies Record<string, Difference>;

export type Capability = keyof typeof differences;

/** Why a place lacks it; `undefined` when it does not. */
export const lacking = (place: PlaceName, capability: Capability): string | undefined =>
  (differences[capability].not as Difference['not'])[place];

/** The rows of the table that a place lacks, as text. */
export const describeDifferences = (place: PlaceName): string[] =>
  (Object.keys(differences) as Capability[])
    .filter((capability) => lacking(place, capability))
    .map((capability) => `not shown on ${place}: ${differences[capability].what} (${lacking(place, capability)})`);
