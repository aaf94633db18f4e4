import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { exportOnce } from '../export/attempt.ts';
import { functionExporters } from '../export/function-exporters.ts';
import type { NamedExporter } from '../export/exporters.ts';
import { WORK_WAITS_MS } from '../export/limits.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Diagnosis } from './diagnosis.ts';
import { diagnose } from './cause.ts';
import type { Reach } from './reach.ts';
import { reach } from './reach.ts';
import type { EffectiveSettings } from './settings.ts';

/** What became of a test span. */
export interface BackendCheck {
  exporter: string;
  target?: string;
  /** `sent`: it left this machine, and nobody can say more. `skipped`: there is nothing to reach. `absent`: nobody listens at the default, and nobody said that somebody would. */
  state: 'accepted' | 'sent' | 'failed' | 'skipped' | 'absent';
  tookMs: number;
  /** To look the span up by. */
  traceId: string;
  /** Worth knowing though it worked. */
  note?: string;
  /** Why it failed. */
  diagnosis?: Diagnosis;
  /** Of an HTTP answer, for comparing clocks. */
  date?: Reach['date'];
}

const FOREVER_MS = 2 ** 31 - 1;

const NOT_NAMED =
  'nothing names a backend, so this is the default: set OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER (docs/telemetry.md); npm start needs none, it has a collector of its own';

const PATH = '/v1/traces';
const DOUBLED =
  'the path stands there twice: OTEL_EXPORTER_OTLP_ENDPOINT is a base that gets /v1/traces added, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT takes a whole address';

const NOT_IN_FUNCTIONS = 'functions do not carry it: there it is "not in this bundle"';

const joined = (...notes: (string | undefined)[]): string => notes.filter(Boolean).join('; ');

/** Checks every exporter of the settings at the same time; `tell` hears of each as it is done. */
export function checkBackends(
  { exporters, service, timeoutMillis, named: isNamed }: EffectiveSettings,
  tell: (check: BackendCheck) => void = () => undefined,
): Promise<BackendCheck[]> {
  const checks = exporters.map(async (named) => {
    const check = await checkBackend(named, { service, timeoutMillis, isNamed });
    if (check.diagnosis && !isNamed) check.diagnosis.remedy = NOT_NAMED;
    const key = named.protocol ? `${named.name}:${named.protocol}` : named.name;
    if (check.state === 'accepted' && !(key in functionExporters)) check.note = joined(check.note, NOT_IN_FUNCTIONS);
    tell(check);
    return check;
  });
  return Promise.all(checks);
}

/** Sends one span named `nedlia doctor` by an exporter as the product does, and looks at its address meanwhile. Over after about `timeoutMillis`; never rejects. */
async function checkBackend(
  { name, protocol, exporter }: NamedExporter,
  { service, timeoutMillis, isNamed }: { service: string; timeoutMillis: number; isNamed: boolean },
): Promise<BackendCheck> {
  const span = testSpan(service);
  const { traceId } = span.spanContext();
  const target = exporter.target;
  const isGrpc = protocol === 'grpc';
  const about = { exporter: name, ...(target && { target }), traceId };
  if (!target)
    return { ...about, state: 'skipped', tookMs: 0, note: 'writes to standard output: there is nothing to reach' };

  const began = performance.now();
  const isUdp = target.startsWith('udp:');
  const looking = isUdp ? undefined : reach(new URL(target), isGrpc ? 'http/2' : 'http/1.1', timeoutMillis);
  // Nothing else may keep the process: the timers of an export and of the wait below do not.
  const awake = setTimeout(() => undefined, 3 * timeoutMillis);
  const exported = exportOnce(exporter, [span], timeoutMillis);
  const failure = (await Promise.race([exported, hopeless(looking)])) ?? rejected(exporter.dropped?.());
  const tookMs = Math.round(performance.now() - began);
  void exporter.shutdown().catch(() => undefined);
  const found = await looking;
  clearTimeout(awake);
  const date = found?.date && { date: found.date };

  if (failure && !isNamed && found?.at === 'connection' && found.code === 'ECONNREFUSED')
    return { ...about, state: 'absent', tookMs, note: NOT_NAMED };
  if (failure) {
    const failed = { exporter: name, target, isGrpc, failure, reach: found, timeoutMillis };
    return { ...about, state: 'failed', tookMs, diagnosis: diagnose(failed), ...date };
  }
  if (isUdp) {
    const note = 'left this machine; a datagram is not answered, so look it up';
    return { ...about, state: 'sent', tookMs, note };
  }
  const slow = `slower than the ${WORK_WAITS_MS} ms a function waits: functions will lose spans`;
  const isDoubled = URL.parse(target)?.pathname.endsWith(PATH + PATH);
  const note = joined(isDoubled ? DOUBLED : undefined, tookMs > WORK_WAITS_MS ? slow : undefined);
  return { ...about, state: 'accepted', tookMs, ...(note && { note }), ...date };
}

/** Where nobody can be reached the stock exporters try again until their time is over; there is nothing to wait for. */
async function hopeless(looking: Promise<Reach> | undefined): Promise<Error> {
  const found = await looking;
  const isUnreachable = (found?.at === 'name' || found?.at === 'connection') && found.code !== 'timeout';
  const isOver = isUnreachable || found?.speaks === 'tls';
  // Their own word first, if they have one by now; otherwise for as long as they take.
  await sleep(isOver ? 200 : FOREVER_MS, undefined, { ref: false });
  return new Error(found?.code ?? found?.speaks);
}

const rejected = (dropped = 0): Error | undefined =>
  dropped > 0 ? new Error('it took the request and rejected the span') : undefined;

/** A span of a provider of its own: whatever sampler is configured, this one is kept. */
function testSpan(service: string): ReadableSpan {
  const ended: ReadableSpan[] = [];
  const keep = {
    onStart: () => undefined,
    onEnd: (span: ReadableSpan) => void ended.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [keep],
  });
  provider.getTracer('nedlia-telemetry').startSpan('nedlia doctor').end();
  const [span] = ended;
  if (!span) throw new Error('the SDK made no span');
  return span;
}
