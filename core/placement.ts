/** Half-open: a placement covers `start` up to, not including, `end`. Integer milliseconds from the start of the video. */
export interface Interval {
  startMs: number;
  endMs: number;
}

/** Seven days in milliseconds: the longest video, and so the last end of a placement. */
export const MAX_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Seconds as they stand on the wire (12.5) as integer milliseconds (12500); `undefined` for what is finer than a
 * millisecond, not finite, or negative. JSON numbers are doubles, and 1.001 × 1000 is 1000.9999999999999: what counts is
 * whether the millisecond, divided back, is the very number that was sent.
 */
export function toMilliseconds(seconds: number): number | undefined {
  if (!Number.isFinite(seconds) || seconds < 0) return undefined;
  const milliseconds = Math.round(seconds * 1000);
  return milliseconds / 1000 === seconds ? milliseconds : undefined;
}

/** Integer milliseconds (12500) as seconds on the wire (12.5). */
export const toSeconds = (milliseconds: number): number => milliseconds / 1000;

/** What a placement is, as requests, answers and events alike write it: snake_case, times in seconds. */
export const wireFields = (placement: Interval & { videoId: string; productId: string }) => ({
  video_id: placement.videoId,
  product_id: placement.productId,
  start_time: toSeconds(placement.startMs),
  end_time: toSeconds(placement.endMs),
});

/** What is wrong with an interval, or `undefined`: it must not be empty or reversed, and must end within seven days. */
export function intervalProblem({ startMs, endMs }: Interval): 'empty' | 'too-late' | undefined {
  if (startMs >= endMs) return 'empty';
  if (endMs > MAX_MS) return 'too-late';
  return undefined;
}

/** True when the interval lies inside a video of this duration. */
export const fits = ({ startMs, endMs }: Interval, durationMs: number): boolean => startMs >= 0 && endMs <= durationMs;
