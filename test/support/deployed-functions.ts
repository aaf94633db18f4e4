import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { Ground } from './place.ts';

/** Calls deployed functions and reads what they print: from `startTime` on, in milliseconds since 1970. */
export function deployedFunctions(
  config: Pick<LambdaClientConfig, 'endpoint' | 'region' | 'credentials'>,
  startTime = 0,
): Pick<Ground, 'invoke' | 'logs'> & { destroy(): void } {
  const lambda = new LambdaClient(config);
  const cloudWatchLogs = new CloudWatchLogsClient(config);
  return {
    invoke: async (name, event) => {
      const Payload = JSON.stringify(event);
      const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload }));
      const said = answer.Payload?.transformToString() ?? '';
      if (answer.FunctionError) throw new Error(`${name} failed: ${said}`);
      return JSON.parse(said);
    },
    logs: async (name) => {
      const lines: string[] = [];
      for (let nextToken: string | undefined; ;) {
        const about = { logGroupName: `/aws/lambda/${name}`, startTime, ...(nextToken && { nextToken }) };
        const page = await cloudWatchLogs.send(new FilterLogEventsCommand(about));
        lines.push(...(page.events ?? []).map(({ message = '' }) => message));
        ({ nextToken } = page);
        if (!nextToken) return lines;
      }
    },
    destroy: () => {
      lambda.destroy();
      cloudWatchLogs.destroy();
    },
  };
}
