import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createContextKey } from '@opentelemetry/api';
import { ROOT } from '../../telemetry/carry/root.ts';
import { contextManager } from '../../telemetry/context-manager.ts';

const KEY = createContextKey('who');
const of = (who: string) => ROOT.setValue(KEY, who);
const active = () => contextManager.active().getValue(KEY);

function sumFor(this: { name: string }, left: number, right: number): unknown[] {
  return [this.name, left + right, active()];
}

test('a context is active for what runs in it, also after an await, and for nothing beside it', async () => {
  assert.equal(contextManager.active(), ROOT);
  const late = async (): Promise<unknown> => {
    await turn();
    return active();
  };
  const [a, b] = await Promise.all([contextManager.with(of('a'), late), contextManager.with(of('b'), late)]);
  assert.deepEqual([a, b, active()], ['a', 'b', undefined]);
  assert.throws(() => contextManager.with(of('a'), () => assert.fail('the work failed')), /the work failed/);
  assert.equal(contextManager.active(), ROOT);
});

test('work gets its `this` and its arguments', () => {
  assert.deepEqual(contextManager.with(of('a'), sumFor, { name: 'it' }, 1, 2), ['it', 3, 'a']);
});

test('a function can be bound to a context, wherever it is called; anything else is returned as it is', () => {
  const it = { name: 'it', sum: contextManager.bind(of('a'), sumFor) };
  assert.equal(it.sum.length, 2);
  assert.deepEqual(
    contextManager.with(of('b'), () => it.sum(1, 2)),
    ['it', 3, 'a'],
  );
  const emitter = new EventEmitter();
  assert.equal(contextManager.bind(of('a'), emitter), emitter);
});

test('disabled, nothing is active any more; enabled again it works', () => {
  contextManager.with(of('a'), () => {
    contextManager.disable();
    assert.equal(contextManager.active(), ROOT);
  });
  assert.equal(contextManager.enable().with(of('b'), active), 'b');
});
