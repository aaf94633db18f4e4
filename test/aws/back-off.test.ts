import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backOff, backOffSeconds } from '../../aws/back-off.ts';
import { sqsClient } from '../../aws/clients.ts';
import { Unavailable } from '../../core/unavailable.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { captureLog } from '../support/log-lines.ts';
import { recordSpans } from '../support/spans.ts';

const failure = new Error('again');
const busy = (retryAfter: number) => new Unavailable('busy', { retryAfter });

it('the longest back-off doubles with each receive and ends at two minutes', () => {
  const longest = [1, 2, 3, 6, 7, 100].map((receives) => backOffSeconds(receives, failure, () => 1));
  assert.deepEqual(longest, [2, 4, 8, 64, 120, 120]);
});

it('its jitter is full: any whole second from one on', () => {
  const waits = [0, 0.5, 1].map((random) => backOffSeconds(7, failure, () => random));
  assert.deepEqual(waits, [1, 60, 120]);
});

it('what the failure asks for is the least, within a quarter of an hour', () => {
  const waits = [0, 1.5, 45, 86_400].map((asked) => backOffSeconds(1, busy(asked), () => 0));
  assert.deepEqual(waits, [1, 2, 45, 900]);
  const jittered = backOffSeconds(7, busy(5), () => 1);
  assert.equal(jittered, 120);
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
  assert.ok(Date.now() - start < 2800, 'others are given three seconds');
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn'],
  );
});
