import { differences, ratios, spread, type Spread } from './statistics.ts';

/** One measurement: by the clock on the wall, and what the process used of the processor. */
export interface Sample {
  value: number;
  cpu: number;
}

/** One way of doing the work. */
export interface Variant {
  name: string;
  /** Traces of a benchmark nobody would notice the silence of: spans for one piece of the work, calls of AWS among them. */
  spans: { all: number; aws: number };
  sample: () => Promise<Sample>;
}

/** What became of a variant: its own value, and against the base of the same round. */
export interface Figure {
  name: string;
  spans: Variant['spans'];
  value: Spread;
  cpu: Spread;
  ratio: Spread;
  cpuRatio: Spread;
  /** More than the base, in the section's unit. */
  more: Spread;
  cpuMore: Spread;
}

/**
 * Measures variants in turn, round after round, beginning with another one each time: a disturbance hits them all. The first is the base.
 */
export async function interleave(variants: Variant[], rounds: number, tick: () => void): Promise<Figure[]> {
  const taken = new Map(variants.map(({ name }) => [name, { value: [] as number[], cpu: [] as number[] }]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < variants.length; turn += 1) {
      const variant = variants[(round + turn) % variants.length];
      if (!variant) continue;
      const { value, cpu } = await variant.sample();
      taken.get(variant.name)?.value.push(value);
      taken.get(variant.name)?.cpu.push(cpu);
    }
    tick();
  }
  const base = taken.get(variants[0]?.name ?? '') ?? { value: [], cpu: [] };
  return variants.map(({ name, spans }) => {
    const { value, cpu } = taken.get(name) ?? base;
    return {
      name,
      spans,
      value: spread(value),
      cpu: spread(cpu),
      ratio: ratios(value, base.value),
      cpuRatio: ratios(cpu, base.cpu),
      more: differences(value, base.value),
      cpuMore: differences(cpu, base.cpu),
    };
  });
}
