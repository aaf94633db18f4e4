import type { Context } from '@opentelemetry/api';
import { SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import type { Environment } from '../settings/variables.ts';
import { said, warn } from '../settings/variables.ts';

const VARIABLE = 'TRACE_EXCLUDED_URLS';

/** Of a path; our own edges say no more of one. */
const MAX_PATH = 256;

/**
 * Keeps requests for the paths `TRACE_EXCLUDED_URLS` names out of the traces, with all that happens below them: a list of regular
 * expressions, each searched for anywhere in the first 256 characters of the path (`health,^/metrics$`). What is not one is a
 * warning and left out. They are trusted as code is: one that repeats what is repeated (`(a+)+$`) can take minutes for a path.
 */
export function excludeUrls(env: Environment, sampler: Sampler): Sampler {
  const excluded = (said(env, VARIABLE) ?? '').split(',').flatMap((text) => toPattern(text.trim()) ?? []);
  if (excluded.length === 0) return sampler;
  return {
    shouldSample: (parent, traceId, name, kind, attributes, links) => {
      const path = kind === SpanKind.SERVER && attributes['url.path'];
      const isExcluded = typeof path === 'string' && excluded.some((pattern) => pattern.test(path.slice(0, MAX_PATH)));
      if (isExcluded || isBelowUnsampled(parent)) return { decision: SamplingDecision.NOT_RECORD };
      return sampler.shouldSample(parent, traceId, name, kind, attributes, links);
    },
    toString: () => `${sampler.toString()} without ${excluded.join(', ')}`,
  };
}

/** Below a span of this process that was left out; whatever the sampler says, a piece of its trace alone is of no use. */
export function isBelowUnsampled(parent: Context): boolean {
  const span = trace.getSpanContext(parent);
  return span !== undefined && !span.isRemote && (span.traceFlags & TraceFlags.SAMPLED) === 0;
}

function toPattern(text: string): RegExp | undefined {
  if (!text) return undefined;
  try {
    return new RegExp(text);
  } catch {
    warn(VARIABLE, `"${text.slice(0, 40)}" is not a regular expression`, 'it is left out');
    return undefined;
  }
}
