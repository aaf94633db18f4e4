import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { beforeEntryEnds, endEntry, entryContext, withEntry } from '../../telemetry/entry-span.ts';
import { span } from '../../telemetry/span.ts';
import { startSpan } from '../../telemetry/tracer.ts';
import { only, recordSpans } from '../support/spans.ts';

test('however deep the work is, what it says hangs below the request or message that caused it', async (t) => {
  recordSpans(t);
  const server = startSpan('POST /things', {}, ROOT_CONTEXT);
  const said = await context.with(withEntry(ROOT_CONTEXT, server), () =>
    span('thing.create', async () => {
      await Promise.resolve();
      return span('deeper', () => entryContext());
    }),
  );
  const { traceId, spanId } = server.spanContext();
  assert.deepEqual(said, { traceparent: `00-${traceId}-${spanId}-01` });
});

test('baggage that came with a message goes on with what is said about it', (t) => {
  recordSpans(t);
  const carried = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ tenant: { value: 'a b' } }));
  const said = context.with(withEntry(carried, startSpan('process things', {}, carried)), entryContext);
  assert.equal(said?.baggage, 'tenant=a%20b');
});

test('baggage of own code that nobody can write is no failure of the transaction that says something', (t) => {
  recordSpans(t);
  const own = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ half: { value: '\ud800' } }));
  const said = context.with(withEntry(own, startSpan('process things', {}, own)), entryContext);
  assert.equal(said?.baggage, 'half=%EF%BF%BD');
});

test('outside of a request or message there is no entry', (t) => {
  recordSpans(t);
  assert.equal(entryContext(), undefined);
  assert.equal(
    span('alone', () => entryContext()),
    undefined,
  );
});

test('what is said last stands on the span, once, however often it is ended', (t) => {
  const spans = recordSpans(t);
  const server = startSpan('POST /things', {}, ROOT_CONTEXT);
  let said = 0;
  beforeEntryEnds(server, (entry) => entry.setAttribute('said', ++said));
  endEntry(server);
  endEntry(server);
  assert.deepEqual([said, only(spans.all(), 'POST /things').attributes], [1, { said: 1 }]);
});

test('with telemetry disabled an incoming context is said on unchanged', (t) => {
  recordSpans(t);
  trace.disable();
  const caller = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 0,
    isRemote: true,
  };
  const carried = trace.setSpanContext(ROOT_CONTEXT, caller);
  const said = context.with(withEntry(carried, startSpan('process things', {}, carried)), () =>
    span('deeper', () => entryContext()),
  );
  assert.deepEqual(said, { traceparent: `00-${caller.traceId}-${caller.spanId}-00` });
});
