import type { Span } from '@opentelemetry/api';
import { context, trace } from '@opentelemetry/api';
import { entrySpan } from '../entry.ts';
import { shapeOf } from './sql-shape.ts';

/** From so many statements of one shape below one span on, they are told of. */
const SAME_SHAPE = 10;
/** More statements than this in one request or message are told of. */
const MOST_STATEMENTS = 10;
/** Beyond these, what is new is not told apart; statements are counted on. */
const MAX_SHAPES = 200;
const MAX_EVENTS = 5;
const MAX_TEXT = 500;

/** The statements of one request or message. */
interface Tally {
  statements: number;
  shapes: number;
  /** How often each shape was sent below each span. */
  below: Map<Span, Map<string, number>>;
}

const tallies = new WeakMap<Span, Tally>();

/** Counts a statement for the request or message it belongs to, below the span that is active now; outside of both, nothing. */
export function countStatement(text: string): void {
  const entry = entrySpan();
  if (!entry?.isRecording()) return;
  let tally = tallies.get(entry);
  if (!tally) tallies.set(entry, (tally = { statements: 0, shapes: 0, below: new Map() }));
  tally.statements += 1;
  const parent = trace.getSpan(context.active()) ?? entry;
  let counts = tally.below.get(parent);
  if (!counts) tally.below.set(parent, (counts = new Map<string, number>()));
  const shape = shapeOf(text);
  const count = counts.get(shape);
  if (count === undefined && (tally.shapes += 1) > MAX_SHAPES) return;
  counts.set(shape, (count ?? 0) + 1);
}

/**
 * Says on the span of a request or message what its statements were too many of: `n_plus_one` for each shape that was
 * sent ten times or more below one span, `many_statements` for more than ten in all, each with its final count. To be called
 * right before that span ends.
 */
export function tellStatements(entry: Span): void {
  const tally = tallies.get(entry);
  if (!tally || !tallies.delete(entry) || tally.statements < SAME_SHAPE) return;
  const counted = [...tally.below].flatMap(([parent, counts]) =>
    [...counts].map(([shape, count]) => ({ parent, statement: shape.slice(0, MAX_TEXT), count })),
  );
  const [most, ...others] = counted.toSorted((one, other) => other.count - one.count);
  if (!most) return;
  const repeated = [most, ...others].filter(({ count }) => count >= SAME_SHAPE).slice(0, MAX_EVENTS);
  for (const { parent, statement, count } of repeated) {
    const suggestion = 'read them with one statement: a join, or a list (in, any)';
    entry.addEvent('n_plus_one', { statement, count, parent_span_id: parent.spanContext().spanId, suggestion });
  }
  if (tally.statements <= MOST_STATEMENTS) return;
  entry.addEvent('many_statements', { count: tally.statements, shapes: counted.length, ...ofMost(most) });
}

const ofMost = ({ statement, count }: { statement: string; count: number }) => ({
  most_frequent: statement,
  most_frequent_count: count,
});
