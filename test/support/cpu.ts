/** More than this at once is too much to be measured again, in ms. */
const TOO_MUCH = 2000;

/** So little that it is nothing, whatever it grows to, in ms. */
const NOTHING = 20;

/**
 * How many times its CPU time grows when what is worked on becomes four times as large: 4 where work is in proportion to it, 16 where
 * it grows with the square. CPU time, since what a clock says depends on who else is working.
 */
export function growth(work: (times: 1 | 4) => void): number {
  const small = cpuMs(() => work(1));
  if (small > TOO_MUCH) return Infinity;
  const large = cpuMs(() => work(4));
  if (large < NOTHING) return 1;
  if (large > TOO_MUCH) return large / small;
  // The least of several: a compiler and a collector of garbage at work come on top.
  return (
    Math.min(
      large,
      cpuMs(() => work(4)),
    ) /
    Math.min(
      small,
      cpuMs(() => work(1)),
      cpuMs(() => work(1)),
    )
  );
}

/** The CPU time of work that does not wait, in ms. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
