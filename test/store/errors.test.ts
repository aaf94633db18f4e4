import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { Unavailable } from '../../core/unavailable.ts';
import { openDatabase, ping, transaction } from '../../store/database.ts';
import { DatabaseError } from '../../store/errors.ts';
import { freshDatabase, once as statement } from '../support/database.ts';
import { storeMaterial } from '../support/material.ts';

// Each state is really brought about; the answer is what callers see.
const { db, url } = await freshDatabase();

const unavailable = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Unavailable, String(error));
  assert.equal((error.cause as DatabaseError).code, code);
  assert.ok(error.retryAfter > 0);
  return true;
};

/** A server that takes connections and does with them as told. */
async function strangeServer(t: TestContext, meet: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => meet(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/d`;
}

/** PostgreSQL's ErrorResponse: https://www.postgresql.org/docs/18/protocol-error-fields.html */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

function reach(t: TestContext, target: string, options: { connectTimeoutMs?: number; max?: number } = {}) {
  const other = openDatabase({ url: target, connectTimeoutMs: 5000, ...options });
  t.after(() => other.destroy());
  return other;
}

test('nobody listens: unavailable', async (t) => {
  await assert.rejects(ping(reach(t, 'postgres://u:p@127.0.0.1:1/d')), unavailable('08001'));
});

test('a server that takes the connection and says nothing: unavailable within the connect time-out', async (t) => {
  const silent = await strangeServer(t, (socket) => t.after(() => socket.destroy()));
  const began = performance.now();
  await assert.rejects(ping(reach(t, silent, { connectTimeoutMs: 200 })), unavailable('08001'));
  assert.ok(performance.now() - began < 9000, 'else 18 s');
});

test('a server that is still starting up (57P03): unavailable', async (t) => {
  const starting = await strangeServer(t, (socket) =>
    socket.once('data', () => socket.end(errorResponse('57P03', 'the database system is starting up'))),
  );
  await assert.rejects(ping(reach(t, starting)), unavailable('57P03'));
});

test('too many sessions (53300): unavailable', async (t) => {
  const role = `r${randomUUID().replaceAll('-', '')}`;
  await statement(url, `CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT 0`);
  t.after(() => statement(url, `DROP ROLE ${role}`));
  const full = new URL(url);
  Object.assign(full, { username: role, password: 'x' });
  await assert.rejects(ping(reach(t, full.href, { connectTimeoutMs: 2000 })), unavailable('53300'));
});

test('no session of the pool becomes free: unavailable', async (t) => {
  const small = reach(t, url, { max: 1, connectTimeoutMs: 2000 });
  await small.connection().execute(async () => {
    await assert.rejects(ping(small), unavailable('08001'));
  });
});

test('a lock that is not to be had within a second (55P03): unavailable', async () => {
  const { video, product } = await storeMaterial(db);
  await transaction(db, async (holder) => {
    await holder.updateTable('videos').set({ title: 'x' }).where('id', '=', video.id).execute();
    const began = performance.now();
    const waiting = db.updateTable('videos').set({ title: 'y' }).where('id', '=', video.id).execute();
    await assert.rejects(waiting, unavailable('55P03'));
    assert.ok(performance.now() - began < 4500, 'a statement is given 5 s');
  });
  assert.ok(product);
});

test('a statement that takes too long (57014): unavailable', async (t) => {
  const hasty = openDatabase({ url, statementTimeoutMs: 50 });
  t.after(() => hasty.destroy());
  await assert.rejects(
    hasty
      .selectFrom('videos')
      .select(sql`pg_sleep(5)`.as('slept'))
      .execute(),
    unavailable('57014'),
  );
});

test('a transaction that takes too long (25P04): unavailable', async (t) => {
  const hasty = openDatabase({ url, transactionTimeoutMs: 100 });
  t.after(() => hasty.destroy());
  const long = transaction(hasty, async (tx) => {
    await setTimeout(1000);
    await sql`select 2`.execute(tx);
  });
  await assert.rejects(long, unavailable('25P04'));
});

test('a transaction left idle (25P03): unavailable, and the process lives', async () => {
  const idle = transaction(db, async (tx) => {
    await sql`set local idle_in_transaction_session_timeout = 50`.execute(tx);
    await setTimeout(1000);
    await sql`select 2`.execute(tx);
  });
  await assert.rejects(idle, unavailable('25P03'));
});

test('a server that goes silent in the middle: unavailable a second after its own limit, not when TCP gives up', async (t) => {
  const patient = openDatabase({ url, statementTimeoutMs: 1000 });
  t.after(() => patient.destroy());
  const began = performance.now();
  const silenced = patient.connection().execute(async (session) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
    const pid = rows[0]?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    t.after(() => process.kill(pid, 'SIGCONT'));
    await session.selectFrom('videos').select('id').execute();
  });
  await assert.rejects(silenced, unavailable('08006'));
  assert.ok(performance.now() - began < 5500, 'else 6 s at the earliest');
  await ping(patient);
});

test('a bug of ours (42703) is neither: it is told as it is', async () => {
  await assert.rejects(sql`select nothing`.execute(db), {
    name: 'DatabaseError',
    code: '42703',
    message: /column "nothing" does not exist/,
  });
});

test('no error repeats a value it refused', async () => {
  const canary = 'canary-7f3a';
  const { place } = await storeMaterial(db);
  const refusals = [
    () => sql`select ${canary}::text::integer`.execute(db),
    () => place(0, 1, { id: `${canary}/` }),
    () => place(0, 1, { videoId: canary }),
    () => db.insertInto('videos').values({ id: canary, title: canary, duration_ms: -1 }).execute(),
  ];
  for (const refusal of refusals) {
    await assert.rejects(refusal(), (error: Error) => {
      assert.ok(error instanceof DatabaseError);
      assert.ok(!JSON.stringify([error.message, error.stack, error]).includes(canary), error.message);
      return true;
    });
  }
});
