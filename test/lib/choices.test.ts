import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choiceNames, isXRay, readChoices } from '../../lib/choices.ts';
import { otlpUrl } from '../../telemetry/export/otlp/otlp.ts';
import { xrayRegion } from '../../telemetry/export/xray/endpoint.ts';

const read = (context: Record<string, unknown>) => readChoices((name) => context[name]);

test('nothing has to be chosen, and an empty choice is none', () => {
  const nothing = { ...Object.fromEntries(choiceNames.map((name) => [name, undefined])), apiOpen: false };
  assert.deepEqual(read({}), nothing);
  const empty = { ...Object.fromEntries(choiceNames.map((name) => [name, ''])), apiOpen: 'false' };
  assert.deepEqual(read(empty), nothing);
});

test('what is chosen is read as it is typed behind -c, and as it stands in cdk.json', () => {
  assert.equal(read({ apiOpen: 'true' }).apiOpen, true);
  assert.equal(read({ apiOpen: true }).apiOpen, true);
  assert.equal(read({ webhookUrl: 'https://hooks.example/x' }).webhookUrl, 'https://hooks.example/x');
});

test('a wrong choice is one line that names it: an API is never open by a slip', () => {
  assert.throws(() => read({ apiOpen: 'yes' }), /^Error: apiOpen must be true or false$/);
  assert.throws(() => read({ webhookUrl: 'hooks.example' }), /^Error: webhookUrl must be a URL \(http, https\)$/);
  assert.throws(() => read({ collector: 'ftp://x' }), /^Error: collector must be fargate, or a URL/);
});

test('a collector is X-Ray for whoever deploys exactly where it is for the exporter that signs', () => {
  const xray = [
    'eu-central-1.amazonaws.com',
    'us-gov-west-1.amazonaws.com/v1/traces',
    'cn-north-1.amazonaws.com.cn',
    'eu-west-1.api.aws',
    'EU-Central-1.AmazonAWS.com',
    'eu-central-1.amazonaws.com:443',
    'eu-central-1.amazonaws.com?x',
    'eu-central-1.amazonaws.com#x',
  ].flatMap((rest) => [`https://xray.${rest}`, `https://XRay-FIPS.${rest}`, `http://xray.${rest}`]);
  const others = [
    'https://xray.example',
    'https://xray.eu-central-1.amazonaws.com.example',
    'https://xray.eu-central-1.amazonaws.com@collector.example',
    'https://collector.example:4318/xray',
    'https://collector.example/?https://xray.eu-central-1.amazonaws.com',
  ];
  for (const url of [...xray, ...others]) {
    const signed = xrayRegion(otlpUrl({ OTEL_EXPORTER_OTLP_ENDPOINT: url })) !== undefined;
    assert.deepEqual([isXRay(url), signed], Array(2).fill(xray.includes(url)), url);
  }
  for (const none of [undefined, '', 'fargate', 'xray.eu-central-1.amazonaws.com']) assert.equal(isXRay(none), false);
});
