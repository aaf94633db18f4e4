import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { SqsRecordLike } from '../../../telemetry/carry/arrival.ts';
import { openMessage } from '../../../telemetry/carry/message.ts';
import { captureLog } from '../../support/log-lines.ts';
import { anEnvelope, aRecord, aTraceparent, stringAttributes } from '../../support/records.ts';

const DAY = 24 * 60 * 60 * 1000;
const ATTRIBUTE = aTraceparent();
const FIELD = aTraceparent();
const RAW = aTraceparent();
const CLOUD_EVENT = aTraceparent();
const METADATA = aTraceparent();
const SNS = aTraceparent();
const XRAY = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0';
const XRAY_CONTEXT = { traceparent: '00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-00' };

describe('reading a message: the first carrier with a valid context wins', () => {
  const carriers = [
    { attributes: stringAttributes({ traceparent: ATTRIBUTE }), expected: ATTRIBUTE },
    { detail: { _trace: { traceparent: FIELD } }, expected: FIELD },
    { body: { _trace: { traceparent: RAW } }, expected: RAW },
    { detail: { traceparent: CLOUD_EVENT }, expected: CLOUD_EVENT },
    { detail: { metadata: { traceparent: METADATA } }, expected: METADATA },
    { body: { MessageAttributes: { traceparent: { Type: 'String', Value: SNS } } }, expected: SNS },
  ];
  const open = (used: typeof carriers) => {
    const detail = Object.assign({}, ...used.map((carrier) => carrier.detail)) as object;
    const body = Object.assign({}, ...used.map((carrier) => carrier.body)) as object;
    const messageAttributes = Object.assign({}, ...used.map((carrier) => carrier.attributes)) as object;
    const record = { body: anEnvelope(detail, body), messageAttributes, attributes: { AWSTraceHeader: XRAY } };
    return openMessage(record);
  };

  for (const [index, { expected }] of carriers.entries()) {
    it(`carrier ${index + 1} of ${carriers.length} wins over those after it`, () => {
      const opened = open(carriers.slice(index));
      assert.equal(opened.carried?.traceparent, expected);
      assert.equal(opened.status, undefined);
      assert.equal(opened.link, undefined, 'X-Ray is not even a link when something in-band was found');
    });
  }

  it('garbage in one does not hide the next', () => {
    const record = aRecord({
      messageAttributes: stringAttributes({ traceparent: 'garbage' }),
      body: anEnvelope({ _trace: { traceparent: FIELD } }),
    });
    const opened = openMessage(record);
    assert.equal(opened.carried?.traceparent, FIELD);
    assert.equal(opened.status, undefined);
  });

  it('is a raw body with CloudEvents fields as well', () => {
    const opened = openMessage({ body: JSON.stringify({ traceparent: CLOUD_EVENT, tracestate: 'a=1' }) });
    assert.deepEqual(opened.carried, { traceparent: CLOUD_EVENT, tracestate: 'a=1' });
  });
});

