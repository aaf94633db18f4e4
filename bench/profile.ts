/** What V8's profiler gives, as far as it is read here; `timeDeltas` in µs. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/** One function's own time: its code, and what it has Node and V8 do that is nobody else's. */
export interface Hot {
  /** Of the processor's busy time, 0 to 1. */
  share: number;
  name: string;
  /** The source file, from the project's root. */
  source: string;
}

interface Owner {
  name: string;
  source: string;
}

/**
 * Whose time it was: samples of a bundle that was built readable, summed by function and the file esbuild says it came from. Time in
 * Node itself (`node:` and natives, the collection of garbage aside) belongs to whichever function of the bundle asked for it.
 */
export function hottest({ nodes, samples, timeDeltas }: CpuProfile, bundle: string): Hot[] {
  const sourceAt = sourcesOf(bundle);
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, Owner>();
  const ownerOf = (id: number): Owner => {
    const known = owners.get(id);
    if (known) return known;
    const owner = ownOf(byId.get(id)?.callFrame, sourceAt) ?? inherited(parents.get(id), ownerOf);
    owners.set(id, owner);
    return owner;
  };
  const own = new Map<string, Hot>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const time = timeDeltas[index] ?? 0;
    const { name, source } = ownerOf(id);
    if (name === '(idle)') continue;
    busy += time;
    const key = `${name} ${source}`;
    const hot = own.get(key) ?? { share: 0, name, source };
    hot.share += time;
    own.set(key, hot);
  }
  return [...own.values()].map((hot) => ({ ...hot, share: hot.share / busy })).toSorted((a, b) => b.share - a.share);
}

const inherited = (parent: number | undefined, ownerOf: (id: number) => Owner): Owner =>
  parent === undefined ? { name: '(node)', source: 'node' } : ownerOf(parent);

function ownOf(
  frame: CpuProfile['nodes'][0]['callFrame'] | undefined,
  sourceAt: (line: number) => string,
): Owner | undefined {
  if (!frame) return undefined;
  const { functionName, url, lineNumber } = frame;
  if (/^\((?!root|anonymous)/.test(functionName)) return { name: functionName, source: 'node' };
  return url.endsWith('index.cjs') ? { name: functionName || '(anonymous)', source: sourceAt(lineNumber) } : undefined;
}

/** esbuild writes each module under a comment with its path. */
function sourcesOf(bundle: string): (line: number) => string {
  const begins = bundle.split('\n').flatMap((text, line) => {
    const path = /^\s*\/\/ ((?:[\w@.-]+\/)+[\w.-]+\.[cm]?[jt]s)$/.exec(text)?.[1];
    return path ? [{ line, path }] : [];
  });
  return (line) => begins.findLast((begin) => begin.line <= line)?.path ?? 'bundle';
}

/** Shares by room, or by package. */
export function byOwner(hot: readonly Hot[]): [owner: string, share: number][] {
  const sums = new Map<string, number>();
  for (const { source, share, name } of hot) {
    const [, found] =
      /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? /^((?:lambdas\/)?[^/]+)\//.exec(source) ?? [];
    const owner = found?.startsWith('@opentelemetry/') ? '@opentelemetry' : (found ?? name);
    sums.set(owner, (sums.get(owner) ?? 0) + share);
  }
  return [...sums].toSorted(([, a], [, b]) => b - a);
}
