import { stageOf, type StageName } from './stages.ts';

/** What whoever deploys a stage may choose, by CDK's context (`-c name=value`); everything else is the stage's line. */
export interface Choices {
  /** Where webhooks go. */
  webhookUrl?: string | undefined;
  /** Lets anybody call the API of a stage whose callers sign otherwise. */
  apiOpen?: boolean | undefined;
  /** An OTLP/HTTP collector that takes the traces instead of X-Ray; or `fargate`, which deploys one. */
  collector?: string | undefined;
  /** What the Collector on Fargate sends to. */
  collectorTo?: readonly Backend[] | undefined;
  /** Its backend `otlp`: OTLP over HTTP, without `/v1/traces`. */
  collectorEndpoint?: string | undefined;
  /** Its backend `coralogix`: a region (`eu2`) or a domain. */
  coralogixDomain?: string | undefined;
  /** ARN of a secret of Secrets Manager with the fields `OTLP_AUTHORIZATION` and `CORALOGIX_TOKEN`, as far as its backends want them. */
  collectorSecret?: string | undefined;
  /** Who hears of alarms. */
  alarmEmail?: string | undefined;
}

/**
 * Whether a collector that was chosen is X-Ray's own OTLP endpoint: functions sign what they send there (telemetry/export/xray), so they
 * have to be permitted to. What is compared is the host as URL reads it, there as here.
 */
export const isXRay = (collector: string | undefined): boolean =>
  /^xray(?:-fips)?\.[a-z]{2}(?:-[a-z]+)+-\d\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(
    URL.parse(collector ?? '')?.hostname ?? '',
  );

/** The parameter of the running stack that asks for `webhookUrl` where it was not chosen. */
export const WEBHOOK_PARAMETER = 'WebhookUrl';

/** Every name there is: a misspelt one would be ignored without a word. */
export const choiceNames = [
  'webhookUrl',
  'apiOpen',
  'alarmEmail',
  'collector',
  'collectorTo',
  'collectorEndpoint',
  'collectorSecret',
  'coralogixDomain',
] as const satisfies readonly (keyof Choices)[];

const backends = ['xray', 'otlp', 'coralogix'] as const;
/** A file `to-<backend>.yaml` of observability/fargate each. */
export type Backend = (typeof backends)[number];

/** A Collector to be deployed, as its backends need it. */
export interface OwnCollector {
  to: readonly Backend[];
  endpoint: string | undefined;
  coralogixDomain: string | undefined;
  secretArn: string | undefined;
}

/** Reads one: an empty text is as good as none. @throws Error naming what was wrong, in one line. */
export function readChoices(context: (name: string) => unknown): Choices {
  const said = (name: keyof Choices): string | undefined => {
    const value = context(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const open = context('apiOpen') ?? false;
  if (!['true', 'false', true, false].some((known) => known === open)) throw new Error('apiOpen must be true or false');
  const collector = said('collector');
  return {
    webhookUrl: anHttpUrl('webhookUrl', said('webhookUrl')),
    collector: collector === 'fargate' ? collector : anHttpUrl('collector', collector, 'fargate, or a URL'),
    collectorTo: someBackends(said('collectorTo')),
    collectorEndpoint: anHttpUrl('collectorEndpoint', said('collectorEndpoint')),
    coralogixDomain: aDomain(said('coralogixDomain')),
    collectorSecret: anArn(said('collectorSecret')),
    alarmEmail: said('alarmEmail'),
    apiOpen: open === true || open === 'true',
  };
}

/**
 * The Collector this stage gets: the chosen one, else what its line says, else none.
 * @throws Error when the stage cannot have one, or something it needs was not said.
 */
export function ownCollectorOf(stage: StageName, choices: Choices): OwnCollector | undefined {
  const { collector } = stageOf(stage);
  if (choices.collector === undefined ? !collector?.deployed : choices.collector !== 'fargate') {
    if (!choices.collectorTo) return undefined;
    throw new Error('collectorTo is for the Collector on Fargate: it needs collector=fargate');
  }
  if (!collector) throw new Error(`stage ${stage} cannot have a Collector on Fargate: give collector a URL`);
  const to = choices.collectorTo ?? ['xray'];
  const { collectorEndpoint: endpoint, coralogixDomain, collectorSecret: secretArn } = choices;
  if (to.includes('otlp') && !endpoint) throw new Error('collectorTo=otlp needs collectorEndpoint');
  if (to.includes('coralogix') && !(coralogixDomain && secretArn))
    throw new Error('collectorTo=coralogix needs coralogixDomain and collectorSecret');
  return { to, endpoint, coralogixDomain, secretArn };
}

function anHttpUrl(name: string, value: string | undefined, what = 'a URL'): string | undefined {
  if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) return value;
  throw new Error(`${name} must be ${what} (http, https)`);
}

function someBackends(value: string | undefined): Backend[] | undefined {
  if (value === undefined) return undefined;
  const names = new Set(value.split(',').map((name) => name.trim()));
  const known = backends.filter((backend) => names.has(backend));
  if (known.length === names.size) return known;
  throw new Error(`collectorTo must be a list of ${backends.join(', ')}`);
}

function aDomain(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const domain = value.toLowerCase();
  if (/^[a-z\d-]+(?:\.[a-z\d-]+)*$/.test(domain)) return domain.includes('.') ? domain : `${domain}.coralogix.com`;
  throw new Error('coralogixDomain must be a region (eu2) or a domain (eu2.coralogix.com)');
}

/** ECS reads a field of a secret by its whole ARN only, with the six characters at its end. */
function anArn(value: string | undefined): string | undefined {
  if (value === undefined || /^arn:aws[\w-]*:secretsmanager:[\w-]+:\d{12}:secret:.+-\w{6}$/.test(value)) return value;
  throw new Error('collectorSecret must be the whole ARN of a secret (arn:aws:secretsmanager:…:secret:name-a1B2c3)');
}