describe('a message', () => {
  it('is read in the casing of Lambda and in that of ReceiveMessage', () => {
    const sdk = {
      MessageId: 'm-1',
      Body: '{"a":1}',
      Attributes: { ApproximateReceiveCount: '3' },
      MessageAttributes: {
        traceparent: { DataType: 'String', StringValue: ATTRIBUTE },
        tracestate: { DataType: 'String', StringValue: 'a=1' },
      },
    };
    const opened = openMessage(sdk);
    assert.deepEqual(opened.carried, { traceparent: ATTRIBUTE, tracestate: 'a=1' });
    assert.deepEqual(opened.body, { a: 1 });
    assert.equal(opened.arrival.messageId, 'm-1');
    assert.equal(opened.arrival.receives, 3);
    const mixed = { messageAttributes: { traceparent: { dataType: 'String', StringValue: ATTRIBUTE } } };
    assert.equal(openMessage(mixed as SqsRecordLike).carried?.traceparent, ATTRIBUTE);
  });

  it('is given on without its trace field, and otherwise unchanged', () => {
    const detail = { placement_id: 'p', metadata: { kept: true } };
    const envelope = openMessage({ body: anEnvelope({ ...detail, _trace: { traceparent: FIELD } }) });
    assert.deepEqual((envelope.body as { detail: unknown }).detail, detail);
    assert.deepEqual(openMessage({ body: JSON.stringify({ a: 1, _trace: 'garbage' }) }).body, { a: 1 });
  });

  it('brings baggage only in the carriers our own services write', () => {
    const baggage = 'tenant=blue';
    const trusted = [
      { messageAttributes: stringAttributes({ traceparent: FIELD, baggage }) },
      { body: anEnvelope({ _trace: { traceparent: FIELD, baggage } }) },
    ];
    const others = [
      { body: anEnvelope({ traceparent: FIELD, baggage }) },
      { body: anEnvelope({ metadata: { traceparent: FIELD, baggage } }) },
    ];
    for (const record of trusted) assert.equal(openMessage(record).carried?.baggage, baggage);
    for (const record of others) assert.deepEqual(openMessage(record).carried, { traceparent: FIELD });
  });

  it('without any context says so', () => {
    for (const body of ['{}', '[]', 'null', '"text"', '7', anEnvelope({}), anEnvelope({ _trace: {} }), 'not json']) {
      const { carried, link, status } = openMessage(aRecord({ body }));
      assert.deepEqual({ carried, link, status }, { carried: undefined, link: undefined, status: 'missing' }, body);
    }
  });

  it('with garbage for a context says that', () => {
    const bodies = [
      anEnvelope({ _trace: 'garbage' }),
      anEnvelope({ _trace: { traceparent: '' } }),
      '{"traceparent":7}',
    ];
    for (const body of bodies) assert.equal(openMessage(aRecord({ body })).status, 'invalid', body);
    const attribute = aRecord({ messageAttributes: stringAttributes({ traceparent: `ff${ATTRIBUTE.slice(2)}` }) });
    assert.equal(openMessage(attribute).status, 'invalid');
  });

  it('with nothing but an X-Ray header is linked to it, not its child', () => {
    const opened = openMessage(aRecord({ attributes: { AWSTraceHeader: XRAY } }));
    assert.deepEqual([opened.carried, opened.link, opened.status], [undefined, XRAY_CONTEXT, 'missing']);
    const rootOnly = XRAY.split(';')[0];
    assert.equal(openMessage(aRecord({ attributes: { AWSTraceHeader: rootOnly } })).link, undefined);
  });

  it('that is not JSON is said to be so without a word of it', () => {
    const { body, parseError } = openMessage({ body: 'secret{' });
    assert.equal(body, undefined);
    assert.equal(parseError?.message, 'the body is not JSON');
    assert.ok(openMessage({}).parseError);
  });
});

const replayed = (ageMs: number, about: object = {}) =>
  aRecord({
    body: anEnvelope(
      { _trace: { traceparent: FIELD } },
      { time: new Date(Date.now() - ageMs).toISOString(), 'replay-name': 'again', ...about },
    ),
  });

