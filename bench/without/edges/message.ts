import type * as real from '../../../telemetry/edges/message.ts';

export const traceMessage: typeof real.traceMessage = (_opened, _about, work) =>
  work(
    () => {},
    () => {},
  );
