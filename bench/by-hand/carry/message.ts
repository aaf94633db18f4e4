import type * as real from '../../../telemetry/carry/message.ts';
import { openMessage as open } from '../../without/carry/message.ts';

/** The context as it stands in the event: reading it is left to the propagator. */
export const openMessage: typeof real.openMessage = (record) => {
  const opened = open(record);
  const { detail } = (opened.body ?? {}) as { detail?: { _trace?: { traceparent: string } } };
  return { ...opened, carried: detail?._trace };
};
