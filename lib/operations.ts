/* oxlint-disable eslint/no-new -- a construct adds itself to its scope */
import { Construct } from 'constructs';
import { PipelineAlarms } from './alarms.ts';
import { PipelineDashboard } from './dashboard.ts';
import { PipelineMetrics, type Watched } from './metrics.ts';

export interface OperationsProps extends Watched {
  /** Whether anybody is to be woken up. Where nobody is, an alarm costs money and says nothing the dashboard does not. */
  alarms: boolean;
  alarmEmail?: string | undefined;
}

/** How somebody sees that the pipeline is well: metrics, one dashboard, and alarms where the stage has them. */
export class Operations extends Construct {
  constructor(scope: Construct, id: string, { alarms, alarmEmail, ...watched }: OperationsProps) {
    super(scope, id);
    const metrics = new PipelineMetrics(this, 'Metrics', watched);
    new PipelineDashboard(this, 'Dashboard', metrics);
    if (alarms) new PipelineAlarms(this, 'Alarms', { metrics, email: alarmEmail });
  }
}
