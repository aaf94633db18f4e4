import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import type { Deps } from '../connect.ts';
import { unavailable } from '../problems/of-error.ts';
import { found } from '../wire/answers.ts';
import { problemAnswers } from '../problems/schema.ts';
import { telemetryStatus } from '../../telemetry/status.ts';
import { version } from '../version.ts';

const READY_WITHIN_MS = 1000;

/** Asked every few seconds by machines: no span, no log line. */
export const HEALTH = '/health';

const tags = ['health'];
const Live = Type.Object({ status: Type.Literal('ok') });
const Summary = Type.Object({
  status: Type.Union([Type.Literal('ok'), Type.Literal('degraded')]),
  version: Type.String(),
  uptime_s: Type.Integer({ minimum: 0 }),
  database: Type.Union([Type.Literal('ok'), Type.Literal('unreachable')]),
});

const count = () => Type.Integer({ minimum: 0 });
const moment = () => Type.String({ format: 'date-time' });
/** Says of an exporter what it does, not where, nor what a backend said: that is not for whoever may ask this. */
const Telemetry = Type.Object({
  enabled: Type.Boolean({ description: 'False also where telemetry was never started.' }),
  service: Type.Optional(Type.String()),
  started_at: Type.Optional(moment()),
  exporters: Type.Array(
    Type.Object({
      exporter: Type.String(),
      breaker: Type.Union([Type.Literal('closed'), Type.Literal('open'), Type.Literal('half-open')]),
      waiting: Type.Integer({ minimum: 0, description: 'Neither exported nor dropped yet.' }),
      exported: count(),
      dropped: count(),
      failed: Type.Integer({ minimum: 0, description: 'Exports that failed.' }),
      last_error: Type.Optional(
        Type.Object({
          kind: Type.String({
            description: 'As ECONNREFUSED, answered 403, no answer within 500 ms; the whole of it is in the log.',
          }),
          at: moment(),
        }),
      ),
    }),
  ),
});

/** `/health` sums up, `/health/live` says that the process answers, `/health/ready` that it can do work, `/health/telemetry` what became of its spans. */
export const health =
  ({ ping }: Deps): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/health',
      { schema: { tags, operationId: 'health', summary: 'Sum up', response: { 200: found('How it is.', Summary) } } },
      async (): Promise<Static<typeof Summary>> => {
        const reachable = await within(READY_WITHIN_MS, ping);
        return {
          status: reachable ? 'ok' : 'degraded',
          version,
          uptime_s: Math.floor(process.uptime()),
          database: reachable ? 'ok' : 'unreachable',
        };
      },
    );

    app.get(
      '/health/live',
      { schema: { tags, operationId: 'live', summary: 'Is it running', response: { 200: found('It is.', Live) } } },
      async (): Promise<Static<typeof Live>> => ({ status: 'ok' }),
    );

    app.get(
      '/health/telemetry',
      {
        schema: {
          tags,
          operationId: 'telemetry',
          summary: 'What became of its spans',
          response: { 200: found('What was exported and what was lost, since this process started.', Telemetry) },
        },
      },
      async (): Promise<Static<typeof Telemetry>> => tellTelemetry(),
    );

    app.get(
      '/health/ready',
      {
        schema: {
          tags,
          operationId: 'ready',
          summary: 'Can it do work',
          response: { 200: found('It can.', Live), ...problemAnswers('unavailable') },
        },
      },
      async (): Promise<Static<typeof Live>> => {
        if (await within(READY_WITHIN_MS, ping)) return { status: 'ok' };
        throw unavailable('The database cannot be reached.', 5);
      },
    );
  };

function tellTelemetry(): Static<typeof Telemetry> {
  const status = telemetryStatus();
  if (!status) return { enabled: false, exporters: [] };
  return {
    enabled: status.enabled,
    service: status.service,
    started_at: status.startedAt,
    exporters: status.exporters.map(({ exporter, breaker, waiting, exported, dropped, failed, lastError }) => ({
      exporter,
      breaker,
      waiting,
      exported,
      dropped,
      failed,
      ...(lastError && { last_error: { kind: lastError.kind, at: lastError.at } }),
    })),
  };
}

/** True when the work settles well in time. */
async function within(milliseconds: number, work: () => Promise<unknown>): Promise<boolean> {
  const late = AbortSignal.timeout(milliseconds);
  const tooLate = new Promise<false>((resolve) => late.addEventListener('abort', () => resolve(false), { once: true }));
  const worked = work().then(
    () => true,
    () => false,
  );
  return Promise.race([worked, tooLate]);
}
