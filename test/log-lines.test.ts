import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { regenerateFile } from '../events/catalogue.ts';
import { askOverHttp } from './support/api.ts';
import { builtBundles } from './support/built.ts';
import { freshDatabase } from './support/database.ts';
import { eventually } from './support/eventually.ts';
import { invoke } from './support/invoke.ts';
import { linesOfShape } from './support/log-lines.ts';
import { nobody } from './support/peer.ts';
import { aRecord } from './support/records.ts';
import { type Asked, restEvent } from './support/rest-event.ts';

const { url: DATABASE_URL } = await freshDatabase();
const nowhere = await nobody();
const outdir = await builtBundles();

const aws = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'x',
  AWS_SECRET_ACCESS_KEY: 'x',
  AWS_ENDPOINT_URL: nowhere,
};
const environment = {
  ...aws,
  OTEL_TRACES_EXPORTER: 'none',
  DATABASE_URL,
  EVENT_BUS_NAME: 'nedlia-events',
  RELAY_QUEUE_URL: `${nowhere}/relay`,
  FILE_GENERATOR_QUEUE_URL: `${nowhere}/file-generator`,
};
/** Says secrets wherever a request can. */
const asked: Asked = {
  method: 'GET',
  path: '/v1/videos/canary-1?token=canary-2',
  headers: {
    host: 'api.example',
    authorization: 'Bearer canary-3',
    'x-correlation-id': 'order-7',
    cookie: 'a=canary-4',
  },
};

/** The API as `npm run api` starts it, asked once over HTTP; everything it printed. */
async function printedByTheServer(): Promise<string> {
  const child = spawn(process.execPath, ['--import', './commands/guard.mjs', 'commands/api.ts'], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...environment,
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const until = async (pattern: RegExp) => {
    const [, found = ''] = await eventually(() => {
      assert.equal(child.exitCode, null, output);
      return pattern.exec(output);
    }, String(pattern));
    return found;
  };
  await askOverHttp(Number(await until(/listens on http:\/\/127\.0\.0\.1:(\d+)/)), asked);
  await until(/"message":"(request)"/);
  child.kill('SIGTERM');
  await once(child, 'close');
  return output;
}

const requestLine = (output: string) => {
  const [line, ...more] = linesOfShape(output, { inTrace: true }).filter(({ message }) => message === 'request');
  assert.deepEqual([line?.['correlation_id'], more], ['order-7', []], output);
  assert.doesNotMatch(output, /canary/);
  return line ?? assert.fail('no line');
};

test('the API writes the same line behind both doors: as a server and as a function', async () => {
  const server = requestLine(await printedByTheServer());
  const { stdout, code } = await invoke(join(outdir, 'api/index.cjs'), restEvent(asked), environment);
  assert.equal(code, 0, stdout);
  const lambda = requestLine(stdout);
  assert.deepEqual(Object.keys(lambda), Object.keys(server));
  assert.deepEqual(
    ['level', 'service', 'method', 'route', 'status'].map((field) => lambda[field]),
    ['info', 'nedlia-api', 'GET', '/v1/videos/:id', 404],
  );
  assert.deepEqual(Object.keys(server).slice(8), ['method', 'route', 'status', 'duration_ms']);
});

test('a consumer’s lines have the same shape, with the correlation id of the message, and no secret', async () => {
  const command = regenerateFile.create(
    { id: 'cmd-1', occurredAt: '', correlationId: 'order-8' },
    { placement_id: 'pl-1' },
  );
  const event = { Records: [aRecord({ body: JSON.stringify(command) })] };
  const { stdout } = await invoke(join(outdir, 'file-generator/index.cjs'), event, {
    ...environment,
    DATABASE_URL: nowhere.replace('http://', 'postgres://nedlia:canary@'),
    QUEUE_URL: `${nowhere}/queue`,
    DEAD_LETTER_QUEUE_URL: `${nowhere}/queue-dlq`,
    BUCKET_NAME: 'files',
  });
  const lines = linesOfShape(stdout, { inTrace: true });
  assert.deepEqual(
    lines.map(({ service, correlation_id }) => [service, correlation_id]),
    lines.map(() => ['nedlia-file-generator', 'order-8']),
  );
  assert.ok(
    lines.some(({ level }) => level === 'warn' || level === 'error'),
    stdout,
  );
  assert.doesNotMatch(stdout, /canary/);
});

test('LOG_LEVEL says which lines are written, the same for all', async () => {
  for (const [LOG_LEVEL, expected] of [
    ['warn', 0],
    ['info', 1],
  ] as const) {
    const { stdout } = await invoke(join(outdir, 'api/index.cjs'), restEvent(asked), { ...environment, LOG_LEVEL });
    assert.equal(linesOfShape(stdout, { inTrace: true }).length, expected, stdout);
  }
});
