import awsLambdaFastify from '@fastify/aws-lambda';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { FastifyInstance } from 'fastify';
import { exportInTime } from '../telemetry/edges/deadline.ts';
import type { Telemetry } from '../telemetry/start.ts';

export type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/**
 * Makes a Lambda handler for REST API (v1) events of the app. The server span ends before the adapter's promise resolves,
 * so the flush that follows carries it; nothing may be left to do when the handler returns, for the process is frozen then.
 */
export async function adapt(building: Promise<FastifyInstance>, telemetry: Pick<Telemetry, 'flush'>): Promise<Handler> {
  const app = await building;
  const answer = awsLambdaFastify<APIGatewayProxyEvent>(app);
  await app.ready();
  return (event, context) => exportInTime(context, telemetry, () => answer(event, context));
}
