import { randomBytes } from 'node:crypto';
import type { TextMapGetter, TextMapSetter } from '@opentelemetry/api';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { carryInEntry } from '../carry/bus-entry.ts';
import { openMessage } from '../carry/message.ts';
import { readRequest } from '../carry/request.ts';
import { carryInMessage } from '../carry/sqs.ts';
import type { TraceContext } from '../carry/trace-context.ts';
import { fromTraceContext } from '../carry/trace-context.ts';
import { parseTraceparent } from '../carry/traceparent.ts';
import { formatXRay } from '../carry/xray.ts';
import { readPropagator } from '../propagators/propagator.ts';
import type { Diagnosis } from './diagnosis.ts';

/** Whether a context came back from a carrier as it went in. */
export interface CarrierCheck {
  carrier: string;
  ok: boolean;
  diagnosis?: Diagnosis;
}

type Ids = { traceId: string; spanId: string } | undefined;
type RoundTrip = (context: TraceContext) => Ids;

/** Our own carriers, written and read by the code the product uses. Of those which only others write, the form they write. */
const carriers: Record<string, RoundTrip> = {
  'event _trace': (context) => opened({ detail: carryInEntry({ id: 'event' }, context).detail }),
  'message attributes': (context) => {
    const { attributes } = carryInMessage({}, context);
    const messageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, { StringValue: stringValue }]) => [name, { stringValue }]),
    );
    return idsOf(openMessage({ body: '{}', messageAttributes }).carried?.traceparent);
  },
  'CloudEvents traceparent': ({ traceparent }) => opened({ specversion: '1.0', id: 'event', traceparent }),
  'detail.metadata': ({ traceparent }) => opened({ detail: { metadata: { traceparent } } }),
  'SNS envelope': ({ traceparent }) =>
    opened({ Type: 'Notification', MessageAttributes: { traceparent: { Type: 'String', Value: traceparent } } }),
  'HTTP traceparent': ({ traceparent }) => trace.getSpanContext(readRequest({ traceparent })),
  'HTTP X-Amzn-Trace-Id': (context) => trace.getSpanContext(readRequest({ 'x-amzn-trace-id': formatXRay(context) })),
  AWSTraceHeader: (context) => {
    const { systemAttributes } = carryInMessage({}, context);
    const header = systemAttributes.AWSTraceHeader?.StringValue;
    return idsOf(openMessage({ body: '{}', attributes: { AWSTraceHeader: header } }).link?.traceparent);
  },
};

/** Sends a context through each carrier and back, and through each propagator that is named (`tracecontext`, `b3`, …). */
export function checkPropagation(propagators: readonly string[]): CarrierCheck[] {
  const context = { traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01` };
  const expected = idsOf(context.traceparent);
  const named = propagators
    .filter((name) => name !== 'none' && name !== 'baggage')
    .map((name): [string, RoundTrip] => [`propagator ${name}`, (carried) => throughPropagator(name, carried)]);
  return [...Object.entries(carriers), ...named].map(([carrier, roundTrip]) => {
    const back = attempt(() => roundTrip(context));
    if (back?.traceId === expected?.traceId && back?.spanId === expected?.spanId) return { carrier, ok: true };
    const cause = back
      ? `trace ${expected?.traceId} came back as ${back.traceId}`
      : 'the context that was put in did not come out';
    const remedy = 'this is a defect of ours or of the OpenTelemetry package: npm ci, then npm test';
    return { carrier, ok: false, diagnosis: { cause, remedy } };
  });
}

function throughPropagator(name: string, carried: TraceContext): Ids {
  const propagator = readPropagator({ OTEL_PROPAGATORS: name });
  const headers: Record<string, string> = {};
  propagator.inject(fromTraceContext(carried), headers, setter);
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, getter));
}

/** Header names in lower case, as HTTP gives them. */
const setter: TextMapSetter<unknown> = {
  set: (carrier, key, value) => void ((carrier as Record<string, string>)[key.toLowerCase()] = value),
};
const getter: TextMapGetter<unknown> = {
  get: (carrier, key) => (carrier as Record<string, string>)[key.toLowerCase()],
  keys: (carrier) => Object.keys(carrier as object),
};

const opened = (body: object): Ids => idsOf(openMessage({ body: JSON.stringify(body) }).carried?.traceparent);
const idsOf = (traceparent: string | undefined): Ids => parseTraceparent(traceparent);

function attempt(work: () => Ids): Ids {
  try {
    return work();
  } catch {
    return undefined;
  }
}
