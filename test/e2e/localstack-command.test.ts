import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { findLocalStack } from '../../local/localstack/localstack.ts';
import { stacksOf } from '../../local/localstack/stacks.ts';
import { startPostgres } from '../../local/postgres.ts';
import { once as run } from '../support/database.ts';
import { where } from '../support/place.ts';
import { runWord } from '../support/word.ts';

/** Not where the rest of the suite is deployed: LocalStack keeps regions apart as AWS does. */
const AWS_REGION = 'eu-west-1';

async function surroundings(t: TestContext): Promise<Record<string, string>> {
  const directory = await mkdtemp(path.join(tmpdir(), 'nedlia-localstack-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const { endpoint } = await findLocalStack({ ...process.env, AWS_REGION });
  return { AWS_ENDPOINT_URL: endpoint, AWS_REGION, NEDLIA_DIRECTORY: directory };
}

where('deployments')(
  'npm run localstack deploys and shows one whole trace, later runs update, also when the API has changed, and --destroy leaves no stack',
  async (t) => {
    const env = await surroundings(t);
    const stacks = stacksOf(await findLocalStack(env));
    t.after(() => runWord('localstack', ['--destroy'], env));
    for (const round of ['deployed', 'updated', 'with another API']) {
      if (round === 'with another API') await changeDeployment(path.join(env['NEDLIA_DIRECTORY'] ?? '', 'cdk.out'));
      const { code, stdout, stderr } = await runWord('localstack', ['--once', '--json'], env);
      assert.equal(code, 0, stderr);
      const result = JSON.parse(stdout) as { complete: boolean; webhooks: unknown[]; outputs: Record<string, string> };
      assert.deepEqual([result.complete, result.webhooks.length], [true, 3], round);
      assert.equal(result.outputs['EventBusName'], 'nedlia-events');
    }
    const removed = await runWord('localstack', ['--destroy', '--json'], env);
    assert.equal(removed.code, 0, removed.stderr);
    assert.deepEqual(await stacks.all(), []);
    const again = await runWord('localstack', ['--destroy'], env);
    assert.deepEqual([again.code, again.stdout.trim()], [0, 'Nothing was deployed.']);
  },
);

where('deployments', 'hostReach')(
  'a migration that fails ends the deployment with its own message, and what is mended goes through',
  async (t) => {
    const env = await surroundings(t);
    const postgres = await startPostgres({ directory: env['NEDLIA_DIRECTORY'] ?? '', durable: false });
    t.after(() => postgres.stop());
    t.after(() => runWord('localstack', ['--destroy'], env));
    const DATABASE_URL = postgres.url;
    await run(DATABASE_URL, 'CREATE SCHEMA nedlia');
    await run(DATABASE_URL, 'CREATE TABLE nedlia.videos (not_ours int)');

    const failed = await runWord('localstack', ['--once'], { ...env, DATABASE_URL });
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^nedlia: the migration failed: .*relation "videos" already exists[^\n]*\n$/);

    await run(DATABASE_URL, 'DROP TABLE nedlia.videos');
    const mended = await runWord('localstack', ['--once', '--json'], { ...env, DATABASE_URL });
    assert.equal(mended.code, 0, mended.stderr);
  },
);

where('deployments', 'hostReach')(
  'the peers of the compose file are used when they answer, and then nothing has to stay up',
  async (t) => {
    const env = await surroundings(t);
    const postgres = await startPostgres({ directory: env['NEDLIA_DIRECTORY'] ?? '', durable: false });
    t.after(() => postgres.stop());
    t.after(() => runWord('localstack', ['--destroy'], env));
    const NEDLIA_PEERS_URL = await startPeersService(t, postgres.url);

    const word = await runWord('localstack', ['--json'], { ...env, NEDLIA_PEERS_URL });
    assert.equal(word.code, 0, word.stderr);
    assert.match(word.stderr, /\(containers\)/);
    const { complete, webhooks } = JSON.parse(word.stdout) as { complete: boolean; webhooks: unknown[] };
    assert.deepEqual([complete, webhooks.length], [true, 3]);
  },
);

/**
 * What the CDK makes of any change to a method or an answer of the API: a Deployment of another logical id, to which the stage
 * moves on. Templates are uploaded under their hash, so the files that name it change too.
 */
async function changeDeployment(assembly: string): Promise<void> {
  const file = path.join(assembly, 'nedlia-local.template.json');
  const template = await readFile(file, 'utf8');
  const [deployment = '', hash = ''] = /\bApiGatewayDeployment[0-9A-F]{8}([0-9a-f]{32})\b/.exec(template) ?? [];
  assert.notEqual(hash, '', 'a Deployment is named after its content');
  const another = template.replaceAll(deployment, deployment.replace(hash, randomBytes(16).toString('hex')));
  await writeFile(file, another);
  for (const naming of ['nedlia-local.assets.json', 'manifest.json']) {
    const at = path.join(assembly, naming);
    const said = await readFile(at, 'utf8');
    assert.ok(said.includes(sha256(template)), `${naming} names the template by its hash`);
    await writeFile(at, said.replaceAll(sha256(template), sha256(another)));
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The service `peers` as the compose file starts it, on ports of this machine. */
async function startPeersService(t: TestContext, databaseUrl: string): Promise<string> {
  const [collector, receiver, port] = [await freePort(), await freePort(), await freePort()];
  const addresses = {
    DATABASE_URL: databaseUrl,
    COLLECTOR_ENDPOINT: `http://127.0.0.1:${collector}`,
    WEBHOOK_URL: `http://127.0.0.1:${receiver}/webhooks`,
  };
  const fromBothSides = Object.entries(addresses).flatMap(([name, value]) => [
    [`HOST_${name}`, value],
    [`FUNCTIONS_${name}`, value],
  ]);
  const service = spawn(process.execPath, ['local/localstack/peers-service.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...Object.fromEntries(fromBothSides),
      HOST: '127.0.0.1',
      COLLECTOR_PORT: `${collector}`,
      RECEIVER_PORT: `${receiver}`,
      PORT: `${port}`,
    },
  });
  t.after(() => service.kill());
  await once(service.stdout, 'data');
  return `http://127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
