import type * as real from '../../../telemetry/carry/sqs.ts';

export const MAX_ATTRIBUTES: typeof real.MAX_ATTRIBUTES = 10;

export const carryInMessage: typeof real.carryInMessage = (attributes) => ({ attributes, systemAttributes: {} });
