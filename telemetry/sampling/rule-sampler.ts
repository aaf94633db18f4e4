import { trace } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { isBelowUnsampled } from './excluded.ts';
import type { SamplingRule } from './rules.ts';
import { matches } from './rules.ts';

const KEEP: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const DROP: SamplingResult = { decision: SamplingDecision.NOT_RECORD };

/**
 * Lets rules decide before a sampler does, for the span by which work comes into this process; what happens below it shares its
 * fate, for half a trace is of no use. Where a parent's decision counts (`parentbased_…`) only 0 and 1 overrule it.
 *
 * Rules see what is known when a span starts. An error found later can no longer be kept here: that takes tail sampling
 * in the Collector, which sees whole traces (docs/telemetry.md).
 */
export function ruleSampler(rules: SamplingRule[], sampler: Sampler, parentBased: boolean): Sampler {
  if (rules.length === 0) return sampler;
  const decided = rules.map((rule) => ({ rule, ratio: new TraceIdRatioBasedSampler(rule.ratio) }));
  return {
    shouldSample: (parent, traceId, name, kind, attributes, links) => {
      if (isBelowUnsampled(parent)) return DROP;
      const above = trace.getSpanContext(parent);
      const traceState = above?.traceState;
      const kept = { ...KEEP, ...(traceState && { traceState }) };
      if (above && !above.isRemote) return kept;
      const found = decided.find(({ rule }) => matches(rule, { name, attributes }));
      if (found?.rule.ratio === 0) return DROP;
      if (found?.rule.ratio === 1) return kept;
      if (!found || (above && parentBased)) {
        return sampler.shouldSample(parent, traceId, name, kind, attributes, links);
      }
      const { decision } = found.ratio.shouldSample(parent, traceId);
      return decision === SamplingDecision.NOT_RECORD ? DROP : kept;
    },
    toString: () => `${rules.length} rules, then ${sampler.toString()}`,
  };
}
