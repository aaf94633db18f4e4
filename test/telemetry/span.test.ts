import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trace } from '@opentelemetry/api';
import { annotate, recordError, recordEvent, span } from '../../telemetry/span.ts';
import { only, recordSpans } from '../support/spans.ts';

test('a span is active for what it wraps, also after an await, and ends when that ends', async (t) => {
  const spans = recordSpans(t);
  const result = await span('outer', { size: 2, nothing: undefined }, async () => {
    await Promise.resolve();
    annotate({ found: true, tags: ['a', 'b'] });
    return span('inner', () => 7);
  });
  const outer = only(spans.all(), 'outer');
  assert.equal(result, 7);
  assert.equal(only(spans.all(), 'inner').parentId, outer.spanId);
  assert.deepEqual(outer.attributes, { size: 2, found: true, tags: ['a', 'b'] });
  assert.deepEqual([outer.status, outer.events], ['UNSET', []]);
});

test('an error makes every span it passes through ERROR, is described on the innermost only, and is thrown on unchanged', async (t) => {
  const spans = recordSpans(t);
  const error = Object.assign(new Error('refused by postgres://user:canary@db/nedlia'), { code: 'ECONNREFUSED' });
  const failing = span('outer', async () => {
    await span('inner', async () => {
      await Promise.resolve();
      throw error;
    });
  });
  await assert.rejects(failing, (thrown) => thrown === error);
  const [inner, outer] = [only(spans.all(), 'inner'), only(spans.all(), 'outer')];
  assert.deepEqual([inner.status, outer.status], ['ERROR', 'ERROR']);
  assert.deepEqual([inner.attributes['error.type'], outer.attributes['error.type']], ['ECONNREFUSED', 'ECONNREFUSED']);
  assert.deepEqual([inner.events.length, outer.events.length], [1, 0]);
  assert.equal(inner.events[0]?.attributes['exception.message'], 'refused by postgres://***@db/nedlia');
  assert.doesNotMatch(JSON.stringify(spans.all()), /canary/);
});

test('what is no Error is described once as well, on the innermost span, also of work at the same time', async (t) => {
  const spans = recordSpans(t);
  const thrown = ['words', 7, undefined, 'words'];
  const failing = thrown.map((value, index) =>
    span(`outer ${index}`, () =>
      span(`middle ${index}`, () =>
        span(`inner ${index}`, async () => {
          await pause();
          throw value;
        }),
      ),
    ),
  );
  const outcomes = await Promise.allSettled(failing);
  assert.deepEqual(
    outcomes.map((one) => one.status === 'rejected' && one.reason),
    thrown,
  );
  for (const [index, value] of thrown.entries()) {
    const passed = ['inner', 'middle', 'outer'].map((name) => only(spans.all(), `${name} ${index}`));
    assert.deepEqual(
      passed.map(({ status, events }) => [status, events.length]),
      [
        ['ERROR', 1],
        ['ERROR', 0],
        ['ERROR', 0],
      ],
    );
    assert.equal(passed[0]?.events[0]?.attributes['exception.message'], String(value));
  }
});

test('a span that goes on after one of these and throws another describes that', (t) => {
  const spans = recordSpans(t);
  const outer = () =>
    span('outer', () => {
      outcome(() =>
        span('inner', () => {
          throw 'first';
        }),
      );
      throw 'second';
    });
  assert.equal(outcome(outer), 'second');
  assert.equal(only(spans.all(), 'outer').events[0]?.attributes['exception.message'], 'second');
});

test('a span may have a kind; events and handled errors are said on the one that is current', (t) => {
  const spans = recordSpans(t);
  span({ name: 'price.ask', kind: 'client', attributes: { tries: 2 } }, () => {
    recordEvent('cache.missed', { 'cache.key': 'pr-1' });
    recordError(new RangeError('too far'));
  });
  const { kind, attributes, status, events } = only(spans.all(), 'price.ask');
  assert.deepEqual([kind, attributes, status], ['CLIENT', { tries: 2, 'error.type': 'RangeError' }, 'ERROR']);
  assert.deepEqual(
    events.map(({ name }) => name),
    ['cache.missed', 'exception'],
  );
  span({ name: 'plain' }, () => 7);
  assert.equal(only(spans.all(), 'plain').kind, 'INTERNAL');
});

test('what cannot be read costs itself, not the work', (t) => {
  const spans = recordSpans(t);
  const hostile = Object.defineProperty({}, 'size', {
    enumerable: true,
    get: () => {
      throw new Error('trap');
    },
  });
  const result = span('brave', () => {
    annotate(hostile);
    recordEvent('seen', hostile);
    return span('hostile', hostile, () => 7);
  });
  assert.equal(result, 7);
  assert.equal(only(spans.all(), 'brave').status, 'UNSET');
});

test('whatever is thrown is thrown on: nothing, a string, an object that defends itself', (t) => {
  const spans = recordSpans(t);
  const hostile = new Proxy(new Error('x'), {
    get: () => {
      throw new Error('trap');
    },
  });
  for (const thrown of [undefined, null, 'words', 7n, Symbol('s'), Object.create(null), hostile]) {
    const caught = outcome(() =>
      span('fails', () => {
        throw thrown;
      }),
    );
    assert.ok(Object.is(caught, thrown));
  }
  assert.equal(spans.all().filter(({ status }) => status === 'ERROR').length, 7);
});

test('spans of work that runs at the same time do not mix', async (t) => {
  const spans = recordSpans(t);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      span(`outer ${index}`, async () => {
        await pause();
        await span(`inner ${index}`, pause);
      }),
    ),
  );
  for (let index = 0; index < 20; index += 1) {
    assert.equal(only(spans.all(), `inner ${index}`).traceId, only(spans.all(), `outer ${index}`).traceId);
  }
  assert.equal(new Set(spans.all().map(({ traceId }) => traceId)).size, 20);
});

test('without telemetry the work runs and nothing is claimed', async () => {
  assert.equal(await span('alone', async () => trace.getActiveSpan()?.spanContext().traceId ?? 'none'), 'none');
  annotate({ nobody: 'hears' });
  recordEvent('nobody.hears');
  recordError(new Error('nobody hears'));
});

test('a provider that throws costs the spans, not the work', (t) => {
  trace.setGlobalTracerProvider({
    getTracer: () => {
      throw new Error('broken');
    },
  });
  t.after(() => trace.disable());
  assert.equal(
    span('work', () => 7),
    7,
  );
});

const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5));

function outcome(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return 'nothing was thrown';
}
