import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent } from '../../../core/permanent.ts';
import { notify } from '../../../lambdas/notifier/notify.ts';
import type { WebhookMessage } from '../../../lambdas/notifier/webhook.ts';
import { only, recordSpans } from '../../support/spans.ts';
import { aDelivery, cancelled, created, regenerate } from '../../support/stories.ts';

const data = { placement_id: 'pl-1', video_id: 'vi-1', product_id: 'pr-1', start_time: 12.5, end_time: 20 };

test('every event becomes a webhook: its id, and its name, time and data as the body', async () => {
  const sent: WebhookMessage[] = [];
  const story = notify({ send: async (webhook) => void sent.push(webhook) });
  await story(created({ id: 'evt-1' }), aDelivery());
  await story(cancelled(), aDelivery());
  const [first, second] = sent;
  assert.equal(first?.body, JSON.stringify({ type: 'placement.created', timestamp: '2026-11-20T12:00:00.000Z', data }));
  assert.deepEqual([first.id, first.attempt], ['evt-1', 1]);
  assert.match(String(second?.body), /^\{"type":"placement\.cancelled"/);
});

test('the next attempt differs in nothing but its number', async () => {
  const sent: WebhookMessage[] = [];
  const story = notify({ send: async (webhook) => void sent.push(webhook) });
  for (const receives of [1, 2]) await story(created({ id: 'evt-1' }), aDelivery({ receives }));
  assert.deepEqual({ ...sent[0], attempt: 2 }, sent[1]);
});

test('what the sending throws is thrown on, and marks the span', async (t) => {
  const spans = recordSpans(t);
  const story = notify({ send: () => Promise.reject(new Error('no answer')) });
  await assert.rejects(story(created(), aDelivery()), /no answer/);
  const { status, attributes } = only(spans.all(), 'notifier.send_notification');
  assert.equal(status, 'ERROR');
  assert.equal(attributes['nedlia.event.name'], 'placement.created');
});

test('a command is nothing to tell anybody', async () => {
  const story = notify({ send: () => assert.fail('sent') });
  await assert.rejects(
    story(regenerate(), aDelivery()),
    (error) => error instanceof Permanent && error.reason === 'unexpected-message',
  );
});
