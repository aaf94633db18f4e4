import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportOnce } from '../../../../telemetry/export/attempt.ts';
import type { OtlpTarget } from '../../../../telemetry/export/otlp/otlp-post.ts';
import { otlpPostExporter } from '../../../../telemetry/export/otlp/otlp-post.ts';
import { endedSpans } from '../../../support/ended-spans.ts';
import { eventually } from '../../../support/eventually.ts';
import { captureLog } from '../../../support/log-lines.ts';
import { drain, startPeer } from '../../../support/peer.ts';

/** What an export may take, when something happens that is late, and what a busy machine may add; all of it again would be LATE more. In ms. */
const [TIME, LATE, SLACK] = [4000, 3000, 1500];

/** An exporter to `endpoint` that sends each span on its own. */
function anExporter(t: TestContext, endpoint: string, target: Partial<OtlpTarget> = {}) {
  const url = new URL(`${endpoint}/v1/traces`);
  const most = { bytes: Infinity, spans: 1 };
  const options = { timeoutMillis: TIME, keepAlive: false };
  const exporter = otlpPostExporter({ url, most, headersFor: async () => ({}), ...target }, options, {});
  t.after(() => exporter.shutdown());
  return exporter;
}

async function timed<T>(work: Promise<T>): Promise<[result: T, ms: number]> {
  const began = performance.now();
  return [await work, performance.now() - began];
}

// They wait, and so they do it at the same time.
describe('an export’s time', { concurrency: true }, () => {
  test('all parts of an export have its time together, and none begins afterwards', async (t) => {
    let [asked, closed] = [0, 0];
    const endpoint = await startPeer(t, (_request, response) => {
      asked += 1;
      response.on('close', () => (closed += 1));
      setTimeout(() => response.end(), LATE).unref();
    });
    const exporter = anExporter(t, endpoint);
    const [failure, took] = await timed(exportOnce(exporter, endedSpans(8), TIME));
    assert.equal(failure?.message, 'no answer within 4000 ms');
    assert.ok(took < TIME + SLACK, `${Math.round(took)} ms`);
    await sleep(LATE);
    assert.ok(asked <= 2, `${asked} of 8 parts were begun`);
    assert.equal(closed, asked);
  });

  test('all attempts of an export have its time together: one that comes late has the rest', async (t) => {
    let asked = 0;
    const closed: number[] = [];
    const began = performance.now();
    const endpoint = await startPeer(t, (request, response) => {
      asked += 1;
      response.on('close', () => closed.push(performance.now() - began));
      // The second is never answered.
      if (asked === 1)
        void drain(request).then(() => response.writeHead(503, { 'retry-after': String(LATE / 1000) }).end());
    });
    const failure = await exportOnce(anExporter(t, endpoint), endedSpans(1), TIME);
    assert.equal(failure?.message, 'no answer within 4000 ms');
    await eventually(() => closed.length === 2);
    assert.equal(asked, 2);
    assert.ok((closed[1] ?? Infinity) < TIME + SLACK, `${closed.map(Math.round).join(', ')} ms`);
  });

  test('a connection that is reset late gets what is left of the time, not all of it again', async (t) => {
    let asked = 0;
    const endpoint = await startPeer(t, (request) => {
      asked += 1;
      if (asked === 1) setTimeout(() => request.socket.resetAndDestroy(), LATE);
    });
    const [failure, took] = await timed(exportOnce(anExporter(t, endpoint), endedSpans(1), TIME));
    assert.deepEqual([asked, failure?.message], [2, 'no answer within 4000 ms']);
    assert.ok(took < TIME + SLACK, `${Math.round(took)} ms`);
  });

  test('credentials that are found late are of no use: nothing is sent with them', async (t) => {
    let asked = 0;
    const endpoint = await startPeer(t, (_request, response) => {
      asked += 1;
      response.end();
    });
    const exporter = anExporter(t, endpoint, { headersFor: () => sleep(LATE, {}) });
    const [failure, took] = await timed(exportOnce(exporter, endedSpans(1), 100));
    assert.equal(failure?.message, 'no answer within 100 ms');
    assert.ok(took < 100 + SLACK, `${Math.round(took)} ms`);
    await sleep(LATE + 200);
    assert.equal(asked, 0);
  });
});

test('a backend that rejects spans and repeats the token is not repeated', async (t) => {
  const lines = captureLog(t);
  const { diag } = await import('@opentelemetry/api');
  const warned: unknown[] = [];
  diag.setLogger({
    error: () => {},
    info: () => {},
    debug: () => {},
    verbose: () => {},
    warn: (...words: unknown[]) => warned.push(words.join(' ')),
  });
  t.after(() => diag.disable());
  const message = Buffer.from('not for s3cr3tTOKEN');
  const partial = Buffer.concat([Buffer.from([0x08, 0x01, 0x12, message.length]), message]);
  const endpoint = await startPeer(t, (request, response) => {
    void drain(request).then(() => response.end(Buffer.concat([Buffer.from([0x0a, partial.length]), partial])));
  });
  const exporter = anExporter(t, endpoint, { headersFor: async () => ({ authorization: 'Bearer s3cr3tTOKEN' }) });
  assert.equal(await exportOnce(exporter, endedSpans(1), TIME), undefined);
  assert.deepEqual([exporter.dropped?.(), warned, lines], [1, ['spans were rejected: not for ***'], []]);
});
