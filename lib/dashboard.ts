import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, TextWidget, type IWidget, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { PipelineMetrics } from './metrics.ts';

/** The dashboard's name in CloudWatch: one stage per account and region, so it carries none. */
const DASHBOARD = 'nedlia';

/** The flow from left to right and from top to bottom: door, outbox, queues, functions, what was given up. */
export class PipelineDashboard extends Construct {
  constructor(scope: Construct, id: string, metrics: PipelineMetrics) {
    super(scope, id);
    const { workers, functions, watched } = metrics;
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: DASHBOARD,
      defaultInterval: Duration.hours(3),
    });
    const row = (title: string, ...widgets: IWidget[]) =>
      dashboard.addWidgets(new TextWidget({ markdown: `## ${title}`, width: 24, height: 1 }), ...widgets);
    const of = <T extends { service: string }>(all: readonly T[], metric: (one: T) => Metric) =>
      all.map((one) => named(metric(one), one.service));

    row(
      '1 · The door',
      graph('Requests', [named(metrics.requests(), 'requests')]),
      graph('Share answered 5xx', [named(metrics.serverErrors(), '5xx')]),
      graph(
        'Latency, ms',
        [50, 90, 99].map((percentile) => named(metrics.latency(percentile), `p${percentile}`)),
      ),
    );
    row(
      '2 · What was committed is said',
      graph('Oldest outbox row, s', [named(metrics.outboxAge(), 'outbox')]),
      graph('Oldest nudge, s', [named(metrics.oldest(watched.relay.queue), watched.relay.service)]),
      graph(
        'Refused by bus or queue',
        of(watched.publishers, (one) => metrics.refused(one)),
      ),
    );
    row(
      '3 · Queues',
      graph(
        'Received',
        of(workers, ({ queue }) => metrics.received(queue)),
      ),
      graph(
        'Waiting',
        of(workers, ({ queue }) => metrics.visible(queue)),
      ),
      graph(
        'Oldest message, s',
        of(workers, ({ queue }) => metrics.oldest(queue)),
      ),
    );
    row(
      '4 · Functions',
      graph(
        'Duration p90, ms',
        of(functions, (one) => metrics.duration(one, 90)),
        6,
      ),
      graph(
        'Messages that failed and come again',
        of(workers, (one) => metrics.retried(one)),
        6,
      ),
      graph(
        'Crashes and time-outs',
        of(functions, (one) => metrics.errors(one)),
        6,
      ),
      graph(
        'Throttles',
        of(functions, (one) => metrics.throttles(one)),
        6,
      ),
    );
    const undelivered = named(metrics.visible(watched.undelivered), 'undelivered events');
    const deadLetters = of(workers, ({ deadLetterQueue }) => metrics.visible(deadLetterQueue));
    row(
      '5 · Given up: docs/runbook.md#dead-letters',
      graph('In dead-letter queues', [...deadLetters, undelivered], 24),
    );

    if (watched.collector) {
      row(
        '6 · The Collector',
        graph('Tasks that are well', [named(metrics.collectors(watched.collector), 'tasks')], 12),
        graph('Lines saying that spans were lost', [named(metrics.collectorErrors(), 'errors')], 12),
      );
    }

    const { region } = Stack.of(this);
    const value = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${DASHBOARD}`;
    new CfnOutput(this, 'DashboardUrl', { value }).overrideLogicalId('DashboardUrl');
  }
}

const named = (metric: Metric, label: string): Metric => metric.with({ label });

const graph = (title: string, left: Metric[], width = 8): GraphWidget =>
  new GraphWidget({ title, left, width, leftYAxis: { min: 0 }, liveData: true });
