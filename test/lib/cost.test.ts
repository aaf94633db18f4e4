import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { collectorIdle, cost, costBeyondFree, costTable, dollars, HOURS, idle, perMillion } from '../../lib/cost.ts';
import { at, templatesOf } from '../support/template.ts';

const document = readFileSync(join(import.meta.dirname, '../../docs/deploy.md'), 'utf8');
/** Without the spaces and dashes that only align columns. */
const plain = (markdown: string): string => markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');

for (const [what, items] of Object.entries({
  ...idle,
  'a Collector in dev': collectorIdle.dev,
  'a Collector in prod': collectorIdle.prod,
  'a million placements': perMillion,
})) {
  test(`what ${what} costs is in docs/deploy.md as it is computed`, () => {
    assert.ok(plain(document).includes(plain(costTable(items))), `it should be:\n${costTable(items)}`);
  });
}

test('the sum is the sum of what the table says', () => {
  for (const items of [...Object.values(idle), ...Object.values(collectorIdle), perMillion]) {
    const amounts = [...costTable(items).matchAll(/\| \$([\d.]+) \|$/gm)].map(([, amount]) => Number(amount));
    assert.equal(amounts.length, items.length);
    const sum = amounts.reduce((total, amount) => total + amount, 0);
    assert.ok(Math.abs(sum - cost(items)) < 0.05, `${dollars(sum)} is not ${dollars(cost(items))}`);
  }
});

test('what is left of an idle bill in free tiers is in docs/deploy.md, and the dashboard fits into them', () => {
  const [dev, prod] = [idle.dev, idle.prod].map((items) => dollars(costBeyondFree(items)));
  assert.ok(plain(document).includes(`**${dev}** in stage \`dev\`, **${prod}** in stage \`prod\``), `${dev}, ${prod}`);
  const [dashboard] = templatesOf('prod').resources('AWS::CloudWatch::Dashboard');
  const metrics = JSON.stringify(dashboard).match(/\\"label\\"/g) ?? [];
  assert.ok(metrics.length > 40 && metrics.length <= 50, `${metrics.length} metrics`);
});

for (const stage of ['dev', 'prod'] as const) {
  test(`the bill of stage ${stage} counts as many alarms and secrets as there are`, () => {
    const { resources } = templatesOf(stage);
    const billed = (unit: string) => idle[stage].find((item) => item.unit === unit)?.quantity ?? 0;
    assert.equal(billed('alarm and month'), resources('AWS::CloudWatch::Alarm').length);
    const ofTheDatabase = resources('AWS::RDS::DBCluster').filter((one) =>
      at(one, 'properties', 'ManageMasterUserPassword'),
    );
    assert.equal(billed('secret and month'), resources('AWS::SecretsManager::Secret').length + ofTheDatabase.length);
  });

  test(`the bill of stage ${stage} counts the dashboard, and every queue that Lambda asks for messages`, () => {
    const { resources } = templatesOf(stage);
    const billed = (what: string) => idle[stage].find((item) => item.what === what);
    assert.equal(billed('Dashboard')?.quantity ?? 0, resources('AWS::CloudWatch::Dashboard').length);
    const asked = resources('AWS::Lambda::EventSourceMapping').length;
    assert.match(billed('Polling')?.why ?? '', new RegExp(`^about ${asked} queues `));
    const perQueue = 5 * 3 * 60 * HOURS; // five pollers, each waiting for 20 seconds
    assert.equal(billed('Polling')?.quantity, (asked * perQueue) / 1e6);
  });

  test(`stage ${stage} has nothing that is paid by the hour`, () => {
    const { resources } = templatesOf(stage);
    for (const type of ['EC2::NatGateway', 'ElasticLoadBalancingV2::LoadBalancer', 'ECS::Service', 'RDS::DBProxy']) {
      assert.deepEqual(resources(`AWS::${type}`), []);
    }
    for (const { properties } of resources('AWS::RDS::DBCluster')) {
      assert.equal(at(properties, 'ServerlessV2ScalingConfiguration', 'MinCapacity'), 0);
    }
    const endpoints = resources('AWS::EC2::VPCEndpoint').map(({ properties }) => properties['VpcEndpointType']);
    assert.ok(endpoints.every((type) => type === 'Gateway'));
  });
}
