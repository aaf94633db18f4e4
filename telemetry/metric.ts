import type { Fields } from './log.ts';

/** Where every metric of ours is found in CloudWatch; `lib/metrics.ts` says the same word. */
const NAMESPACE = 'nedlia';

/**
 * Fields that make CloudWatch read a metric off the log line they are part of: no call, no permission, and on any other
 * platform just fields. Without dimensions: one stage per account and region, so the name says it all.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metric(name: string, unit: 'Seconds' | 'Count', value: number): Fields {
  const metrics = { Namespace: NAMESPACE, Dimensions: [[]], Metrics: [{ Name: name, Unit: unit }] };
  return { [name]: value, _aws: { Timestamp: Date.now(), CloudWatchMetrics: [metrics] } };
}
