import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '@opentelemetry/api';
import { createTraceState, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { readExport } from '../../../../local/collector/otlp.ts';
import { readAnswer } from '../../../../telemetry/export/otlp/answer.ts';
import { serialise } from '../../../../telemetry/export/otlp/serialise.ts';

/** A small generator of numbers that look random and are the same in every run (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TEXTS = [
  '',
  'a',
  'nedlia-validator',
  'ü€😀',
  '\u0000',
  '\ud800',
  'x'.repeat(64),
  'x'.repeat(65),
  'é'.repeat(127),
  'y'.repeat(2000),
];
const NUMBERS = [
  0,
  1,
  -1,
  0.5,
  -0,
  127,
  128,
  16_384,
  2 ** 31,
  2 ** 32,
  -(2 ** 31),
  Number.MAX_SAFE_INTEGER,
  2 ** 62,
  1e300,
  Number.NaN,
  Infinity,
];

function aSpan(
  random: () => number,
  resource: ReadableSpan['resource'],
  scope: ReadableSpan['instrumentationScope'],
): ReadableSpan {
  const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const id = (digits: number) => Array.from({ length: digits }, () => any('0123456789abcdef'.split(''))).join('');
  const value = () =>
    any([
      any(TEXTS),
      any(NUMBERS),
      random() < 0.5,
      [any(TEXTS), any(TEXTS)],
      [any(NUMBERS), any(NUMBERS)],
      [true, false],
      [],
    ]);
  const attributes = (): Attributes =>
    Object.fromEntries(
      Array.from({ length: Math.floor(random() * 12) }, (_, index) => [`${any(TEXTS)}${index}`, value()]),
    );
  const place = () => ({
    traceId: id(32),
    spanId: id(16),
    traceFlags: any([0, 1]),
    ...(random() < 0.3 && { traceState: createTraceState('vendor=value,other=1') }),
    ...(random() < 0.5 && { isRemote: random() < 0.5 }),
  });
  const time = (): [number, number] => [
    any([0, 1_700_000_000, 4_294_967_296, 3_999_999_999]),
    any([0, 1, 999_999_999, 123_456_789]),
  ];
  const context = place();
  const several = <T>(make: () => T): T[] => Array.from({ length: Math.floor(random() * 4) }, make);
  return {
    name: any(TEXTS),
    kind: any([SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER]),
    spanContext: () => context,
    ...(random() < 0.7 && { parentSpanContext: place() }),
    startTime: time(),
    endTime: time(),
    duration: [0, 0],
    ended: true,
    status: any([
      { code: SpanStatusCode.UNSET },
      { code: SpanStatusCode.OK },
      { code: SpanStatusCode.ERROR, message: any(TEXTS) },
    ]),
    attributes: attributes(),
    events: several(() => ({
      time: time(),
      name: any(TEXTS),
      attributes: attributes(),
      droppedAttributesCount: any([0, 3]),
    })),
    links: several(() => ({ context: place(), attributes: attributes(), droppedAttributesCount: any([0, 300]) })),
    resource,
    instrumentationScope: scope,
    droppedAttributesCount: any([0, 7]),
    droppedEventsCount: any([0, 200]),
    droppedLinksCount: any([0, 70_000]),
  };
}

test('what we serialise reads as what OpenTelemetry’s own serialiser writes, whatever the spans say', () => {
  const random = randomOf(20_261_121);
  for (let round = 0; round < 40; round++) {
    const resources = [
      resourceFromAttributes({ 'service.name': 'a', list: ['ü'] }),
      resourceFromAttributes({}, { schemaUrl: 'https://schema.example' }),
    ];
    const scopes = [
      { name: 'nedlia-telemetry' },
      { name: 'other', version: '1.2', schemaUrl: 'https://other.example' },
    ];
    const spans = Array.from({ length: Math.floor(random() * 12) }, () =>
      aSpan(random, resources[Math.floor(random() * 2)] as never, scopes[Math.floor(random() * 2)] as never),
    );
    const stock = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    assert.deepEqual(decode(serialise(spans)), decode(stock), `round ${round}`);
  }
});

test('a request larger than everything before it is whole, and so is the next small one', () => {
  const span = aSpan(randomOf(1), resourceFromAttributes({}), { name: 'a' });
  const large = Array.from({ length: 3 }, () => ({ ...span, attributes: { text: 'z'.repeat(1_000_000) } }));
  for (const spans of [large, [span], large]) {
    assert.deepEqual(
      decode(serialise(spans)),
      decode(ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array()),
    );
  }
});

/** Field by field, by our own reader and, for what that leaves out (counts, flags, scopes), by a plain walk over the wire. */
const decode = (bytes: Uint8Array) => [
  readExport('application/x-protobuf', Buffer.from(bytes)),
  withoutZeros(walk(Buffer.from(bytes))),
];

type Field = [number: number, value: string | Field[]];

/** Which fields of which message are messages themselves (opentelemetry-proto's trace, common and resource). */
const MESSAGES: Record<string, Record<number, string>> = {
  Request: { 1: 'ResourceSpans' },
  ResourceSpans: { 1: 'Resource', 2: 'ScopeSpans' },
  Resource: { 1: 'KeyValue' },
  ScopeSpans: { 1: 'Scope', 2: 'Span' },
  Scope: { 3: 'KeyValue' },
  Span: { 9: 'KeyValue', 11: 'Event', 13: 'Link', 15: 'Status' },
  Event: { 3: 'KeyValue' },
  Link: { 4: 'KeyValue' },
  KeyValue: { 2: 'AnyValue' },
  AnyValue: { 5: 'ArrayValue', 6: 'KeyValueList' },
  ArrayValue: { 1: 'AnyValue' },
  KeyValueList: { 1: 'KeyValue' },
};

function walk(bytes: Buffer, message = 'Request'): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = BigInt(bytes[at++] ?? 0);
      value |= (byte & 0x7fn) << shift;
      if (byte < 0x80n) return value;
      shift += 7n;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, type] = [tag >>> 3, tag & 7];
    const inner = MESSAGES[message]?.[number];
    if (type === 0) fields.push([number, varint().toString()]);
    else {
      const length = type === 2 ? Number(varint()) : type === 1 ? 8 : 4;
      const content = bytes.subarray(at, at + length);
      at += length;
      fields.push([number, inner && type === 2 ? walk(content, inner) : content.toString('hex')]);
    }
  }
  return fields;
}

