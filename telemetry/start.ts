import { context, diag, propagation, trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { name } from './attributes.ts';
import { configureOtherFormats } from './carry/other-formats.ts';
import { contextManager } from './context-manager.ts';
import { configureEdges } from './edges/configure.ts';
import { resolveAliases } from './settings/aliases.ts';
import { routeDiagnostics } from './settings/diagnostics.ts';
import type { ExporterFactories } from './export/exporters.ts';
import { NOBODY_WAITS_MS, readQueueLimits, WORK_WAITS_MS } from './export/limits.ts';
import { makeExporters } from './export/make.ts';
import type { Queue } from './export/queue.ts';
import { createQueue } from './export/queue.ts';
import { describe } from './safe/failure.ts';
import { configureLog, LEVELS, log } from './log.ts';
import { openSpans } from './open-spans.ts';
import { propagatorFor, readPropagatorNames } from './propagators/propagator.ts';
import { readResource } from './settings/resource.ts';
import { readSampler } from './sampling/sampler.ts';
import { readSpanLimits } from './settings/span-limits.ts';
import type { Settings } from './settings/settings.ts';
import { attributesOf, complete } from './settings/settings.ts';
import type { Attributes } from './span.ts';
import type { TelemetryStatus } from './status.ts';
import { provideStatus } from './status.ts';
import { letAttributesDecide } from './tracer.ts';
import type { Environment } from './settings/variables.ts';
import { readFlag, readName } from './settings/variables.ts';

export interface TelemetryOptions {
  /** `service.name`, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` says otherwise. */
  service: string;
  /** A function exports when it is told to flush, before it is frozen; a server by itself, about once a second. */
  mode: 'function' | 'server';
  /** The exporters this program carries: `functionExporters` or `serverExporters`. */
  exporters: ExporterFactories;
  /** What else the program says of itself; `OTEL_RESOURCE_ATTRIBUTES` wins over it. */
  attributes?: Attributes;
  /** What the program wants where the environment says nothing. */
  settings?: Settings;
  env?: NodeJS.ProcessEnv;
}

export interface Telemetry {
  /** Sends what waits. At most 500 ms, almost nothing while the collector is given up; never rejects. */
  flush(): Promise<void>;
  /** Flushes, then ends telemetry for this process; never rejects. */
  shutdown(): Promise<void>;
  status(): TelemetryStatus;
}

/**
 * Starts telemetry for this process from the standard's variables. Never throws, whatever they say: what is wrong is
 * warned of in one line each and the default is used. Whoever starts it again without a shutdown replaces it.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  const queues: Queue[] = [];
  const about = { enabled: false, service: options.service, startedAt: new Date().toISOString() };
  const status = (): TelemetryStatus => ({ ...about, exporters: queues.map((queue) => queue.status()) });
  const shutdown = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => queue.shutdown()));
    if (current === shutdown) unregister();
  };
  unregister();
  current = shutdown;
  provideStatus(status);
  try {
    const env = readEnvironment(options);
    routeDiagnostics(env);
    configureEdges(env);
    about.enabled = !readFlag(env, 'OTEL_SDK_DISABLED');
    if (about.enabled) queues.push(...createQueues(options, env));
    about.service = register(options, env, queues);
    if (!about.enabled) disable();
  } catch (thrown) {
    about.enabled = false;
    log.warn('telemetry could not be started; the work goes on without it', { error: describe(thrown) });
  }
  return {
    flush: async () => {
      await Promise.all(queues.map((queue) => queue.flush()));
    },
    shutdown,
    status,
  };
}

/** The environment in the standard's words: aliases understood, what the program wants where it is silent. The log is started first, to say so. */
function readEnvironment({ service, settings = {}, env: given = process.env }: TelemetryOptions): Environment {
  startLog(settings.serviceName ?? service, given);
  return complete(resolveAliases(given), settings);
}

function startLog(service: string, env: Environment): void {
  configureLog({ service, level: 'info' });
  const level = readName(env, 'LOG_LEVEL', { here: LEVELS, elsewhere: [], otherwise: 'info' });
  configureLog({ level: LEVELS.find((known) => known === level) ?? 'info' });
}

function createQueues({ mode, exporters }: TelemetryOptions, env: Environment): Queue[] {
  const isFunction = mode === 'function';
  const limits = readQueueLimits(env, isFunction);
  const most = isFunction ? WORK_WAITS_MS : NOBODY_WAITS_MS;
  const { exporters: made, timeoutMillis } = makeExporters(env, exporters, { most, isFunction });
  return made.map((named) => createQueue(named, { ...limits, timeoutMillis }));
}

/** @returns `service.name`. */
function register(
  { service, mode, attributes, settings = {} }: TelemetryOptions,
  env: Environment,
  queues: Queue[],
): string {
  const targets = queues.map((queue) => queue.status().exporter);
  const resource = readResource(env, {
    service: settings.serviceName ?? service,
    targets,
    attributes: { ...attributes, ...attributesOf(settings) },
  });
  const named = String(resource.attributes[name.serviceName]);
  configureLog({ service: named });
  const sampler = readSampler(env, { rules: settings.samplingRules, resource: resource.attributes });
  const spanProcessors = mode === 'function' ? [openSpans, ...queues] : queues;
  const spanLimits = readSpanLimits(env);
  const propagators = readPropagatorNames(env);
  configureOtherFormats(propagators);
  // Set even when disabled, and then taken away again: context manager and propagator stay, so that what came in is passed on.
  trace.setGlobalTracerProvider(new TracerProvider({ resource, sampler, spanProcessors, spanLimits }));
  letAttributesDecide(sampler.seesAttributes);
  context.setGlobalContextManager(contextManager);
  propagation.setGlobalPropagator(propagatorFor(propagators));
  return named;
}

let current: (() => Promise<void>) | undefined;

/** Whose provider comes next is not known, nor what its sampler looks at. */
function disable(): void {
  trace.disable();
  letAttributesDecide(true);
}

/** Takes the provider, the context manager and the propagator out of OpenTelemetry's global API. */
function unregister(): void {
  disable();
  context.disable();
  propagation.disable();
  diag.disable();
  current = undefined;
  provideStatus(undefined);
}
