/** A figure measured many times: its median, and the quartiles, between which half of the rounds lie. */
export interface Spread {
  median: number;
  low: number;
  high: number;
}

/** @throws RangeError without values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  return { median: at(sorted, 0.5), low: at(sorted, 0.25), high: at(sorted, 0.75) };
}

/** Linear between the two values around it. */
function at(sorted: readonly number[], quantile: number): number {
  const place = (sorted.length - 1) * quantile;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

/** What one variant took, round by round; the same index is the same round. */
export type Rounds = readonly number[];

/**
 * A variant against the base, round by round: what disturbs the machine for seconds disturbs both, and cancels out.
 */
export const ratios = (variant: Rounds, base: Rounds): Spread =>
  spread(variant.map((value, round) => value / (base[round] ?? Number.NaN)).filter(Number.isFinite));

/** What a variant takes more than the base, round by round. */
export const differences = (variant: Rounds, base: Rounds): Spread =>
  spread(variant.map((value, round) => value - (base[round] ?? Number.NaN)).filter(Number.isFinite));
