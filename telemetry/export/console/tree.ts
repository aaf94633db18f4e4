import { styleText } from 'node:util';
import { name, own } from '../../attributes.ts';

/** What the tree shows of a span; times in milliseconds since 1970. */
export interface TreeSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  kind: string;
  service: string;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  status: { code: string };
}

/** Characters that a duration and a wait take. */
const TIMES = 34;

interface Line {
  /** Branches and name, without colour. */
  label: string;
  span: TreeSpan;
}

/**
 * One trace as a tree for people: name, who did it, how long it took, and how long a message waited in its queue.
 * Children stand in order of their start. A span whose parent is not among `spans` is shown as a root, marked when it
 * should have had one.
 */
export function renderTree(
  spans: TreeSpan[],
  { colour = false, columns = 120 }: { colour?: boolean; columns?: number | undefined } = {},
): string {
  const known = new Set(spans.map((span) => span.spanId));
  const byParent = Map.groupBy(
    spans.toSorted((a, b) => a.startMs - b.startMs),
    (span) => (span.parentSpanId && known.has(span.parentSpanId) ? span.parentSpanId : ''),
  );
  const lines: Line[] = [];
  const visit = (span: TreeSpan, own: string, below: string): void => {
    lines.push({ label: `${own}${span.name}${where(span)}`, span });
    const children = byParent.get(span.spanId) ?? [];
    for (const [index, child] of children.entries()) {
      const last = index === children.length - 1;
      visit(child, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`);
    }
  };
  for (const root of byParent.get('') ?? []) visit(root, root.parentSpanId ? '… ' : '', '');

  // Durations stand in a column as far as the terminal is wide enough for one.
  const width = Math.min(columns - TIMES, Math.max(...lines.map(({ label }) => label.length)));
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  return lines
    .map(({ label, span }) => {
      const failed = span.status.code === 'ERROR';
      const took = formatMs(span.endMs - span.startMs).padStart(8);
      const padded = label.padEnd(width);
      return `${failed ? paint('red', padded) : padded}  ${paint('dim', took)}${failed ? paint('red', '  ERROR') : ''}${waited(span)}`.trimEnd();
    })
    .join('\n');
}

/** The service for SERVER and CONSUMER spans; the system or the target for what goes out; nothing for inner work. */
function where({ kind, service, attributes }: TreeSpan): string {
  if (kind === 'SERVER' || kind === 'CONSUMER') return ` [${service}]`;
  const target =
    attributes[name.dbSystem] ??
    attributes[name.messagingSystem] ??
    attributes[name.bucket] ??
    attributes[name.serverAddress];
  return kind !== 'INTERNAL' && typeof target === 'string' ? ` [${target}]` : '';
}

function waited({ attributes }: TreeSpan): string {
  const wait = attributes[own.waitMs];
  return typeof wait === 'number' ? `  waited ${formatMs(wait)} in queue` : '';
}

const formatMs = (ms: number): string =>
  ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
