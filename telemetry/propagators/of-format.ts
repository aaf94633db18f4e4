import type { TextMapPropagator } from '@opentelemetry/api';
import { isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import type { Format } from '../carry/place.ts';
import { withPlace } from '../carry/place.ts';

const UBERCTX = 'uberctx-';

/** The propagator of a format: the same bytes that our own HTTP reads and writes. */
export const propagatorOf = (format: Format): TextMapPropagator<unknown> => ({
  inject: (context, carrier, setter) => {
    const span = trace.getSpanContext(context);
    if (!span || !isSpanContextValid(span)) return;
    for (const [header, value] of Object.entries(format.write(span))) setter.set(carrier, header, value);
  },
  extract: (context, carrier, getter) => {
    const place = format.read(
      Object.fromEntries(format.headers.map((header) => [header, getter.get(carrier, header)])),
    );
    return place ? withPlace(context, place) : context;
  },
  fields: () => [...format.headers],
});

/** Jaeger's baggage, a header each (`uberctx-user: …`); no other edge of ours knows it. */
export const uberctx: TextMapPropagator<unknown> = {
  inject: (context, carrier, setter) => {
    for (const [key, { value }] of propagation.getBaggage(context)?.getAllEntries() ?? []) {
      setter.set(carrier, `${UBERCTX}${key}`, encodeURIComponent(value));
    }
  },
  extract: (context, carrier, getter) => {
    const read = getter.keys(carrier).flatMap((header) => {
      const value = header.startsWith(UBERCTX) ? decoded(getter.get(carrier, header)) : undefined;
      return value === undefined ? [] : [[header.slice(UBERCTX.length), value] as const];
    });
    if (read.length === 0) return context;
    const before = propagation.getBaggage(context) ?? propagation.createBaggage();
    return propagation.setBaggage(
      context,
      read.reduce((baggage, [key, value]) => baggage.setEntry(key, { value }), before),
    );
  },
  fields: () => [],
};

function decoded(value: string | string[] | undefined): string | undefined {
  try {
    return decodeURIComponent([value ?? []].flat()[0] ?? '') || undefined;
  } catch {
    return undefined;
  }
}
