/** More mistakes than this, or in half of its letters, and it is another word. */
const MOST = 3;

/** Of the names, the one that somebody who typed this most likely meant; `undefined` when none is near. */
export function closestTo(typed: string, names: readonly string[]): string | undefined {
  const most = Math.min(MOST, Math.floor(typed.length / 2));
  const [nearest] = names
    .map((name) => ({ name, mistakes: distance(typed, name) }))
    .filter(({ mistakes }) => mistakes <= most)
    .toSorted((a, b) => a.mistakes - b.mistakes);
  return nearest?.name;
}

/** Letters to add, to leave out or to change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of a.split('').entries()) {
    const next = [line + 1];
    for (const [column, other] of b.split('').entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min((next[column] ?? 0) + 1, (row[column + 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
