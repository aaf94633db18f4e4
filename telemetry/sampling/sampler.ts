import type { Attributes } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { isUndecided } from '../carry/undecided.ts';
import { excludeUrls } from './excluded.ts';
import { log } from '../log.ts';
import { ruleSampler } from './rule-sampler.ts';
import type { SamplingRule } from './rules.ts';
import { readRules } from './rules.ts';
import type { Environment } from '../settings/variables.ts';
import { note, readName, readNumber, said, warn } from '../settings/variables.ts';

type Ratio = () => number;

const samplers: Record<string, (ratio: Ratio) => Sampler> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio()),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio()) }),
};

/** Samplers that ask a service for its rules. None is here: a function would ask at every cold start, before its first span. */
const REMOTE = new Set(['xray', 'jaeger_remote', 'parentbased_jaeger_remote']);

/** Of the traces that begin in production, one in ten, unless something else is said. */
const PRODUCTION_RATIO = 0.1;

/** What the sampler must know beside the environment. */
export interface SamplerOptions {
  /** The program's own rules; `TRACE_SAMPLING_RULES` counts before them. */
  rules?: SamplingRule[] | undefined;
  /** The resource's, of which `deployment.environment.name` chooses the default. */
  resource?: Attributes;
}

/** A sampler that says of itself whether it looks at attributes. */
export interface DecidingSampler extends Sampler {
  readonly seesAttributes: boolean;
}

/**
 * The sampler `OTEL_TRACES_SAMPLER` names, with `OTEL_TRACES_SAMPLER_ARG` as the ratio (1 unless said). Not set, it is
 * `parentbased_always_on`, in production `parentbased_traceidratio` with 0.1. Rules and excluded URLs decide before it.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function readSampler(env: Environment, { rules: own, resource = {} }: SamplerOptions = {}): DecidingSampler {
  const { name, otherwise } = nameOf(env, resource);
  const ratio = () => readNumber(env, 'OTEL_TRACES_SAMPLER_ARG', [0, 1]) ?? otherwise;
  const named = samplers[name]?.(ratio) ?? new AlwaysOnSampler();
  const rules = readRules(env, own);
  explainErrors(rules);
  const configured = excludeUrls(env, ruleSampler(rules, named, name.startsWith('parentbased')));
  return {
    shouldSample: (parent, ...about) => {
      const seen = isUndecided(parent) ? trace.deleteSpan(parent) : parent;
      return configured.shouldSample(seen, ...about);
    },
    toString: () => configured.toString(),
    seesAttributes: configured !== named,
  };
}

/** The sampler's name, and the ratio it has when none is said. */
function nameOf(env: Environment, resource: Attributes): { name: string; otherwise: number } {
  const wanted = said(env, 'OTEL_TRACES_SAMPLER')?.toLowerCase();
  if (wanted === undefined && isProduction(resource)) {
    const value = 'parentbased_traceidratio';
    note('OTEL_TRACES_SAMPLER', `is not set: ${value}, ${PRODUCTION_RATIO} unless said, as in production`, { value });
    return { name: value, otherwise: PRODUCTION_RATIO };
  }
  if (wanted !== undefined && REMOTE.has(wanted)) {
    const instead =
      'using parentbased_always_on: say OTEL_TRACES_SAMPLER=parentbased_traceidratio, or rules of your own in TRACE_SAMPLING_RULES';
    warn('OTEL_TRACES_SAMPLER', `"${wanted}" would ask a service for its rules, which this program does not`, instead, {
      counts: false,
    });
    return { name: 'parentbased_always_on', otherwise: 1 };
  }
  const names = { here: Object.keys(samplers), elsewhere: [], otherwise: 'parentbased_always_on' };
  return { name: readName(env, 'OTEL_TRACES_SAMPLER', names), otherwise: 1 };
}

const isProduction = (resource: Attributes): boolean =>
  /^prod(?:uction)?$/i.test(
    String(resource['deployment.environment.name'] ?? resource['deployment.environment'] ?? ''),
  );

/** Whoever writes a rule about errors expects more of it than a sampler can do; this is where they look when it does not. */
function explainErrors(rules: SamplingRule[]): void {
  const about = rules
    .flatMap((rule) => Object.keys(rule.attributes ?? {}))
    .find((key) => /^(?:error|exception)\b/.test(key));
  if (!about) return;
  log.info(
    `the sampling rule about "${about}" sees what is known when a span starts; traces whose errors come later are kept by the Collector's tail sampling (docs/telemetry.md)`,
  );
}
