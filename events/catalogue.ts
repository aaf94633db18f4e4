import * as v from 'valibot';
import { defineCommand, defineEvent } from './definition.ts';
import { id, placement, words } from './fields.ts';

/** Names that are fixed everywhere: one stage per account and region, so none carries a stage suffix. */
export const BUS = 'nedlia-events';
export const service = {
  api: 'nedlia-api',
  fileGenerator: 'nedlia-file-generator',
  validator: 'nedlia-validator',
  notifier: 'nedlia-notifier',
  relay: 'nedlia-relay',
  /** Called by CloudFormation alone. */
  migrate: 'nedlia-migrate',
  /** Stage `dev` only, where nobody else receives. */
  receiver: 'nedlia-receiver',
} as const;

/** A function and its queue have the service's name; its dead-letter queue adds this. */
export const DEAD_LETTER_SUFFIX = '-dlq';
/** Where events lie that a rule could not put into its queue. */
export const UNDELIVERED = 'nedlia-undelivered';

const onBus = (source: string) => ({ source, destination: BUS });

export const placementCreated = defineEvent('placement.created', onBus('nedlia.api'), placement);

export const placementCancelled = defineEvent('placement.cancelled', onBus('nedlia.api'), placement);

export const placementFileGenerated = defineEvent('placement.file_generated', onBus('nedlia.file-generator'), {
  placement_id: id,
  caused_by: id,
  bucket: words,
  key: words,
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

export const placementValidated = defineEvent('placement.validated', onBus('nedlia.validator'), {
  placement_id: id,
  caused_by: id,
  reasons: v.array(words),
});

export const placementRejected = defineEvent('placement.rejected', onBus('nedlia.validator'), {
  placement_id: id,
  caused_by: id,
  reasons: v.pipe(v.array(words), v.minLength(1)),
});

export const regenerateFile = defineCommand('placement.regenerate_file', service.fileGenerator, { placement_id: id });

export const events = [
  placementCreated,
  placementCancelled,
  placementFileGenerated,
  placementValidated,
  placementRejected,
] as const;

export const commands = [regenerateFile] as const;

/** Who hears what, by its name in `service`: the consumers there are, and the rules `lib/` makes, are these lines. */
export const heardBy = {
  fileGenerator: [placementCreated],
  validator: [placementCreated],
  notifier: [placementCreated, placementCancelled, placementFileGenerated, placementValidated, placementRejected],
} as const satisfies Partial<Record<keyof typeof service, readonly (typeof events)[number][]>>;

export type ConsumerName = keyof typeof heardBy;
export type WorkerName = ConsumerName | 'relay';

/** Everybody with a queue of its own to work off, and so with dead letters. */
export const workers = [...Object.keys(heardBy), 'relay'] as readonly WorkerName[];