/** proto3 leaves it to the writer whether a number that is 0, and an empty text, stand on the wire. */
const withoutZeros = (fields: Field[]): Field[] =>
  fields
    .map(([number, value]): Field => [number, typeof value === 'string' ? value : withoutZeros(value)])
    .filter(([, value]) => value !== '0');

test('a span that cannot be written is left out and told, and neither its neighbours nor the next request suffer', () => {
  const random = randomOf(3);
  const [before, after] = [0, 1].map(() => aSpan(random, resourceFromAttributes({}), { name: 'a' })) as [
    ReadableSpan,
    ReadableSpan,
  ];
  const wrong = [
    { ...before, name: 404 as never },
    { ...before, status: { code: SpanStatusCode.ERROR, message: {} as never } },
    {
      ...before,
      spanContext: () => ({ ...before.spanContext(), traceState: { serialize: () => assert.fail('no') } as never }),
    },
  ].map((span) => ({ ...span, resource: before.resource, instrumentationScope: before.instrumentationScope }));
  const shared = { ...after, resource: before.resource, instrumentationScope: before.instrumentationScope };
  const told: unknown[] = [];
  const written = serialise([before, ...wrong, shared], (error) => told.push(error));
  assert.equal(told.length, wrong.length);
  assert.deepEqual(decode(written), decode(serialise([before, shared])));
  assert.throws(() => serialise([{ ...before, resource: undefined as never }]));
  assert.deepEqual(decode(serialise([before, shared])), decode(written), 'nothing is left of the one that failed');
});

test('a backend’s answer is read: rejected spans and why, nothing of an empty one, and no garbage stops the export', () => {
  const partial = Buffer.from([0x0a, 0x09, 0x08, 0xac, 0x02, 0x12, 0x04, ...Buffer.from('full')]);
  assert.deepEqual(readAnswer(partial), { rejected: 300, message: 'full' });
  assert.deepEqual(readAnswer(Buffer.alloc(0)), { rejected: 0, message: '' });
  const minusOne = Buffer.from([0x0a, 0x0b, 0x08, ...Array.from({ length: 9 }, () => 0xff), 0x01]);
  assert.equal(readAnswer(minusOne).rejected, 0);
  for (const garbage of ['{"partialSuccess":{}}', '<html>', '\n\u00ff\u00ff\u00ff'])
    readAnswer(Buffer.from(garbage, 'latin1'));
});
