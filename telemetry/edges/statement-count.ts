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
  const repeated = [...tally.below].flatMap(([parent, counts]) =>
    [...counts].filter(([, count]) => count >= SAME_SHAPE).map(([shape, count]) => ({ parent, shape, count })),
  );
  for (const { parent, shape, count } of repeated.slice(0, MAX_EVENTS)) {
    entry.addEvent('n_plus_one', {
      statement: shape.slice(0, MAX_TEXT),
      count,
      parent_span_id: parent.spanContext().spanId,
      suggestion: 'read them with one statement: a join, or a list (in, any)',
    });
  }
  if (tally.statements > MOST_STATEMENTS) entry.addEvent('many_statements', inAll(tally));
}

/** Over all spans: the same statement once below each of a hundred spans is one shape too. */
function inAll({ statements, below }: Tally) {
  const shapes = new Map<string, number>();
  for (const counts of below.values()) {
    for (const [shape, count] of counts) shapes.set(shape, (shapes.get(shape) ?? 0) + count);
  }
  const [[statement, count] = ['', 0]] = [...shapes].toSorted(([, one], [, other]) => other - one);
  return {
    count: statements,
    shapes: shapes.size,
    most_frequent: statement.slice(0, MAX_TEXT),
    most_frequent_count: count,
  };
}
