import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backOff, backOffSeconds } from '../../aws/back-off.ts';
import { sqsClient } from '../../aws/clients.ts';
import { Unavailable } from '../../core/unavailable.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { captureLog } from '../support/log-lines.ts';
import { recordSpans } from '../support/spans.ts';

it('a back-off lies anywhere between one second and its cap, which doubles up to two minutes', () => {
  const caps = [1, 2, 3, 4, 5, 6, 7, 100].map((receives) => backOffSeconds(receives, undefined, () => 0.9999));
  assert.deepEqual(caps, [2, 4, 8, 16, 32, 64, 120, 120]);
  assert.equal(
    backOffSeconds(100, undefined, () => 0),
    1,
  );
  assert.equal(
    backOffSeconds(100, undefined, () => 0.5),
    60,
  );
});

it('a failure that asks for a later time gets it, up to a quarter of an hour', () => {
  const asked = (retryAfter: number) => backOffSeconds(1, new Unavailable('no', { retryAfter }), () => 1);
  assert.deepEqual([asked(0), asked(1.5), asked(60), asked(86_400)], [2, 2, 60, 900]);
});

it('hiding a message makes no span', async (t) => {
  const spans = recordSpans(t);
  const { requests } = await startAwsEndpoint(t, () => ({}));
  await backOff(sqsClient(), 'http://sqs/things', 'receipt', 7);
  assert.deepEqual(requests[0]?.input, {
    QueueUrl: 'http://sqs/things',
    ReceiptHandle: 'receipt',
    VisibilityTimeout: 7,
  });
  assert.deepEqual(spans.all(), []);
});

it('an SQS that does not answer holds it for a second, and nothing is thrown', async (t) => {
  const lines = captureLog(t);
  await startAwsEndpoint(t, () => ({ never: true }));
  const start = Date.now();
  await backOff(sqsClient(), 'http://sqs/things', 'receipt', 7);
  assert.ok(Date.now() - start < 2000);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn'],
  );
});
