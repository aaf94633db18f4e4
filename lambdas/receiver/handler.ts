import type { Context, LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';
import { webhookSecretsOf } from '../../aws/webhook-secrets.ts';
import { readEnv } from '../../core/env.ts';
import { service } from '../../events/catalogue.ts';
import { exportInTime } from '../../telemetry/edges/deadline.ts';
import { traceFunctionUrl } from '../../telemetry/edges/function-url.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { log } from '../../telemetry/log.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { env } from './env.ts';
import { webhookReceiver, type Verdict } from './receive.ts';

// Once, when the process starts: the environment is read.
const settings = readEnv(env, process.env);
const telemetry = startTelemetry({ service: service.receiver, mode: 'function', exporters: functionExporters });
const secrets = webhookSecretsOf(settings.WEBHOOK_SECRETS);

/** Called by AWS for every request to the function's URL, which anybody may call: the signature is what lets one in. */
export const handler = async (event: LambdaFunctionURLEvent, context: Context): Promise<LambdaFunctionURLResult> => {
  const { headers, requestContext } = event;
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  return exportInTime(context, telemetry, async () => {
    const verdict = webhookReceiver(await secrets())({ method: requestContext.http.method, headers, body });
    // Whoever has not signed does not write into our traces: theirs is linked to.
    const edge = verdict.status === 204 ? 'continue' : 'link';
    return traceFunctionUrl(event, context, edge, async () => {
      tell(verdict);
      return { statusCode: verdict.status, ...(verdict.status === 405 && { headers: { allow: 'POST' } }) };
    });
  });
};

function tell(verdict: Verdict): void {
  if (verdict.status === 204) log.info('webhook received', { webhook_id: verdict.id, type: verdict.type });
  else log.warn('webhook refused', { status: verdict.status });
}
