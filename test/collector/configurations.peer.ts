import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Backend } from '../../lib/choices.ts';
import { chosen, SECRET, taskFor } from '../support/collector-task.ts';
import { callWith, validate } from '../support/otelcol.ts';

const folder = join(import.meta.dirname, '../../observability');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

/** The Collector's files: each has a pipeline or what belongs to one, where Tempo's and Grafana's have none. */
const files = globSync('**/*.yaml', { cwd: folder }).filter((file) =>
  ['service', 'exporters', 'processors'].some((key) => key in (parse(read(file)) as object)),
);

const backends: Backend[][] = [['xray'], ['otlp'], ['coralogix'], ['xray', 'otlp', 'coralogix']];
const tasks = [
  ...backends.map((to) => [to.join(' and '), taskFor(chosen(...to))] as const),
  ['otlp with authorization', taskFor({ ...chosen('otlp'), collectorSecret: SECRET })] as const,
];

for (const [what, { args, env, secrets }] of tasks) {
  test(`what the task on Fargate is given to send to ${what} is a valid configuration`, async () => {
    assert.equal(await validate({ args, env: { ...env, ...secrets } }), '');
  });
}

test('tail sampling on top of it is a valid configuration, and so is the one of docker-compose.localstack.yml', async () => {
  const { args, env } = taskFor(chosen('xray'));
  const sampled = {
    args: [...args, '--config=env:TAIL_SAMPLING'],
    env: { ...env, TAIL_SAMPLING: read('fargate/tail-sampling.yaml') },
  };
  assert.equal(await validate(sampled), '');
  assert.equal(await validate(callWith([read('localstack/collector.yaml')])), '');
});

test('no configuration of observability/ is left out of these', () => {
  const handedOver = new Set(tasks.flatMap(([, { args }]) => args));
  const ofTask = [...handedOver].map(
    (arg) => `${arg.split('CONFIGURATION_')[1]?.toLowerCase().replaceAll('_', '-')}.yaml`,
  );
  const known = [...ofTask, 'tail-sampling.yaml', 'collector.yaml'];
  assert.deepEqual(files.map((file) => basename(file)).sort(), known.sort());
});

test('a misspelt key would be found', async () => {
  const { args, env } = taskFor(chosen('xray'));
  const misspelt = Object.entries(env).map(([name, value]) => [name, value.replace('check_interval', 'chek_interval')]);
  assert.match(await validate({ args, env: Object.fromEntries(misspelt) }), /chek_interval/);
});
