import { existsSync } from 'node:fs';
import path from 'node:path';
import { type BundleName, entries } from '../../lib/entries.ts';
import type { BundleCheck } from './judge.ts';

const names = Object.keys(entries) as BundleName[];
const REBUILD = 'run "npm run build"';

/** The bundles a folder lacks. */
export const missingBundles = (dist: string): BundleName[] =>
  names.filter((name) => !existsSync(path.join(dist, name, 'index.cjs')));

/** What is said where bundles are missing: those, and that the others cannot be run without them. */
export function absent(dist: string, missing: BundleName[]): BundleCheck[] {
  return names.map((bundle) => {
    const isMissing = missing.includes(bundle);
    const cause = isMissing
      ? `there is no ${path.join(dist, bundle, 'index.cjs')}`
      : `not run without ${missing.join(', ')}`;
    const remedy = dist === 'dist' ? REBUILD : `run "npm run build -- --outdir ${dist}"`;
    return { bundle, state: isMissing ? 'failed' : 'skipped', seen: [], diagnosis: { cause, remedy } };
  });
}

/** What is said when a handler does not start, or fails at work: it keeps the others from being looked at. */
export function stopped({ message }: Error): BundleCheck[] {
  const culprit = names.find((name) => message.startsWith(`nedlia-${name} `));
  return names.map((bundle) => {
    const isIt = bundle === culprit || culprit === undefined;
    const cause = isIt ? inALine(message) : `not looked at: ${culprit} stands in the way`;
    const remedy = isIt ? `${REBUILD}, then look at what the message names` : `mend ${culprit} first`;
    return { bundle, state: isIt ? 'failed' : 'skipped', seen: [], diagnosis: { cause, remedy } };
  });
}

/** Of a program's whole report of an error the line that names it. */
function inALine(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  return (lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.find((line) => line !== '') ?? message).slice(
    0,
    300,
  );
}
