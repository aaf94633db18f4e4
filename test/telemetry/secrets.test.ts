import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { readEffectiveSettings } from '../../telemetry/doctor/settings.ts';
import { serverExporters } from '../../telemetry/export/server-exporters.ts';
import { ALIASES } from '../../telemetry/settings/aliases.ts';
import { KNOWN } from '../../telemetry/settings/known.ts';
import { span } from '../../telemetry/span.ts';
import { startTelemetry } from '../../telemetry/start.ts';
import { captureLog } from '../support/log-lines.ts';
import { drain, nobody, startPeer } from '../support/peer.ts';
import { runWord } from '../support/word.ts';

/** Put in as a secret; it comes out nowhere, in whatever case. */
const CANARY = 'Canary7';

const urls = [
  `http://jaeger:14268/api/traces?token=${CANARY}`,
  `http://collector:4318/?api_key=${CANARY}`,
  `http://collector:4318/?${CANARY}==`,
  `http://collector:4318/#token=${CANARY}`,
  `http://user:${CANARY}@collector:4318`,
  `grpc://${CANARY}@collector:4317`,
  `https://user:${'x'.repeat(60)}${CANARY}@collector:4318/v1/traces`,
];
/** Understood as an address only where one is expected. */
const typed = [
  `user:${CANARY}@collector:4317`,
  `${CANARY}@collector:4317`,
  `collector:4317?token=${CANARY}`,
  `collector#token=${CANARY}`,
  `http://user:a/${CANARY}@collector:4318`,
  `http://user:a ${CANARY}@collector:4318`,
  `http://user:a#${CANARY}@collector:4318`,
];
const headers = [
  `authorization=Bearer%20${CANARY}`,
  `x-team=1,authorization=${CANARY}`,
  `Authorization: Bearer ${CANARY}`,
  `Authorization: Bearer ${CANARY}==`,
  `${CANARY}==`,
  CANARY,
];

/** What they say is on every span and line, because it is meant to be. */
const SAID = new Set(['OTEL_SERVICE_NAME', 'SERVICE_NAME', 'OTEL_SERVICE_VERSION', 'SERVICE_VERSION', 'ENVIRONMENT']);

const holding = (what: string) => KNOWN.filter(({ holds }) => holds === what).map(({ name }) => name);
const put: [names: string[], values: string[]][] = [
  [[...KNOWN.map(({ name }) => name), ...ALIASES].filter((name) => !SAID.has(name)), urls],
  [[...holding('address'), 'OTEL_EXPORTER_ENDPOINT', 'OTLP_ENDPOINT'], typed],
  [holding('headers'), headers],
  [holding('secret'), [CANARY, `Bearer ${CANARY}`, `${CANARY}\n`]],
];

const others = [
  { OTEL_TRACES_EXPORTER: 'otlp,jaeger,zipkin,coralogix,xray', CX_DOMAIN: 'eu2', CX_TOKEN: 't' },
  { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
];

function told(t: TestContext, env: Record<string, string>): string[] {
  const lines = captureLog(t);
  const settings = readEffectiveSettings({ env, factories: serverExporters, service: 'things', timeoutMillis: 100 });
  const texts = [JSON.stringify([settings.variables, settings.others, settings.service])];
  const telemetry = startTelemetry({ service: 'things', mode: 'server', exporters: serverExporters, env });
  texts.push(JSON.stringify(telemetry.status()));
  void telemetry.shutdown();
  return [...texts, ...lines.map((line) => JSON.stringify(line))];
}

const hidden = (texts: string[], where: string): void => {
  for (const text of texts) assert.ok(!text.toLowerCase().includes(CANARY.toLowerCase()), `${where}\n${text}`);
};

for (const [names, values] of put) {
  for (const name of names) {
    test(`a secret in ${name} is in no log line, no value and no note of the doctor's, no status: ${values.length} ways`, (t) => {
      for (const value of values)
        for (const rest of others) hidden(told(t, { ...rest, [name]: value }), `${name}=${value}`);
    });
  }
}

test('nor is it when spans go there, accepted, refused or to nobody, with every line of the log wanted', async (t) => {
  const lines = captureLog(t);
  const answering = (status: number) =>
    startPeer(t, (request, response) => void drain(request).then(() => response.writeHead(status).end(request.url)));
  for (const endpoint of [await answering(200), await answering(403), await nobody()]) {
    const secret = `${endpoint.replace('//', `//user:${CANARY}@`)}/v1/traces?key=${CANARY}`;
    for (const protocol of ['http/protobuf', 'grpc']) {
      const telemetry = startTelemetry({
        service: 'things',
        mode: 'function',
        exporters: serverExporters,
        env: {
          OTEL_LOG_LEVEL: 'all',
          OTEL_TRACES_EXPORTER: protocol === 'grpc' ? 'otlp' : 'otlp,jaeger,zipkin,coralogix',
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_EXPORTER_OTLP_ENDPOINT: secret,
          OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${CANARY}`,
          OTEL_EXPORTER_JAEGER_ENDPOINT: secret,
          OTEL_EXPORTER_ZIPKIN_ENDPOINT: secret,
          CX_ENDPOINT: secret,
          CX_TOKEN: `cxtp_${CANARY}`,
        },
      });
      span('work', () => undefined);
      await telemetry.flush();
      hidden([JSON.stringify(telemetry.status())], endpoint);
      await telemetry.shutdown();
    }
  }
  assert.ok(lines.length > 10);
  hidden(
    lines.map((line) => JSON.stringify(line)),
    'log',
  );
});

/** Every way into the same doctor, one after the other. */
const ways = Math.max(urls.length, typed.length, headers.length);
const nth = (values: string[], way: number): string => values[way % values.length] ?? '';

for (const form of ['text', '--json']) {
  test(`npm run doctor as ${form} tells none of all of them`, async () => {
    const args = ['--no-bundles', '--timeout', '0.2', ...(form === 'text' ? [] : [form])];
    const endpoint = (await nobody()).replace('//', `//user:${CANARY}@`);
    for (let way = 0; way < ways; way += 1) {
      const { stdout, stderr } = await runWord('doctor', args, {
        OTEL_TRACES_EXPORTER: 'otlp,jaeger,zipkin,coralogix',
        [way % 2 === 0 ? 'OTLP_ENDPOINT' : 'OTEL_EXPORTER_OTLP_ENDPOINT']: nth(
          [`${endpoint}/?api_key=${CANARY}`, ...typed],
          way,
        ),
        OTEL_EXPORTER_OTLP_HEADERS: nth(headers, way),
        OTEL_EXPORTER_JAEGER_ENDPOINT: nth([`http://localhost:14268/api/traces?token=${CANARY}`, ...urls], way),
        OTEL_EXPORTER_ZIPKIN_ENDPOINT: `${endpoint}/#token=${CANARY}`,
        CX_ENDPOINT: nth([endpoint, ...typed], way),
        CX_TOKEN: CANARY,
        AWS_XRAY_DAEMON_ADDRESS: nth(typed, way),
      });
      assert.ok(stdout.length > 1000);
      hidden([stdout, stderr], `way ${way}`);
    }
  });
}
