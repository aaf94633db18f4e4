import { Alarm, TreatMissingData, type AlarmProps } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

/** The file of the repository whose headings `runbook` names. */
export const RUNBOOK = 'docs/runbook.md';

export interface PipelineAlarmProps extends Omit<AlarmProps, 'alarmDescription' | 'treatMissingData'> {
  /** Its name, as the runbook and whoever is woken up read it. */
  alarmName: string;
  /** What it means to somebody who uses the pipeline, in a sentence. */
  impact: string;
  /** The heading of docs/runbook.md that says what to do, as an anchor. */
  runbook: string;
}

/**
 * An alarm that says what is at stake and where to read on. A metric that is silent is not breaching: an idle queue and a
 * function nobody called report nothing, and every alarm here is about something that happened.
 */
export class PipelineAlarm extends Alarm {
  constructor(scope: Construct, id: string, { impact, runbook, ...props }: PipelineAlarmProps) {
    super(scope, id, {
      ...props,
      alarmDescription: `${impact}\nWhat to do: ${RUNBOOK}#${runbook}`,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
