/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type IMetric, MathExpression, Metric, Stats, type MetricProps } from 'aws-cdk-lib/aws-cloudwatch';
import type { NetworkTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WorkerName } from '../events/catalogue.ts';

/** A function whose health is looked at. */
export interface WatchedFunction {
  /** Its physical name, which is also `service` on its log lines. */
  service: string;
  function: IFunction;
  logGroup: ILogGroup;
}

/** A function with the queue it works off and the dead-letter queue beside it. */
export interface WatchedWorker extends WatchedFunction {
  name: WorkerName;
  queue: IQueue;
  deadLetterQueue: IQueue;
}

/** The whole flow, from the request to the last hop: what alarms and dashboard look at. */
export interface Watched {
  api: WatchedFunction & { gateway: RestApi };
  relay: WatchedWorker;
  consumers: readonly WatchedWorker[];
  /** Those of them that put events on the bus, which may refuse some. */
  publishers: readonly WatchedFunction[];
  /** Where events lie that a rule could not put into its queue. */
  undelivered: IQueue;
  /** The Collector of our own, where there is one. */
  collector: { targets: NetworkTargetGroup; logGroup: ILogGroup } | undefined;
}

const NAMESPACE = 'nedlia';
/** Short enough that an alarm comes while it matters, long enough to hold several tries: the back-off ends at two minutes. */
const PERIOD = Duration.minutes(5);
const MINUTE = Duration.minutes(1);

/** Log lines that count, by their `message`: CloudWatch makes metrics of them, so the functions call nobody. */
const COUNTED = {
  MessagesRetried: 'message failed and comes again',
  PublishRefused: 'refused, and left to the relay',
} as const;

/** Every metric somebody looks at, under one name; those read off log lines are made here. */
export class PipelineMetrics extends Construct {
  readonly watched: Watched;

  constructor(scope: Construct, id: string, watched: Watched) {
    super(scope, id);
    this.watched = watched;
    for (const worker of this.workers) this.count(worker, 'MessagesRetried');
    for (const one of watched.publishers) this.count(one, 'PublishRefused');
    if (watched.collector) this.countErrors(watched.collector);
  }

  get workers(): readonly WatchedWorker[] {
    return [...this.watched.consumers, this.watched.relay];
  }

  get functions(): readonly WatchedFunction[] {
    return [this.watched.api, ...this.workers];
  }

  requests(): Metric {
    return this.gateway('Count', { statistic: Stats.SUM });
  }

  /** As a share of all requests. */
  serverErrors(): Metric {
    return this.gateway('5XXError', { statistic: Stats.AVERAGE });
  }

  /** Milliseconds, as the client waits. */
  latency(percentile: number): Metric {
    return this.gateway('Latency', { statistic: Stats.percentile(percentile) });
  }

  /** Thrown out of the handler, out of time or out of memory. A message that merely failed is in `retried`. */
  errors({ function: of }: WatchedFunction): Metric {
    return of.metricErrors({ period: PERIOD });
  }

  throttles({ function: of }: WatchedFunction): Metric {
    return of.metricThrottles({ period: PERIOD });
  }

  duration({ function: of }: WatchedFunction, percentile: number): Metric {
    return of.metricDuration({ period: PERIOD, statistic: Stats.percentile(percentile) });
  }

  /** Messages that failed and come again; Lambda counts a batch with such messages as a success. */
  retried({ service }: WatchedFunction): Metric {
    return ours('MessagesRetried', { statistic: Stats.SUM, dimensionsMap: { service } });
  }

  /** Log lines saying that the bus or a queue refused rows of the outbox. */
  refused({ service }: WatchedFunction): Metric {
    return ours('PublishRefused', { statistic: Stats.SUM, dimensionsMap: { service } });
  }

  /** Seconds; written by the relay when it runs, and only then. */
  outboxAge(): Metric {
    return ours('OutboxOldestAge', { statistic: Stats.MAXIMUM });
  }

  /** Messages waiting to be received. */
  visible(queue: IQueue): Metric {
    return queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: Stats.MAXIMUM });
  }

  /** Seconds. SQS leaves out messages that were received more than three times: those are in `retried`. */
  oldest(queue: IQueue): Metric {
    return queue.metricApproximateAgeOfOldestMessage({ period: MINUTE, statistic: Stats.MAXIMUM });
  }

  received(queue: IQueue): Metric {
    return queue.metricNumberOfMessagesReceived({ period: PERIOD, statistic: Stats.SUM });
  }

  /** Tasks of the Collector that are well. */
  collectors({ targets }: NonNullable<Watched['collector']>): Metric {
    return targets.metrics.healthyHostCount({ period: MINUTE, statistic: Stats.MAXIMUM });
  }

  /** 1 in a minute in which no task of the Collector is well, or none is known to the load balancer. */
  noCollector(collector: NonNullable<Watched['collector']>): IMetric {
    const usingMetrics = { well: this.collectors(collector) };
    return new MathExpression({ expression: 'IF(FILL(well, 0) < 1, 1, 0)', usingMetrics, period: MINUTE });
  }

  /** Lines in which the Collector says that it lost something. */
  collectorErrors(): Metric {
    return ours('CollectorErrors', { statistic: Stats.SUM });
  }

  private countErrors({ logGroup }: { logGroup: ILogGroup }): void {
    new MetricFilter(this, 'CollectorErrors', {
      logGroup,
      metricNamespace: NAMESPACE,
      metricName: 'CollectorErrors',
      filterPattern: FilterPattern.stringValue('$.level', '=', 'error'),
    });
  }

  private count({ service, logGroup }: WatchedFunction, metricName: keyof typeof COUNTED): void {
    new MetricFilter(this, `${service}-${metricName}`, {
      logGroup,
      metricNamespace: NAMESPACE,
      metricName,
      filterPattern: FilterPattern.stringValue('$.message', '=', COUNTED[metricName]),
      dimensions: { service: '$.service' },
    });
  }

  private gateway(metricName: string, props: Partial<MetricProps>): Metric {
    const { gateway } = this.watched.api;
    const dimensionsMap = { ApiName: gateway.restApiName, Stage: gateway.deploymentStage.stageName };
    return new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, period: PERIOD, ...props });
  }
}

const ours = (metricName: string, props: Partial<MetricProps>): Metric =>
  new Metric({ namespace: NAMESPACE, metricName, period: PERIOD, ...props });
