import { annotate, recordEvent, span } from '../../telemetry/span.ts';
import { stage } from '../../telemetry/stage.ts';
import { traced } from '../../telemetry/wrap.ts';

interface Row {
  id: string;
  price?: number;
}

const cache = new Map<string, number>();
const askFor = async (id: string): Promise<number> => id.length;

// What follows is shown in docs/telemetry.md, to the letter.

// A piece of work: plain, asynchronous or a generator.
export const priceOf = (id: string) =>
  span({ name: 'price.ask', kind: 'client', attributes: { 'product.id': id } }, async () => {
    const known = cache.get(id);
    if (known === undefined) recordEvent('cache.missed');
    const price = known ?? (await askFor(id));
    annotate({ price });
    return price;
  });

// A function, wrapped once: every call has its span, its type stays.
export const withPrice = traced(async (row: Row): Promise<Row> => ({ ...row, price: await priceOf(row.id) }), {
  name: 'row.complete',
  attributes: (row) => ({ 'row.id': row.id }),
});

// A stage of a data pipeline counts what goes through it; under a generator it stays open until the last record.
export const readable = (lines: Iterable<string>) =>
  stage({ stage: 'bronze', name: 'rows.read' }, function* (records): Generator<Row> {
    for (const line of lines) {
      records.in();
      if (/^\w+$/.test(line)) {
        records.out();
        yield { id: line };
      } else records.rejected();
    }
  });
