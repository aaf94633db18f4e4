import type { QueueStatus } from './export/queue.ts';

/** How telemetry of this process does. Nothing in it is a secret; an exporter's `target` says where it sends, which is not everybody's business. */
export interface TelemetryStatus {
  /** False when `OTEL_SDK_DISABLED` says so, or when the start failed. */
  enabled: boolean;
  /** `service.name`. */
  service: string;
  /** When it was started, in ISO 8601. */
  startedAt: string;
  exporters: QueueStatus[];
}

let current: (() => TelemetryStatus) | undefined;

/** Says whose status is this process's: that of the start which is in force, or of none. */
export const provideStatus = (status: (() => TelemetryStatus) | undefined): void => {
  current = status;
};

/** The status of telemetry in this process; `undefined` before a start and after a shutdown. */
export const telemetryStatus = (): TelemetryStatus | undefined => current?.();
