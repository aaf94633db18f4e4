import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { span } from '../../../telemetry/span.ts';
import { openMailbox } from '../../support/mailbox.ts';
import { aTraceparent } from '../../support/records.ts';
import { only, recordSpans, type RecordedSpan } from '../../support/spans.ts';
import { type Condition, leftOut } from './conditions.ts';
import { type Given, type Sender, sendersOf } from './senders.ts';
import { beginsTrace, isBelow, messageOf, others, traceparentOf, xrayOf } from './tree.ts';

// Everything that carries a trace on, through our own code on both sides and real connections between them. What counts is the one
// chain of spans from what made us say something to the work that was done because of it.

const mailbox = await openMailbox();
const senders = await sendersOf(mailbox);

type Spans = ReturnType<typeof recordSpans>;

/** The spans from the one whose parent is not ours down to the work on this thing. */
function chainOf(spans: Spans, thing: string): RecordedSpan[] {
  const chain = [only(spans.all(), `work ${thing}`)];
  for (;;) {
    const above = spans.all().find(({ spanId }) => spanId === chain[0]?.parentId);
    if (!above) return chain;
    chain.unshift(above);
  }
}

/** One chain of the expected spans, all in one trace, of which the first is returned. */
function unbroken(sender: Sender, spans: Spans, thing: string): RecordedSpan {
  const chain = chainOf(spans, thing);
  assert.deepEqual(
    chain.map(({ name }) => name),
    sender.names(thing),
  );
  assert.equal(new Set(chain.map(({ traceId }) => traceId)).size, 1);
  return chain[0] ?? assert.fail();
}

const one = (about: Partial<Given> = {}): Given => ({ thing: 'one', context: aTraceparent(), ...about });
const statusOf = (first: RecordedSpan) => first.attributes['messaging.trace_context.status'];

function inFunctionOf(t: TestContext, xray: string): void {
  process.env['_X_AMZN_TRACE_ID'] = xray;
  t.after(() => delete process.env['_X_AMZN_TRACE_ID']);
}

const checks: Record<Condition, (t: TestContext, sender: Sender) => Promise<void>> = {
  'ten messages of ten traces': async (t, sender) => {
    const spans = recordSpans(t);
    const given = Array.from({ length: 10 }, (_, index) => one({ thing: `thing-${index}` }));
    await sender.deliver(given);
    for (const { thing, context } of given) isBelow(unbroken(sender, spans, thing), context);
    const first = sender.names('')[0] ?? '';
    assert.equal(spans.all().filter(({ name }) => name === first).length, 10, 'one span each');
  },
  'garbage for a context': async (t, sender) => {
    const spans = recordSpans(t);
    await sender.deliver([one({ context: 'garbage' })]);
    const first = unbroken(sender, spans, 'one');
    assert.equal(first.parentId, undefined);
    // Said where the garbage was found: what goes on from there is in order.
    assert.equal(statusOf(first), first.kind === 'CONSUMER' ? 'invalid' : undefined);
    for (const further of chainOf(spans, 'one').slice(1)) assert.equal(statusOf(further), undefined);
  },
  'half a character in its baggage': async (t, sender) => {
    const spans = recordSpans(t);
    const given = one({ baggage: 'a=\ud800,b=2' });
    await sender.deliver([given]);
    isBelow(unbroken(sender, spans, 'one'), given.context);
  },
  'a foreign Sampled=0': async (t, sender) => {
    const spans = recordSpans(t);
    const foreign = xrayOf(aTraceparent(), '0');
    inFunctionOf(t, foreign);
    const given = one({ xray: foreign });
    const [wire] = await sender.deliver([given]);
    // That the spans are here at all says that they were sampled.
    const first = unbroken(sender, spans, 'one');
    isBelow(first, given.context);
    const header = wire?.['AWSTraceHeader'];
    if (sender.name === 'a webhook') assert.equal(wire?.['x-amzn-trace-id'], undefined);
    else if (header !== undefined) assert.equal(header, xrayOf(traceparentOf(first), '1'), 'with the lineage kept');
    else assert.equal(wire?.['x-amzn-trace-id'], foreign);
  },
  'ten attributes used': async (t, sender) => {
    const spans = recordSpans(t);
    const given = one({ attributes: others(10) });
    await sender.deliver([given]);
    const send = only(spans.all(), sender.names('one')[0] ?? '');
    isBelow(send, given.context);
    // No slot is left for a parent: the X-Ray header, which takes none, leads back.
    beginsTrace(messageOf(spans.all(), 'one'), 'missing', only(spans.all(), 'things'), traceparentOf(send));
  },
  'a context active around it': async (t, sender) => {
    const spans = recordSpans(t);
    const given = one();
    await span('around', () => sender.deliver([given]));
    isBelow(unbroken(sender, spans, 'one'), given.context);
  },
  'a context in it already': async (t, sender) => {
    const spans = recordSpans(t);
    const there = aTraceparent();
    const given = one({ present: sender.name === 'the headers of a request' ? xrayOf(there, '1') : there });
    const [wire] = await sender.deliver([given]);
    if (sender.name === 'the headers of a request') {
      isBelow(unbroken(sender, spans, 'one'), given.context);
      return;
    }
    // What is there is not overwritten: it leads to the message, and the sending is a leaf of the trace that asked for it.
    isBelow(messageOf(spans.all(), 'one'), there);
    assert.ok(xrayOf(there, '1').startsWith(String(wire?.['AWSTraceHeader'])), 'and X-Ray’s header says the same');
    isBelow(only(spans.all(), sender.names('one')[0] ?? ''), given.context);
  },
};

for (const sender of senders) {
  describe(`a trace that goes on by ${sender.name}`, () => {
    for (const [condition, check] of Object.entries(checks) as [Condition, (typeof checks)[Condition]][]) {
      if (leftOut[sender.name]?.[condition] === undefined) it(`with ${condition}`, (t) => check(t, sender));
    }
  });
}
