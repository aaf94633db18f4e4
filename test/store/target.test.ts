import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { Client } from 'pg';
import { connectionTo } from '../../store/target.ts';

const HOST = 'nedlia.cluster-x.eu-central-1.rds.amazonaws.com';
const aurora = `postgres://nedlia@${HOST}:5432/nedlia?auth=iam`;

function credentials(t: TestContext): void {
  const given = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
  const before = Object.keys(given).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, given);
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}

test('a session on Aurora signs in with a token for this user and host, good for a quarter of an hour', async (t) => {
  credentials(t);
  const { host, port, user, database, password } = connectionTo(aurora, {});
  assert.deepEqual([host, port, user, database], [HOST, 5432, 'nedlia', 'nedlia']);
  assert.ok(typeof password === 'function');
  const token = new URL(`https://${await password()}`);
  assert.equal(token.host, `${HOST}:5432`);
  assert.equal(token.searchParams.get('Action'), 'connect');
  assert.equal(token.searchParams.get('DBUser'), 'nedlia');
  assert.equal(token.searchParams.get('X-Amz-Expires'), '900');
  assert.match(token.searchParams.get('X-Amz-Credential') ?? '', /\/eu-central-1\/rds-db\/aws4_request$/);
});

test('it believes the roots of its own region alone, and never less than a verified name', () => {
  const { ssl } = connectionTo(aurora, {});
  assert.ok(typeof ssl === 'object');
  const roots = [ssl.ca].flat().map((pem) => new X509Certificate(String(pem)));
  assert.equal(roots.length, 3);
  for (const root of roots) {
    assert.match(root.subject, /CN=Amazon RDS eu-central-1 Root CA/);
    assert.ok(root.verify(root.publicKey) && root.validToDate.getTime() > Date.now());
  }
  assert.deepEqual(Object.keys(ssl), ['ca']); // nothing that would switch the verification off
});

test('a region without known roots is said, not skipped', () => {
  assert.throws(
    () => connectionTo(aurora.replace('eu-central-1', 'mars-north-1'), {}),
    /no certificate.*"mars-north-1"/,
  );
});

test('a login replaces the token, not the check of the server', () => {
  const { user, password, ssl } = connectionTo(aurora, {}, { user: 'owner', password: 'p' });
  assert.deepEqual([user, password], ['owner', 'p']);
  assert.ok(typeof ssl === 'object' && ssl.ca);
});

test('somebody else signs in with a token of its own', async (t) => {
  credentials(t);
  const { user, password } = connectionTo(aurora, {}, { user: 'owner' });
  assert.ok(user === 'owner' && typeof password === 'function');
  assert.match(await password(), /[?&]DBUser=owner&/);
});

test('a server that offers no TLS hears neither user nor token', async (t) => {
  credentials(t);
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard.push(bytes);
      socket.write('N'); // https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const client = new Client({ ...connectionTo(aurora, {}), host: '127.0.0.1', port });
  await assert.rejects(client.connect(), /does not support SSL/);
  assert.deepEqual(
    heard.map((bytes) => bytes.length),
    [8],
  ); // the request for TLS, and not a byte more
});
