import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { asLambda, openMailbox } from '../../support/mailbox.ts';
import { anEnvelope, aTraceparent } from '../../support/records.ts';
import { recordSpans } from '../../support/spans.ts';
import { beginsTrace, isBelow } from './tree.ts';

const HOUR = 60 * 60 * 1000;
const mailbox = await openMailbox();
const { aws, queue } = mailbox;

const send = (body: string) => aws.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
const process = async (keep = false) => mailbox.process((await mailbox.receive(1, keep)).map(asLambda));

/** An event of this age, as EventBridge puts it onto a queue when an archive is replayed. */
const replayed = (traceparent: string, age: number) =>
  anEnvelope(
    { thing: 'one', _trace: { traceparent } },
    { time: new Date(Date.now() - age).toISOString(), 'replay-name': 'after-the-outage' },
  );

describe('what comes again', () => {
  it('from its queue is a second span in the same trace, which says so and when it came first', async (t) => {
    const spans = recordSpans(t);
    const traceparent = aTraceparent();
    await send(JSON.stringify({ thing: 'one', _trace: { traceparent } }));
    await process(true);
    await sleep(50);
    await process();
    const [first, second] = spans.all().filter(({ kind }) => kind === 'CONSUMER');
    assert.ok(first && second);
    for (const message of [first, second]) isBelow(message, traceparent);
    const said = (key: string) => [first, second].map(({ attributes }) => attributes[key]);
    assert.deepEqual(said('aws.sqs.message.receive_count'), [undefined, 2]);
    const [firstReceive] = said('messaging.first_receive_ms');
    assert.deepEqual(said('messaging.first_receive_ms'), [firstReceive, firstReceive], 'both were received first then');
    const [early, late] = said('messaging.wait_ms').map(Number);
    assert.ok(Number(late) - Number(early) >= 50, `${early} and ${late} ms`);
  });

  it('from an archive within a day continues its trace, and names the replay', async (t) => {
    const spans = recordSpans(t);
    const traceparent = aTraceparent();
    await send(replayed(traceparent, 23 * HOUR));
    await process();
    const message = spans.all().find(({ kind }) => kind === 'CONSUMER') ?? assert.fail();
    isBelow(message, traceparent);
    assert.equal(message.attributes['aws.eventbridge.replay_name'], 'after-the-outage');
    const waited = Number(message.attributes['aws.eventbridge.wait_ms']);
    assert.ok(waited >= 23 * HOUR && waited < 23.1 * HOUR, `${waited} ms`);
  });

  it('from an archive later than that begins a trace that points at the old one', async (t) => {
    const spans = recordSpans(t);
    const traceparent = aTraceparent();
    await send(replayed(traceparent, 25 * HOUR));
    await process();
    const find = (wanted: string) => spans.all().find(({ kind }) => kind === wanted) ?? assert.fail();
    beginsTrace(find('CONSUMER'), undefined, find('SERVER'), traceparent);
  });
});
