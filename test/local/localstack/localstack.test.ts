import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { findLocalStack } from '../../../local/localstack/localstack.ts';

/** Answers every request like this. */
async function answering(t: TestContext, body: string): Promise<string> {
  const server = createServer((_, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const localstack = (t: TestContext, version = '4.14.0') => answering(t, JSON.stringify({ services: {}, version }));
const refused = (env: Record<string, string>, why: RegExp) =>
  assert.rejects(findLocalStack(env), ({ message }: Error) => {
    assert.match(message, why);
    assert.doesNotMatch(message, /\n/);
    return true;
  });

test('LocalStack on loopback is taken, with keys that open nothing', async (t) => {
  const endpoint = await localstack(t);
  const found = await findLocalStack({ AWS_ENDPOINT_URL: endpoint });
  assert.deepEqual([found.endpoint, found.region, found.version], [endpoint, 'eu-central-1', '4.14.0']);
  assert.equal(found.environment['AWS_ACCESS_KEY_ID'], 'test');
});

test('an endpoint that is not this machine is refused before anything is sent', async () => {
  const others = [
    'http://localhost.localstack.cloud:4566',
    'http://10.0.0.1:4566',
    'http://127.evil.example',
    'http://0.0.0.0:4566',
  ];
  for (const AWS_ENDPOINT_URL of others) await refused({ AWS_ENDPOINT_URL }, /not this machine/);
  await refused(
    { AWS_ENDPOINT_URL: 'https://sqs.eu-central-1.amazonaws.com' },
    /AWS_ENDPOINT_URL must be a URL \(http\)/,
  );
});

test('credentials that look real are refused: profiles, and key ids of AWS', async (t) => {
  const AWS_ENDPOINT_URL = await localstack(t);
  await refused({ AWS_ENDPOINT_URL, AWS_PROFILE: 'work' }, /^AWS_PROFILE is set.*unset it/);
  await refused({ AWS_ENDPOINT_URL, AWS_DEFAULT_PROFILE: 'work' }, /^AWS_DEFAULT_PROFILE is set/);
  for (const start of ['AKIA', 'ASIA']) {
    await refused(
      { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID: `${start}IOSFODNN7EXAMPLE` },
      /looks like a key of a real account/,
    );
  }
  await findLocalStack({ AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
});

test('nobody there, somebody else there, another version, no region: one line says what to do', async (t) => {
  await refused(
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    /nothing answers at http:\/\/127\.0\.0\.1:1: start LocalStack/,
  );
  await refused({ AWS_ENDPOINT_URL: await answering(t, '<html>') }, /is not LocalStack/);
  await refused({ AWS_ENDPOINT_URL: await localstack(t, '2026.3.0') }, /LocalStack 2026\.3\.0 answers/);
  await refused(
    { AWS_ENDPOINT_URL: await localstack(t), AWS_REGION: 'frankfurt' },
    /AWS_REGION is no region.*eu-central-1/,
  );
});
