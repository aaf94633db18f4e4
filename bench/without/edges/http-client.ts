import type * as real from '../../../telemetry/edges/http-client.ts';

export const traceHttpCall: typeof real.traceHttpCall = ({ headers = {} }, send) => send(headers);
