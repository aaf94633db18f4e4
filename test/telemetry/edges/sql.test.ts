import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { traceStatement } from '../../../telemetry/edges/sql.ts';
import { configureSql } from '../../../telemetry/edges/sql-settings.ts';
import { only, recordSpans } from '../../support/spans.ts';

const statement = {
  server: { address: 'db.example', port: 5432 },
  namespace: 'shop',
  operation: 'SELECT',
  collection: 'things',
  text: `select * from things where id = $1 ${'-'.repeat(1000)}`,
};

test('above 100 ms a statement says so, with at most 500 characters of itself', async (t) => {
  const spans = recordSpans(t);
  await traceStatement(statement, () => setTimeout(120, { rows: [] }));
  const [event] = only(spans.all(), 'SELECT shop.things').events;
  assert.equal(event?.name, 'slow_query');
  assert.ok(Number(event.attributes['duration_ms']) > 100);
  assert.equal(event.attributes['statement'], statement.text.slice(0, 500));
});

test('a quick one does not', async (t) => {
  const spans = recordSpans(t);
  await traceStatement(statement, () => Promise.resolve({ rows: [1, 2] }));
  const { events, attributes } = only(spans.all(), 'SELECT shop.things');
  assert.deepEqual([events, attributes['db.response.returned_rows']], [[], 2]);
});

test('an answer comes back as the driver gave it', async () => {
  const answer = { rows: [], command: 'ROLLBACK' };
  assert.equal(await traceStatement(statement, () => Promise.resolve(answer)), answer);
});

test('without telemetry the statement is sent as it is', async () => {
  const sent: string[] = [];
  await traceStatement(statement, (text) => {
    sent.push(text);
    return Promise.resolve({ rows: [] });
  });
  assert.deepEqual(sent, [statement.text]);
});

test('a statement with a comment of its own gets none beside it, one without gets exactly one', async (t) => {
  recordSpans(t);
  const sent: string[] = [];
  for (const text of ['select 1 -- why', 'select 1 /* why */', 'select 1']) {
    await traceStatement({ ...statement, text }, (asked) => {
      sent.push(asked);
      return Promise.resolve({ rows: [] });
    });
  }
  assert.deepEqual(sent.slice(0, 2), ['select 1 -- why', 'select 1 /* why */']);
  assert.match(sent[2] ?? '', /^select 1 \/\*traceparent='00-[0-9a-f]{32}-[0-9a-f]{16}-01'\*\/$/);
});

test('a statement without a table is named by its operation', async (t) => {
  const spans = recordSpans(t);
  const { collection: _, ...raw } = statement;
  await traceStatement(raw, () => Promise.resolve({ rows: [] }));
  assert.ok(only(spans.all(), 'SELECT'));
});

test('a failure is thrown on unchanged, and only its code is told', async (t) => {
  const spans = recordSpans(t);
  const failure = Object.assign(new Error('value "secret" is wrong'), { code: '22P02' });
  await assert.rejects(
    traceStatement(statement, () => Promise.reject(failure)),
    failure,
  );
  const refused = only(spans.all(), 'SELECT shop.things');
  assert.deepEqual([refused.status, refused.attributes['error.type']], ['ERROR', '22P02']);
  assert.ok(!JSON.stringify(refused).includes('secret'));
});

test('of a long statement 10,000 characters are said, under either name, and all of it is sent', async (t) => {
  const spans = recordSpans(t);
  configureSql({ OTEL_SEMCONV_STABILITY_OPT_IN: 'database/dup' });
  t.after(() => configureSql({}));
  const text = `select ${'x'.repeat(20_000)}`;
  let sent = '';
  await traceStatement({ ...statement, text }, (asked) => {
    sent = asked;
    return Promise.resolve({ rows: [] });
  });
  const { attributes } = only(spans.all(), 'SELECT shop.things');
  assert.deepEqual([attributes['db.query.text'], attributes['db.statement']], Array(2).fill(text.slice(0, 10_000)));
  assert.ok(sent.startsWith(`${text} /*traceparent=`));
});
