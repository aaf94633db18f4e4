import type { Figure } from './interleave.ts';

/** A promise about one variant, judged by its median. */
export interface Budget {
  variant: string;
  says: string;
  /** Which of a variant's figures, and whether it may be at most or must be at least the limit. */
  of: 'ratio' | 'more';
  limit: number;
  bound: 'most' | 'least';
}

/** One question the benchmark answers. */
export interface Section {
  name: string;
  unit: string;
  /** The first is the base, the second the base once more: what differs between them is the machine's noise. */
  figures: Figure[];
  budgets: Budget[];
  notes: string[];
}

/** What a budget came to. */
export interface Verdict extends Budget {
  reached: number;
  met: boolean;
}

export function judge({ figures, budgets }: Section): Verdict[] {
  return budgets.flatMap((budget) => {
    const reached = figures.find(({ name }) => name === budget.variant)?.[budget.of].median;
    if (reached === undefined) return [];
    return [{ ...budget, reached, met: budget.bound === 'most' ? reached <= budget.limit : reached >= budget.limit }];
  });
}

/** The base against itself may be off by this much; beyond it the figures say more about the machine. */
const STEADY = { median: 0.05, quartiles: 0.2 };

/** Why a section's figures mean nothing, or `undefined` where they do. */
export function noise({ figures: [, again] }: Section): string | undefined {
  if (!again) return undefined;
  const { median, low, high } = again.ratio;
  if (Math.abs(median - 1) <= STEADY.median && high - low <= STEADY.quartiles) return undefined;
  const half = `${low.toFixed(2)} to ${high.toFixed(2)}`;
  return `the same against itself came to ${median.toFixed(2)} (half of the rounds ${half}): this machine is too busy to tell`;
}
