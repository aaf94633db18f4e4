import { own } from './attributes.ts';
import { beginSpan, runIn, type SpanAbout } from './span.ts';

/** Of a data pipeline: as it came, cleaned, made for use; or a word of its own. */
export type Stage = 'bronze' | 'silver' | 'gold' | (string & {});

/** Counts what goes through a stage; 1 unless said, and nothing happens below 0. */
export interface Records {
  in(count?: number): void;
  out(count?: number): void;
  rejected(count?: number): void;
}

export interface StageAbout extends Partial<SpanAbout> {
  stage: Stage;
}

/**
 * Runs one stage of a data pipeline under a span of its own, named by the stage unless said otherwise, which says how many
 * records came in, went out and were rejected: also of a stage that fails in the middle, and of a generator.
 * @example
 * stage('silver', (records) => {
 *   records.in(rows.length);
 *   const clean = rows.filter(isComplete);
 *   records.rejected(rows.length - clean.length);
 *   records.out(clean.length);
 *   return clean;
 * });
 */
export function stage<T>(about: Stage | StageAbout, work: (records: Records) => T): T {
  const { stage, name = stage, kind, attributes } = typeof about === 'string' ? { stage: about } : about;
  const counts = { [own.recordsIn]: 0, [own.recordsOut]: 0, [own.recordsRejected]: 0 };
  const span = beginSpan({ name, kind, attributes: { [own.stage]: stage, ...counts, ...attributes } });
  const counter =
    (counted: keyof typeof counts) =>
    (count = 1): void => {
      if (!(count > 0) || !span.isRecording()) return;
      counts[counted] += count;
      span.setAttribute(counted, counts[counted]);
    };
  const records = {
    in: counter(own.recordsIn),
    out: counter(own.recordsOut),
    rejected: counter(own.recordsRejected),
  };
  return runIn(span, () => work(records));
}