describe('what a sender may choose', () => {
  it('is cut to 128 characters, without secrets', () => {
    const long = `cxtp_abc ${'x'.repeat(100_000)}`;
    const { arrival } = openMessage(
      aRecord({ messageId: long, body: anEnvelope({}, { id: long, 'replay-name': long }) }),
    );
    const cut = `cxtp_*** ${'x'.repeat(119)}`;
    assert.deepEqual([arrival.messageId, arrival.event.id, arrival.event.replayName], [cut, cut, cut]);
  });

  it('does not throw, whatever it is', () => {
    const hostile = { toString: 1, valueOf: 1 };
    const attributes = { ApproximateReceiveCount: hostile, SentTimestamp: hostile, AWSTraceHeader: hostile };
    const record = { messageId: 7, body: { a: 1 }, attributes, messageAttributes: 7 } as unknown as SqsRecordLike;
    const { arrival, parseError } = openMessage(record);
    assert.ok(parseError);
    assert.deepEqual(
      [arrival.messageId, arrival.receives, arrival.sentAt, arrival.bytes],
      [undefined, 1, undefined, 0],
    );
  });

  it('may fail to be read: the body is still there, and a line says so', (t) => {
    const lines = captureLog(t);
    const record = Object.defineProperty(aRecord({ body: '{"a":1,"_trace":{}}' }), 'messageAttributes', {
      get: () => {
        throw new Error('no');
      },
    });
    const { body, carried, status, arrival } = openMessage(record);
    assert.deepEqual({ body, carried, status }, { body: { a: 1 }, carried: undefined, status: 'invalid' });
    assert.equal(arrival.messageId, record.messageId);
    assert.match(lines[0]?.message ?? '', /could not be read; the message is worked on without it/);
  });
});

describe('an event that comes again', () => {
  it('from the archive within a day continues its trace', () => {
    const opened = openMessage(replayed(DAY - 60_000));
    assert.equal(opened.carried?.traceparent, FIELD);
    assert.equal(opened.arrival.event.replayName, 'again');
  });

  it('from the archive after more than a day starts a new trace with a link to the old one', () => {
    const opened = openMessage(replayed(DAY + 60_000));
    assert.equal(opened.carried, undefined);
    assert.deepEqual(opened.link, { traceparent: FIELD });
    assert.equal(opened.status, undefined);
  });

  it('from the dead-letter queue continues its trace, however late, and though it was replayed once', () => {
    const late = { time: new Date(Date.now() - 5 * DAY).toISOString() };
    const body = anEnvelope({ _trace: { traceparent: FIELD } }, { ...late, 'replay-name': 'again' });
    const bySystem = aRecord({ body, attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:x' } });
    const byConsumer = aRecord({ body, messageAttributes: stringAttributes({ 'nedlia.failure': '{}' }) });
    for (const record of [bySystem, byConsumer]) {
      const opened = openMessage(record);
      assert.equal(opened.carried?.traceparent, FIELD);
      assert.equal(opened.arrival.redriven, true);
    }
  });
});

it('50,000 garbled messages are opened without an error, and never with an invalid context', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    'null',
    '1e999',
    '-',
    '\\',
    '\u0000',
    '\ud800',
    '_trace',
    'detail',
    'traceparent',
    'tracestate',
    'baggage',
    'metadata',
    'MessageAttributes',
    '__proto__',
    ATTRIBUTE,
    `ff${ATTRIBUTE.slice(2)}`,
    XRAY,
    'a=b',
  ];
  const random = randomBytes(1_000_000);
  let at = 0;
  const below = (limit: number) => (random[at++ % random.length] ?? 0) % limit;
  const value = (depth: number): unknown => {
    const kind = below(depth > 3 ? 5 : 8);
    if (kind < 4) return pieces[below(pieces.length)];
    if (kind === 4) return [null, true, 0, -1, [], {}][below(6)];
    const keys = Array.from({ length: below(5) }, () => pieces[13 + below(8)] ?? '');
    return Object.fromEntries(keys.map((key) => [key, value(depth + 1)]));
  };
  for (let round = 0; round < 50_000; round++) {
    const text = () => Array.from({ length: below(12) }, () => pieces[below(pieces.length)]).join('');
    const record = {
      body: below(2) ? JSON.stringify(value(0)) : text(),
      attributes: value(1),
      messageAttributes: value(0),
    } as SqsRecordLike;
    const { carried, link } = openMessage(record);
    for (const context of [carried, link]) {
      if (context) assert.match(context.traceparent, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/);
    }
  }
});
