/** What may differ between stages; everything else is the same everywhere. */
export interface Stage {
  /** Seconds until a nudge wakes the relay: the longest wait after a crash between commit and publish. */
  relayDelaySeconds: number;
  /** Share of the traces that is recorded: 1 is everything (`always_on`), below it whoever comes first decides for the whole trace (`parentbased_traceidratio`). */
  samplingRatio: number;
  /** `OTEL_TRACES_EXPORTER` of every function, unless a collector is named at deployment: `xray` also makes Lambda run its daemon. */
  exporter: 'otlp' | 'xray';
  /**
   * A Collector of our own on Fargate: whether it is deployed where nothing else is chosen (`-c collector=fargate` chooses it), and its
   * tasks. It brings a NAT gateway, a load balancer and the notifier into the network: some $60 a month (lib/cost.ts). `undefined`: cannot have one.
   */
  collector: { deployed: boolean; tasks: number } | undefined;
  /** Whether a webhook may go to this machine itself, over http too; the notifier refuses to start with it outside `local`. */
  allowsLoopbackWebhooks: boolean;
  /** Whether a receiver of our own is deployed where no webhook target is named, so that the first trace is whole. */
  receivesWebhooks: boolean;
  /** Aurora in a network of its own; `undefined` takes what the parameter `DatabaseUrl` names. */
  aurora: Aurora | undefined;
  /** Who may call the API, and how often; `undefined` lets everybody, as often as they like. */
  apiLimits: ApiLimits | undefined;
  /** Whether data outlives its stack, and both stacks are protected from being destroyed. */
  keepsData: boolean;
  /** Days after which log lines are deleted. */
  logDays: number;
  /** How somebody sees that it is well. */
  watched: { dashboard: boolean; alarms: boolean };
}

/** Capacity is in ACU: about 2 GiB of memory each, with the CPU that goes with it. It pauses to none. */
export interface Aurora {
  mostCapacity: number;
  /** Minutes without a session until it pauses. */
  pausesAfter: number;
  backupDays: number;
}

/** For all callers together; each of them is signed by IAM unless the API is opened. Beyond it API Gateway answers 429. */
export interface ApiLimits {
  requestsPerSecond: number;
  burst: number;
}

/** One line per difference; a stage per account and region, so no name carries it. */
export const stages = {
  /** Loopback and LocalStack. */
  local: {
    relayDelaySeconds: 15, // on one machine nobody wants to wait a minute to see a crash healed
    samplingRatio: 1,
    exporter: 'otlp',
    collector: undefined, // LocalStack has no ECS
    allowsLoopbackWebhooks: true,
    receivesWebhooks: false,
    aurora: undefined,
    apiLimits: undefined,
    keepsData: false,
    logDays: 7,
    watched: { dashboard: false, alarms: false },
  },
  /** AWS at its cheapest: nothing runs while nothing happens, and everything can be destroyed. */
  dev: {
    relayDelaySeconds: 60,
    samplingRatio: 1, // whoever develops looks for this very trace
    exporter: 'xray',
    collector: { deployed: false, tasks: 1 },
    allowsLoopbackWebhooks: false,
    receivesWebhooks: true,
    aurora: { mostCapacity: 2, pausesAfter: 5, backupDays: 1 }, // five minutes and one day are the least there is
    apiLimits: { requestsPerSecond: 20, burst: 40 },
    keepsData: false,
    logDays: 7,
    watched: { dashboard: true, alarms: false },
  },
  /** AWS for those who depend on it. */
  prod: {
    relayDelaySeconds: 60,
    samplingRatio: 0.1, // errors found later go with the rest, unless a Collector keeps them: docs/deploy.md#which-traces-are-kept
    exporter: 'xray',
    collector: { deployed: false, tasks: 2 }, // one in each zone; without tail sampling any of them takes any span
    allowsLoopbackWebhooks: false,
    receivesWebhooks: false,
    aurora: { mostCapacity: 8, pausesAfter: 60, backupDays: 14 },
    apiLimits: { requestsPerSecond: 200, burst: 400 },
    keepsData: true,
    logDays: 90,
    watched: { dashboard: true, alarms: true },
  },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof stages;

/** The line of a stage, as what it may say and not as what it says. */
export const stageOf = (name: StageName): Stage => stages[name];

export const isStageName = (name: unknown): name is StageName =>
  typeof name === 'string' && Object.hasOwn(stages, name);
