import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import { span } from '../../telemetry/span.ts';
import { traced } from '../../telemetry/wrap.ts';
import { only, recordSpans } from '../support/spans.ts';

const here = () => trace.getActiveSpan()?.spanContext().spanId;

class Cancelable<T> extends Promise<T> {
  cancelled = false;
  cancel(): void {
    this.cancelled = true;
  }
}

/** Runs when it is awaited and not before, every time it is, as builders of queries do. */
class Query {
  runs: unknown[] = [];
  readonly #outcome: () => unknown;
  constructor(outcome: () => unknown) {
    this.#outcome = outcome;
  }
  limit(): this {
    return this;
  }
  // oxlint-disable-next-line unicorn/no-thenable -- it is what is tried out here
  then<A, B>(fulfilled?: ((value: unknown) => A) | null, rejected?: ((reason: unknown) => B) | null): Promise<A | B> {
    this.runs.push(here());
    return Promise.resolve().then(this.#outcome).then(fulfilled, rejected);
  }
}

test('a promise with members of its own is returned itself, and the span ends when it settles', async (t) => {
  const spans = recordSpans(t);
  const open = Promise.withResolvers<number>();
  const made = Object.assign(open.promise, { cancel: () => 'cancelled' });
  const returned = span('work', () => made);
  assert.equal(returned, made);
  assert.equal(returned.cancel(), 'cancelled');
  await turn();
  assert.deepEqual(spans.all(), [], 'still open');
  open.resolve(7);
  assert.equal(await returned, 7);
  assert.equal(only(spans.all(), 'work').status, 'UNSET');

  const begun = traced(() => new Cancelable<string>((resolve) => setImmediate(resolve, 'done')), { name: 'wrapped' })();
  begun.cancel();
  assert.deepEqual([begun instanceof Cancelable, begun.cancelled, await begun], [true, true, 'done']);
  only(spans.all(), 'wrapped');
});

test('one that fails makes the span ERROR; whoever handles it hears it once, and nothing else is unhandled', async (t) => {
  const spans = recordSpans(t);
  const unhandled = heardUnhandled(t);
  const error = new RangeError('too far');
  await assert.rejects(
    span('work', () => Object.assign(Promise.reject(error), { cancel: () => {} })),
    (thrown) => thrown === error,
  );
  await turn();
  assert.equal(only(spans.all(), 'work').status, 'ERROR');
  assert.deepEqual(unhandled(), []);
});

test('a rejection nobody handles is reported as without a span', async (t) => {
  recordSpans(t);
  const unhandled = heardUnhandled(t);
  const error = new Error('nobody handles it');
  void span('work', async () => {
    throw error;
  });
  await turn();
  assert.deepEqual(unhandled(), [error]);
});

test('a thenable that is no promise runs once, when it is awaited, with the span active, which ends with it', async (t) => {
  const spans = recordSpans(t);
  const query = new Query(() => 7);
  const returned = span('query', () => query);
  assert.equal(returned, query);
  assert.equal(query.runs.length, 0);
  assert.equal(await returned, 7);
  assert.deepEqual(query.runs, [only(spans.all(), 'query').spanId]);
  await returned;
  await turn();
  assert.equal(query.runs.length, 2);
  assert.equal(spans.all().length, 1, 'ended once');
});

test('what comes after a thenable does not run under its span', async (t) => {
  recordSpans(t);
  const seen = await span('query', () => new Query(() => 7)).then(() => [here()]);
  assert.deepEqual(seen, [undefined]);
});

test('a thenable that fails makes the span ERROR and rejects as it did', async (t) => {
  const spans = recordSpans(t);
  const unhandled = heardUnhandled(t);
  const failing = span('query', () => new Query(() => Promise.reject(new RangeError('no such table'))));
  await assert.rejects(async () => await failing, RangeError);
  assert.equal(only(spans.all(), 'query').attributes['error.type'], 'RangeError');
  await turn();
  assert.deepEqual(unhandled(), []);
});

test('a builder nobody awaits is handed on with its methods, and its span ends as of when the work returned', async (t) => {
  const spans = recordSpans(t);
  const builder = span('build', () => new Query(() => 7));
  assert.equal(builder.limit(), builder);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  await turn();
  const { status, ms } = only(spans.all(), 'build');
  assert.equal(status, 'UNSET');
  assert.ok(ms < 900, String(ms));
  assert.equal(await builder, 7);
  assert.equal(spans.all().length, 1);
});

test('a builder that refuses to be awaited is not asked to be', async (t) => {
  const spans = recordSpans(t);
  const refusing = {
    execute: async () => 7,
    // oxlint-disable-next-line unicorn/no-thenable -- it is what is tried out here
    then: () => {
      throw new Error('call execute()');
    },
  };
  const builder = span('build', () => refusing);
  assert.equal(await builder.execute(), 7);
  await turn();
  assert.equal(only(spans.all(), 'build').status, 'UNSET');
});

test('a thenable that is kept gets its own `then` back after every span, and never a layer more', async (t) => {
  recordSpans(t);
  const kept = new Query(() => 7);
  const own = { then: (fulfilled: unknown) => typeof fulfilled }; // oxlint-disable-line unicorn/no-thenable -- it is what is tried out here
  const before = Object.getOwnPropertyDescriptor(own, 'then');
  for (let round = 0; round < 20_000; round += 1) {
    assert.equal(span('ready', () => own).then(undefined), 'function');
    assert.equal(
      span('ready', () => kept),
      kept,
    );
    if (round % 2) await kept;
    else if (round % 100 === 0) await turn();
  }
  await turn();
  assert.equal(Object.hasOwn(kept, 'then'), false);
  assert.deepEqual(Object.getOwnPropertyDescriptor(own, 'then'), before);
  assert.equal(await kept, 7);
});

test('spans of one thenable that is awaited once all end with it, however many they are', async (t) => {
  const spans = recordSpans(t);
  const query = new Query(() => 7);
  span('outer', () => span('inner', () => query));
  for (let index = 0; index < 20_000; index += 1) span('again', () => query);
  assert.equal(await query, 7);
  assert.deepEqual(query.runs, [only(spans.all(), 'inner').spanId], 'once, under the innermost');
  only(spans.all(), 'outer');
  assert.equal(spans.all().length, 20_002);
});

test('a `then` that somebody else has put over ours is left to them', async (t) => {
  const spans = recordSpans(t);
  const query = span('query', () => new Query(() => 7));
  const theirs = t.mock.method(query, 'then');
  assert.equal(await query, 7);
  assert.equal(theirs.mock.callCount(), 1);
  assert.equal(Object.getOwnPropertyDescriptor(query, 'then')?.value, theirs);
  only(spans.all(), 'query');
});

test('a promise with a `then` of its own ends its span when it settles, for `await` never calls that', async (t) => {
  const spans = recordSpans(t);
  const open = Promise.withResolvers<number>();
  const called = t.mock.method(open.promise, 'then');
  const returned = span('work', () => open.promise);
  assert.equal(returned, open.promise);
  await turn();
  assert.deepEqual(spans.all(), [], 'still open');
  open.reject(new RangeError('too far'));
  await assert.rejects(async () => await returned, RangeError);
  assert.equal(only(spans.all(), 'work').attributes['error.type'], 'RangeError');
  assert.equal(called.mock.callCount(), 0);
});

test('a class of promises that begins its work with `then` is not made to begin by a span', async (t) => {
  const spans = recordSpans(t);
  let begun = 0;
  class Lazy extends Promise<number> {
    // oxlint-disable-next-line unicorn/no-thenable -- it is what is tried out here
    override then<A = number, B = never>(
      fulfilled?: ((value: number) => A | PromiseLike<A>) | null,
      rejected?: ((why: unknown) => B | PromiseLike<B>) | null,
    ): Promise<A | B> {
      begun += 1;
      return turn(7).then(fulfilled, rejected);
    }
  }
  const lazy = span('lazy', () => new Lazy((resolve) => resolve(0)));
  assert.equal(begun, 0);
  assert.deepEqual([await lazy, begun], [7, 1]);
  only(spans.all(), 'lazy');
});

test('one that defends itself is handed on as it is, its span ended', async (t) => {
  const spans = recordSpans(t);
  const frozen = Object.freeze(new Query(() => 7));
  assert.equal(await span('frozen', () => frozen), 7);
  const trap = new Proxy({} as { size: number }, {
    has: () => {
      throw new Error('trap');
    },
  });
  assert.equal(
    span('trap', () => trap),
    trap,
  );
  class Odd extends Promise<number> {
    constructor(run?: ConstructorParameters<typeof Promise<number>>[0]) {
      if (!run) throw new TypeError('not so');
      super(run);
    }
    static override get [Symbol.species](): PromiseConstructor {
      throw new TypeError('not here');
    }
  }
  void span('odd', () => new Odd((resolve) => resolve(7)));
  for (const name of ['frozen', 'trap', 'odd']) only(spans.all(), name);
});

/** What the process reports as unhandled while the test runs. */
function heardUnhandled(t: { after: (undo: () => void) => void }): () => unknown[] {
  const heard: unknown[] = [];
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => heard.push(reason));
  t.after(() => {
    process.removeAllListeners('unhandledRejection');
    for (const listener of before) process.on('unhandledRejection', listener);
  });
  return () => heard;
}
