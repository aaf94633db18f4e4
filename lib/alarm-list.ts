import type { WorkerName } from '../events/catalogue.ts';
import type { PipelineAlarmProps } from './alarm.ts';
import type { PipelineMetrics, Watched, WatchedFunction, WatchedWorker } from './metrics.ts';

/** An alarm without where it goes. All of them compare by "at least". */
export type Said = Omit<PipelineAlarmProps, 'comparisonOperator' | 'evaluationPeriods' | 'datapointsToAlarm'> & {
  /** How many of how many periods: `[2, 3]` is two of the last three. */
  breaching: [number, number];
};

/** What wakes somebody up: together these cover every hop. */
export function alarmList(metrics: PipelineMetrics): Said[] {
  const { api, relay, consumers, collector } = metrics.watched;
  return [
    ...door(metrics, api),
    ...outbox(metrics, relay),
    ...consumers.map((one) => lateness(metrics, one)),
    ...metrics.workers.flatMap((one) => failures(metrics, one)),
    ...metrics.functions.map((one) => throttling(metrics, one)),
    {
      alarmName: 'nedlia-undelivered-dlq',
      impact:
        'Events were said, but a rule could not put them into its queue: files, verdicts or webhooks are missing.',
      runbook: 'undelivered-events',
      metric: metrics.visible(metrics.watched.undelivered),
      threshold: 1,
      breaching: [1, 1], // one event is one promise broken until somebody acts
    },
    ...(collector ? traces(metrics, collector) : []),
  ];
}

const door = (metrics: PipelineMetrics, api: WatchedFunction): Said[] => [
  {
    alarmName: `${api.service}-5xx`,
    impact: 'Clients are told to come again, or get no answer: nothing they were promised is lost.',
    runbook: 'api-5xx',
    metric: metrics.serverErrors(),
    threshold: 0.05, // a share: one failure among many is no page, and a database that resumes is a single period
    breaching: [2, 3],
  },
  {
    alarmName: `${api.service}-latency`,
    impact: 'Clients wait for seconds: one in ten requests takes longer than three.',
    runbook: 'api-latency',
    metric: metrics.latency(90),
    threshold: 3000, // a cold start takes about one second, and must not be a page
    breaching: [3, 3],
    evaluateLowSampleCountPercentile: 'ignore', // the slowest of a handful of requests is not a percentile
  },
  crashes(metrics, api, 'Requests are answered 503 by API Gateway: the function dies instead of answering.'),
];

const outbox = (metrics: PipelineMetrics, relay: WatchedWorker): Said[] => [
  {
    alarmName: 'nedlia-outbox-age',
    impact: 'What clients were promised was committed but not said: files, verdicts and webhooks are late.',
    runbook: 'outbox-age',
    metric: metrics.outboxAge(),
    threshold: 300, // a nudge takes one minute and its back-off ends at two: older means the healing itself fails
    breaching: [1, 1],
  },
  {
    alarmName: `${relay.service}-oldest-nudge`,
    impact: 'Nobody looks through the outbox: should a process die after its commit, what it promised stays unsaid.',
    runbook: 'oldest-nudge',
    metric: metrics.oldest(relay.queue),
    threshold: 300, // its own delay of one minute is part of the age
    breaching: [5, 5],
  },
  {
    alarmName: 'nedlia-publish-refused',
    impact: 'The bus or a queue refuses what was committed: files, verdicts and webhooks are late.',
    runbook: 'publish-refused',
    // The relay's alone: it gets whatever another process was refused, so a refusal that lasts is always its own.
    metric: metrics.refused(relay),
    threshold: 1,
    breaching: [2, 3], // a refusal that the next try mends is no page
  },
];

const lateness = (metrics: PipelineMetrics, { name, service, queue }: WatchedWorker): Said => ({
  alarmName: `${service}-oldest-message`,
  impact: `${work[name]} late by more than five minutes.`,
  runbook: 'oldest-message',
  metric: metrics.oldest(queue),
  threshold: 300, // work drains within five minutes of the end of a fault, and is done in seconds otherwise
  breaching: [5, 5], // minutes
});

const failures = (metrics: PipelineMetrics, worker: WatchedWorker): Said[] => [
  {
    alarmName: `${worker.service}-dlq`,
    impact: `${work[worker.name]} not done for these messages, and will not be unless somebody acts within 14 days.`,
    runbook: 'dead-letters',
    metric: metrics.visible(worker.deadLetterQueue),
    threshold: 1,
    breaching: [1, 1], // nothing moves a message out of there by itself
  },
  {
    alarmName: `${worker.service}-retries`,
    impact: `${work[worker.name]} late: messages keep failing and come again.`,
    runbook: 'messages-that-keep-failing',
    metric: metrics.retried(worker),
    threshold: 1,
    breaching: [3, 3], // back-off ends at two minutes, so a message that keeps failing is seen in every five
  },
  crashes(metrics, worker, `${work[worker.name]} late: the function dies while it works, and its batch comes again.`),
];

const crashes = (metrics: PipelineMetrics, one: WatchedFunction, impact: string): Said => ({
  alarmName: `${one.service}-errors`,
  impact,
  runbook: 'functions-that-crash',
  metric: metrics.errors(one),
  threshold: 1, // handlers answer for every failure, so each of these is a crash, a time-out or a start that failed
  breaching: [2, 3], // one process that dies heals by itself
});

const throttling = (metrics: PipelineMetrics, one: WatchedFunction): Said => ({
  alarmName: `${one.service}-throttles`,
  impact: 'Calls are turned away before they run: answers are missing, or work is late.',
  runbook: 'throttles',
  metric: metrics.throttles(one),
  threshold: 1, // mappings have a maximum concurrency of their own: a throttle means that the account is at its limit
  breaching: [2, 3],
});

const traces = (metrics: PipelineMetrics, collector: NonNullable<Watched['collector']>): Said[] => [
  {
    alarmName: 'nedlia-collector-down',
    impact: 'Nobody who uses the pipeline sees it, and nobody can see the pipeline: what happens now leaves no trace.',
    runbook: 'collector-down',
    metric: metrics.noCollector(collector),
    threshold: 1,
    breaching: [5, 5], // a task that dies is replaced within minutes
  },
  {
    alarmName: 'nedlia-collector-errors',
    impact: 'Traces have gaps, or do not arrive at all: the Collector cannot hand on what it took.',
    runbook: 'collector-loses-spans',
    metric: metrics.collectorErrors(),
    threshold: 1,
    breaching: [2, 3], // an export is given up after a minute; two such periods are no hiccup
  },
];

/** What stands still when a worker does. */
const work: Record<WorkerName, string> = {
  fileGenerator: 'Placement files are',
  validator: 'Verdicts are',
  notifier: 'Webhooks are',
  relay: 'What was committed but not said is',
};
