import type * as real from '../../../telemetry/edges/pool-wait.ts';

export const tellPoolWait: typeof real.tellPoolWait = () => {};

export const tellPoolRefusal: typeof real.tellPoolRefusal = () => {};
