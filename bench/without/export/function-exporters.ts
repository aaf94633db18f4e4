import type * as real from '../../../telemetry/export/function-exporters.ts';

export const functionExporters: typeof real.functionExporters = {};
