import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { span } from '../../../telemetry/span.ts';
import { asLambda, openMailbox } from '../../support/mailbox.ts';
import { aTraceparent } from '../../support/records.ts';
import { only, recordSpans, type RecordedSpan } from '../../support/spans.ts';
import { type Carrier, carriersOf, type Sending } from './carriers.ts';
import { type Condition, leftOut } from './conditions.ts';
import { beginsTrace, isChild, messageOf, others, xrayOf } from './tree.ts';

// Every carrier, sent by an SDK client that knows nothing of traces through loopback AWS, and processed in one batch by the
// consumer that functions have. What counts is the tree that comes of it.

const mailbox = await openMailbox();

/** Sends them, has all of them processed in one batch, and finds each one's span and that of the invocation. */
async function processed(carrier: Carrier, sendings: Sending[], spans: ReturnType<typeof recordSpans>) {
  for (const sending of sendings) await carrier.send(sending);
  const messages = await mailbox.receive(sendings.length);
  await mailbox.process(messages.map(carrier.record ?? asLambda));
  const trees = sendings.map(({ thing, carried }) => ({ message: messageOf(spans.all(), thing), carried }));
  return { trees, invocation: only(spans.all(), 'things') };
}

/** A child of what it carried; of a carrier that is only ever a link, a trace of its own that points there. */
function isWhereItBelongs({ linksOnly }: Carrier, message: RecordedSpan, carried: string, invocation: RecordedSpan) {
  if (linksOnly) beginsTrace(message, 'missing', invocation, carried);
  else isChild(message, carried, invocation);
}

const one = (about: Partial<Sending> = {}): Sending => ({ thing: 'one', carried: aTraceparent(), ...about });

const checks: Record<Condition, (t: TestContext, carrier: Carrier) => Promise<void>> = {
  'ten messages of ten traces': async (t, carrier) => {
    const spans = recordSpans(t);
    const sendings = Array.from({ length: 10 }, (_, index) => one({ thing: `thing-${index}` }));
    const { trees, invocation } = await processed(carrier, sendings, spans);
    for (const { message, carried } of trees) isWhereItBelongs(carrier, message, carried, invocation);
    assert.equal(new Set(spans.all().map(({ traceId }) => traceId)).size, 11, 'ten traces and the invocation’s');
  },
  'garbage for a context': async (t, carrier) => {
    const garbage = ['garbage', `ff${aTraceparent().slice(2)}`, `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`];
    const sendings = garbage.map((carried, index) => one({ thing: `thing-${index}`, carried }));
    const { trees, invocation } = await processed(carrier, sendings, recordSpans(t));
    // An X-Ray header is not ours: whatever it says, no context of ours was there.
    for (const { message } of trees) beginsTrace(message, carrier.linksOnly ? 'missing' : 'invalid', invocation);
  },
  'half a character in its baggage': async (t, carrier) => {
    const { trees, invocation } = await processed(carrier, [one({ baggage: 'a=\ud800,b=2' })], recordSpans(t));
    for (const { message, carried } of trees) isWhereItBelongs(carrier, message, carried, invocation);
  },
  'a foreign Sampled=0': async (t, carrier) => {
    const foreign = aTraceparent();
    const xray = xrayOf(foreign, '0');
    const sending = carrier.linksOnly ? one({ carried: xray }) : one({ xray });
    const { trees, invocation } = await processed(carrier, [sending], recordSpans(t));
    // That the spans are here at all says that they were sampled.
    const { message, carried } = trees[0] ?? assert.fail();
    isWhereItBelongs(carrier, message, carrier.linksOnly ? foreign : carried, invocation);
  },
  'ten attributes used': async (t, carrier) => {
    const attributes = others(carrier.name.startsWith('message attributes') ? 9 : 10);
    const { trees, invocation } = await processed(carrier, [one({ attributes })], recordSpans(t));
    for (const { message, carried } of trees) isWhereItBelongs(carrier, message, carried, invocation);
  },
  'a context active around it': async (t, carrier) => {
    const spans = recordSpans(t);
    const { trees, invocation } = await span('around', () => processed(carrier, [one()], spans));
    for (const { message, carried } of trees) isWhereItBelongs(carrier, message, carried, invocation);
    const around = only(spans.all(), 'around');
    assert.ok(spans.all().every(({ parentId }) => parentId !== around.spanId));
    assert.equal(invocation.parentId, undefined);
  },
  'a context in it already': async (t, carrier) => {
    const earlier = aTraceparent();
    const { trees, invocation } = await processed(carrier, [one({ earlier })], recordSpans(t));
    // What is read first wins, and the other one is not even a link.
    for (const { message } of trees) isChild(message, earlier, invocation);
  },
};

for (const carrier of carriersOf(mailbox)) {
  describe(`a trace that comes in ${carrier.name}`, () => {
    for (const [condition, check] of Object.entries(checks) as [Condition, (typeof checks)[Condition]][]) {
      if (leftOut[carrier.name]?.[condition] === undefined) it(`with ${condition}`, (t) => check(t, carrier));
    }
  });
}
