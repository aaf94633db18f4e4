import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { IncomingHttpHeaders } from 'node:http';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type Deployed, nextSteps } from '../../lib/next-steps.ts';
import { drain, startPeer } from '../support/peer.ts';

const run = promisify(execFile);
const keys = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

/** Pastes the text into a shell; the API in it answers 503 to the very first request, as a resuming database does. */
async function paste(t: TestContext, about: Partial<Deployed> & { env?: Record<string, string> }) {
  const requests: { url: string | undefined; headers: IncomingHttpHeaders; body: Record<string, unknown> }[] = [];
  const peer = await startPeer(t, (request, response) => {
    const { url, headers } = request;
    const answer = async () => {
      requests.push({ url, headers, body: JSON.parse((await drain(request)).toString()) });
      response.writeHead(requests.length === 1 ? 503 : 201, { 'retry-after': '1' });
      response.end('{}');
    };
    void answer();
  });
  const text = nextSteps({ region: 'eu-central-1', outputs: { ApiUrl: `${peer}/dev/` }, open: false, ...about });
  const commands = text.split('\n').filter((line) => line.startsWith('nedlia'));
  await run('/bin/sh', ['-c', commands.join('\n')], { env: { PATH: process.env['PATH'], ...keys, ...about.env } });
  return { text, requests };
}

test('pasted into a shell, the commands send a video, a product and a placement that belong together', async (t) => {
  const { requests } = await paste(t, {});
  const [refused, video, product, placement, ...others] = requests;
  assert.equal(others.length, 0);
  assert.deepEqual(refused?.body, video?.body, 'the first is tried again');
  assert.equal(refused?.headers['idempotency-key'], video?.headers['idempotency-key'], 'with the same key');
  assert.deepEqual(
    [video, product, placement].map((request) => request?.url),
    ['/dev/v1/videos', '/dev/v1/products', '/dev/v1/placements'],
  );
  assert.equal(placement?.body['video_id'], video?.body['id']);
  assert.equal(placement?.body['product_id'], product?.body['id']);
});

test('each request is signed for API Gateway, and the placement carries the trace that is linked', async (t) => {
  const { requests, text } = await paste(t, {});
  for (const { headers } of requests) {
    assert.match(
      String(headers.authorization),
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/execute-api\/aws4_request/,
    );
    assert.equal(headers['x-amz-security-token'], undefined, 'keys of a user have no token');
  }
  const [, traceId = ''] = String(requests.at(-1)?.headers['traceparent']).split('-');
  assert.ok(text.includes(`traces/1-${traceId.slice(0, 8)}-${traceId.slice(8)}`));
});

test('keys of a session bring their token', async (t) => {
  const { requests } = await paste(t, { env: { AWS_SESSION_TOKEN: 'token' } });
  for (const { headers } of requests) {
    assert.equal(headers['x-amz-security-token'], 'token');
    assert.match(String(headers.authorization), /SignedHeaders=[^,]*x-amz-security-token/);
  }
});

test('where the API is open nothing is signed and no trace is brought', async (t) => {
  const { requests } = await paste(t, { open: true });
  assert.equal(requests.length, 4);
  for (const { headers } of requests)
    assert.deepEqual([headers.authorization, headers['traceparent']], [undefined, undefined]);
});
