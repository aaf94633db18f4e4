import type { TextMapPropagator } from '@opentelemetry/api';
import { isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import { decodeBaggageValue, isBaggageKey, MAX_MEMBERS, writtenMembers } from '../carry/baggage.ts';
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

/**
 * Jaeger's baggage, a header each (`uberctx-user: …`); no other edge of ours knows it. Within W3C's limits, as the other one: what
 * is over them is dropped whole, and a header costs only itself.
 */
export const uberctx: TextMapPropagator<unknown> = {
  inject: (context, carrier, setter) => {
    for (const { key, value } of writtenMembers(propagation.getBaggage(context))) {
      setter.set(carrier, `${UBERCTX}${key}`, value);
    }
  },
  extract: (context, carrier, getter) => {
    const headers = getter.keys(carrier).filter((header) => header.startsWith(UBERCTX));
    if (headers.length === 0 || headers.length > MAX_MEMBERS) return context;
    let baggage = propagation.getBaggage(context) ?? propagation.createBaggage();
    for (const header of headers) {
      const key = header.slice(UBERCTX.length);
      const value = isBaggageKey(key) ? decodeBaggageValue([getter.get(carrier, header) ?? []].flat()[0] ?? '') : '';
      if (value) baggage = baggage.setEntry(key, { value });
    }
    return writtenMembers(baggage).length === 0 ? context : propagation.setBaggage(context, baggage);
  },
  fields: () => [],
};
