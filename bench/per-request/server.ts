// What is measured per request: the product's API twice, over a store that does nothing and over PostgreSQL. What it says goes to nobody.
import { buildApp } from '../../api/app.ts';
import { writer } from '../../outbox/write.ts';
import { type Database, openDatabase, ping } from '../../store/database.ts';
import { functionExporters } from '../../telemetry/export/function-exporters.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { nullStore } from './null-store.ts';

/** Resolves to the ports it listens on: one API over each store. */
export async function start(): Promise<{ null: number; postgres: number }> {
  const telemetry = startTelemetry({ service: 'nedlia-api', mode: 'server', exporters: functionExporters });
  Object.assign(globalThis, { [Symbol.for('nedlia.bench.flush-ours')]: () => telemetry.flush() });
  return {
    null: await listen(nullStore()),
    postgres: await listen(openDatabase({ url: process.env['DATABASE_URL'] ?? '' })),
  };
}

async function listen(db: Database): Promise<number> {
  const deps = { db, say: writer(async () => {}), publish: async () => {}, ping: () => ping(db) };
  const app = await buildApp(deps, { edge: 'continue' });
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
}
