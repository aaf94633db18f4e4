import { configureLog, LEVELS } from '../../telemetry/log.ts';
import type { startTelemetry as real } from '../../telemetry/start.ts';

export const startTelemetry: typeof real = ({ service, env = process.env }) => {
  configureLog({ service, level: LEVELS.find((level) => level === env['LOG_LEVEL']) ?? 'info' });
  return {
    flush: async () => {},
    shutdown: async () => {},
    status: () => ({ enabled: false, service, startedAt: '', exporters: [] }),
  };
};
