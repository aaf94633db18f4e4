import type { Context } from '@opentelemetry/api';
import { createContextKey, trace } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-node';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { excludeUrls } from './excluded.ts';
import type { Environment } from './variables.ts';
import { readName, readNumber } from './variables.ts';

const UNDECIDED = createContextKey('nedlia-telemetry sampling undecided');

/** Says of a remote parent that whether to sample is still open: the sampler decides as for a root, within the parent's trace. */
export const undecided = (parent: Context): Context => parent.setValue(UNDECIDED, true);

type Ratio = () => number;

const samplers: Record<string, (ratio: Ratio) => Sampler> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio()),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio()) }),
};

const names = {
  here: Object.keys(samplers),
  elsewhere: ['jaeger_remote', 'parentbased_jaeger_remote', 'xray'],
  otherwise: 'parentbased_always_on',
};

/**
 * The sampler `OTEL_TRACES_SAMPLER` names, with `OTEL_TRACES_SAMPLER_ARG` as the ratio (1 unless said).
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function readSampler(env: Environment): Sampler {
  const ratio = () => readNumber(env, 'OTEL_TRACES_SAMPLER_ARG', [0, 1]) ?? 1;
  const create = samplers[readName(env, 'OTEL_TRACES_SAMPLER', names)];
  const configured = excludeUrls(env, create?.(ratio) ?? new AlwaysOnSampler());
  return {
    shouldSample: (parent, ...about) => {
      const seen = parent.getValue(UNDECIDED) === true ? trace.deleteSpan(parent) : parent;
      return configured.shouldSample(seen, ...about);
    },
    toString: () => configured.toString(),
  };
}
