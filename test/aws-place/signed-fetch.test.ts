import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { signedFetch } from '../support/signed-fetch.ts';
import { type SignedRequest, verifySigV4 } from '../support/verify-sigv4.ts';

test('requests of every kind are signed as API Gateway wants them, with the token of a session', async (t) => {
  const came: SignedRequest[] = [];
  const take = async ({ method = '', url: path = '', headers: sent }: IncomingMessage, body: Promise<Buffer>) =>
    void came.push({ method, url: path, headers: sent, body: await body });
  const server = createServer(async (request, response) => {
    await take(request, buffer(request));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'not a secret', sessionToken: 'session' };
  const ask = signedFetch({ region: 'eu-west-1', credentials });
  const headers = { 'content-type': 'application/json', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  await ask(`${url}/v/v1/videos?video_id=lake-1&limit=1`, { method: 'GET', headers: {} });
  await ask(`${url}/v/v1/videos`, { method: 'POST', headers, body: '{"title":"A day at the lake"}' });
  await ask(`${url}/v/v1/videos?tag=b&limit=1&tag=a&tag=b`, { method: 'GET', headers: {} });
  await ask(`${url}/v/v1/placements/1`, { method: 'DELETE', headers: { authorization: 'Bearer canary' } });

  assert.deepEqual(
    came.map(({ method, url: path }) => `${method} ${path}`),
    [
      'GET /v/v1/videos?video_id=lake-1&limit=1',
      'POST /v/v1/videos',
      'GET /v/v1/videos?tag=b&limit=1&tag=a&tag=b',
      'DELETE /v/v1/placements/1',
    ],
  );
  for (const request of came) {
    const { keyId, scope, signed } = verifySigV4(request, credentials.secretAccessKey);
    assert.deepEqual([keyId, scope], ['AKIAEXAMPLE', 'eu-west-1/execute-api/aws4_request']);
    assert.ok(signed.includes('x-amz-security-token'));
  }
  assert.equal(came[1]?.headers['traceparent'], headers.traceparent);
  assert.throws(() => verifySigV4({ ...came[0], url: '/v/v1/videos?limit=2' } as SignedRequest, 'not a secret'));
});
