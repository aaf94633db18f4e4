/** What may differ between stages; everything else is the same everywhere. */
export interface Stage {
  /** Seconds until a nudge wakes the relay: the longest wait after a crash between commit and publish. */
  relayDelaySeconds: number;
  /** `OTEL_TRACES_SAMPLER` of every function. */
  sampler: string;
  /** Whether a webhook may go to this machine itself, over http too; the notifier refuses to start with it outside `local`. */
  allowsLoopbackWebhooks: boolean;
  /** Whether files and logs outlive the stack. */
  keepsData: boolean;
}

/** One line per difference; a stage per account and region, so no name carries it. */
export const stages = {
  local: {
    relayDelaySeconds: 15, // on one machine nobody wants to wait a minute to see a crash healed
    sampler: 'always_on',
    allowsLoopbackWebhooks: true,
    keepsData: false,
  },
} as const satisfies Record<string, Stage>;

export type StageName = keyof typeof stages;

export const isStageName = (name: unknown): name is StageName =>
  typeof name === 'string' && Object.hasOwn(stages, name);
