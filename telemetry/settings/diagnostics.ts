import type { DiagLogger } from '@opentelemetry/api';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { log } from '../log.ts';
import { publicText } from '../safe/url.ts';
import type { Environment } from './variables.ts';
import { readName } from './variables.ts';

const levels: Record<string, DiagLogLevel> = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

/** No more different messages than this are written; telemetry's own troubles must not fill the log. */
const MOST = 100;

/**
 * Lets OpenTelemetry's own complaints into the log, each only once, its errors as our warnings: trouble of telemetry's
 * is never an error of the work. `OTEL_LOG_LEVEL` says how much is wanted; warnings unless it is set. Whoever sets it to
 * `debug` gets every line, what is exported and dropped above all, without having to set `LOG_LEVEL` as well.
 */
export function routeDiagnostics(env: Environment): void {
  const level = readDiagnosticLevel(env);
  const seen = new Set<string>();
  const once =
    (write: typeof log.warn) =>
    (message: string, ...details: unknown[]) => {
      const text = textOf(message, details);
      const kind = text.replaceAll(/[0-9a-f]{8,}|\d+/g, '#');
      if (seen.has(kind) || seen.size >= MOST) return;
      seen.add(kind);
      write(`OpenTelemetry: ${text}`);
    };
  const logger: DiagLogger = {
    error: once(log.warn),
    warn: once(log.warn),
    info: once(log.info),
    debug: every,
    verbose: every,
  };
  diag.setLogger(logger, { logLevel: levels[level] ?? DiagLogLevel.WARN, suppressOverrideMessage: true });
}

const every = (message: string, ...details: unknown[]): void => log.info(`telemetry: ${textOf(message, details)}`);

/** What `OTEL_LOG_LEVEL` says; `warn` unless it is set. */
export const readDiagnosticLevel = (env: Environment): string =>
  readName(env, 'OTEL_LOG_LEVEL', { here: Object.keys(levels), elsewhere: [], otherwise: 'warn' });

/** Texts alone: an object among the details may hold headers; and without secrets of addresses. */
const textOf = (message: string, details: unknown[]): string =>
  publicText([message, ...details.filter((detail) => typeof detail === 'string')].join(' ')).slice(0, 500);
