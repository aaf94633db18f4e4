import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trace } from '@opentelemetry/api';
import { correlationId, withCorrelation } from '../../telemetry/correlation.ts';
import { recordEvent, span } from '../../telemetry/span.ts';
import { traced } from '../../telemetry/wrap.ts';
import { only, recordSpans } from '../support/spans.ts';

function* numbers() {
  yield* [1, 2, 3];
}
function* ask(): Generator<string, number, number> {
  return (yield 'how many?') * 2;
}

function* rows() {
  try {
    yield 1;
    yield 2;
  } finally {
    recordEvent('file.closed');
  }
}

const here = () => trace.getActiveSpan()?.spanContext().spanId;

test('a span is open and active for every step of its generator, nowhere between, and ends with it', (t) => {
  const spans = recordSpans(t);
  const seen: unknown[] = [];
  const counting = span('numbers', function* () {
    for (const number of [1, 2]) {
      seen.push(here());
      span(`step ${number}`, () => 7);
      yield number;
    }
    return 'done';
  });
  assert.equal(Object.prototype.toString.call(counting), '[object Generator]');
  const first = counting.next();
  assert.equal(here(), undefined);
  assert.deepEqual(first, { value: 1, done: false });
  assert.equal(spans.all().filter(({ name }) => name === 'numbers').length, 0, 'still open');
  assert.deepEqual([...counting], [2]);
  const { spanId, status } = only(spans.all(), 'numbers');
  assert.equal(status, 'UNSET');
  assert.deepEqual(seen, [spanId, spanId]);
  for (const number of [1, 2]) assert.equal(only(spans.all(), `step ${number}`).parentId, spanId);
  assert.deepEqual(counting.next(), { value: undefined, done: true });
  assert.equal(spans.all().length, 3, 'ended once');
});

test('what is sent in, returned and delegated goes through', (t) => {
  recordSpans(t);
  const asking = span('ask', ask);
  asking.next();
  assert.deepEqual(asking.next(21), { value: 42, done: true });
  const outer = span('outer', function* () {
    const answer: number = yield* span('ask', ask);
    yield String(answer);
  });
  outer.next();
  assert.deepEqual(outer.next(1), { value: '2', done: false });
});

test('a loop that is left ends the span, after what the generator does in the end', (t) => {
  const spans = recordSpans(t);
  for (const row of span('rows', rows)) {
    assert.equal(row, 1);
    break;
  }
  const { status, events } = only(spans.all(), 'rows');
  assert.deepEqual([status, events.map(({ name }) => name)], ['UNSET', ['file.closed']]);
  span('never begun', rows).return(undefined);
  only(spans.all(), 'never begun');
});

test('an error in a step, or thrown in, makes it ERROR and is thrown on; one that is caught inside does not', (t) => {
  const spans = recordSpans(t);
  const failing = span('failing', function* () {
    yield 1;
    throw new RangeError('too far');
  });
  assert.throws(() => [...failing], RangeError);
  const thrownIn = span('thrown in', function* () {
    yield 1;
  });
  thrownIn.next();
  assert.throws(() => thrownIn.throw(new TypeError('not so')), TypeError);
  const calm = span('calm', function* () {
    try {
      yield 1;
    } catch {
      yield 2;
    }
  });
  calm.next();
  assert.deepEqual(calm.throw(new Error('never mind')), { value: 2, done: false });
  calm.next();
  assert.deepEqual(
    ['failing', 'thrown in', 'calm'].map((name) => only(spans.all(), name).status),
    ['ERROR', 'ERROR', 'UNSET'],
  );
  assert.equal(only(spans.all(), 'failing').attributes['error.type'], 'RangeError');
});

test('an asynchronous one the same, also when its steps are asked for at once', async (t) => {
  const spans = recordSpans(t);
  const pages = traced(
    async function* (count: number) {
      for (let page = 1; page <= count; page += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield span('page', async () => `${page} ${here() === undefined}`);
      }
    },
    { name: 'pages', kind: 'client' },
  );
  const read: string[] = [];
  for await (const page of pages(2)) read.push(page);
  assert.deepEqual(read, ['1 false', '2 false']);
  const { kind, spanId } = only(spans.all(), 'pages');
  assert.equal(kind, 'CLIENT');
  for (const page of spans.all().filter(({ name }) => name === 'page')) assert.equal(page.parentId, spanId);

  spans.clear();
  const hasty = pages(1);
  const steps = await Promise.all([hasty.next(), hasty.next(), hasty.next()]);
  assert.deepEqual(
    steps.map(({ done }) => done),
    [false, true, true],
  );
  only(spans.all(), 'pages');
});

test('an asynchronous one that fails is ERROR and rejects as it did', async (t) => {
  const spans = recordSpans(t);
  const error = new Error('page 2 is missing');
  const pages = span('pages', async function* () {
    yield 1;
    await Promise.reject(error);
  });
  await pages.next();
  await assert.rejects(pages.next(), (thrown) => thrown === error);
  assert.equal(only(spans.all(), 'pages').status, 'ERROR');
});

test('it keeps the correlation it was made under, whoever iterates it', (t) => {
  const spans = recordSpans(t);
  const ids = withCorrelation({ correlationId: 'c-1' }, () =>
    span('ids', function* () {
      yield span('inner', () => correlationId());
    }),
  );
  assert.deepEqual([...ids], ['c-1']);
  assert.equal(only(spans.all(), 'inner').attributes['correlation_id'], 'c-1');
});

test('without telemetry all is as ever', async () => {
  assert.deepEqual([...span('off', numbers)], [1, 2, 3]);
  const read: number[] = [];
  const later = span('off', async function* () {
    yield* numbers();
  });
  for await (const number of later) read.push(number);
  assert.deepEqual(read, [1, 2, 3]);
});

test('one that defends itself is handed on as it is, its span ended', (t) => {
  const spans = recordSpans(t);
  const frozen = span('frozen', () =>
    Object.freeze(
      (function* () {
        yield 1;
      })(),
    ),
  );
  assert.deepEqual([...frozen], [1]);
  only(spans.all(), 'frozen');
});
