import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
  GetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { named, usePlace } from '../support/place.ts';

const place = usePlace();
const TRACE = '7bf92f3577b34da6a3ce929d0e0e4736';

const client = () =>
  new SQSClient({
    endpoint: place.pipeline.aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    useQueueUrlAsEndpoint: false,
  });
const output = (name: string) => place.pipeline.aws.outputs[name] ?? assert.fail(`no output ${name}`);

async function arnOf(queueUrl: string): Promise<string> {
  const answer = await client().send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  return answer.Attributes?.['QueueArn'] ?? assert.fail('no ARN');
}

async function receiveDead() {
  for (let attempt = 0; attempt < 20; attempt++) {
    const answer = await client().send(
      new ReceiveMessageCommand({
        QueueUrl: output('FileGeneratorDeadLetterQueueUrl'),
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 0,
        WaitTimeSeconds: 1,
      }),
    );
    const [message] = answer.Messages ?? [];
    if (message) return message;
  }
  return assert.fail('nothing in the dead-letter queue');
}

test('poison is moved aside with its reason, delays nobody, and a redrive goes on in the same trace', async () => {
  const material = await place.material();
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
  await place.wholeTrace(created.traceId);

  // A command of a version that is not known yet: permanent today, fine after tomorrow's deployment.
  const body = JSON.stringify({
    command: 'placement.regenerate_file',
    command_version: 2,
    command_id: 'c1',
    placement_id: 'p',
  });
  await client().send(
    new SendMessageCommand({
      QueueUrl: output('FileGeneratorQueueUrl'),
      MessageBody: body,
      MessageAttributes: {
        traceparent: { DataType: 'String', StringValue: `00-${TRACE}-00f067aa0ba902b7-01` },
        colour: { DataType: 'String', StringValue: 'blue' },
      },
      MessageSystemAttributes: {
        AWSTraceHeader: {
          DataType: 'String',
          StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
        },
      },
    }),
  );
  const [failed] = await place.until(
    TRACE,
    (all) => named(all, 'process nedlia-file-generator').length === 1,
    'its span',
  );
  assert.equal(failed?.status.code, 'ERROR');
  assert.equal(failed?.attributes['error.type'], 'unknown-version');

  const dead = await receiveDead();
  assert.equal(dead.Body, body, 'unchanged');
  assert.equal(dead.MessageAttributes?.['colour']?.StringValue, 'blue');
  assert.equal(dead.MessageAttributes?.['traceparent']?.StringValue, `00-${TRACE}-00f067aa0ba902b7-01`);
  assert.match(dead.Attributes?.AWSTraceHeader ?? '', /Root=1-5759e988-bd862e3fe1be46a994272793/);
  const failure = JSON.parse(dead.MessageAttributes?.['nedlia.failure']?.StringValue ?? '{}');
  assert.deepEqual([failure.reason, failure.queue], ['unknown-version', 'nedlia-file-generator']);

  await client().send(
    new StartMessageMoveTaskCommand({
      SourceArn: await arnOf(output('FileGeneratorDeadLetterQueueUrl')),
      DestinationArn: await arnOf(output('FileGeneratorQueueUrl')),
    }),
  );
  const spans = await place.until(
    TRACE,
    (all) => named(all, 'process nedlia-file-generator').length === 2,
    'the redriven one',
  );
  const redriven = spans.findLast(({ name }) => name === 'process nedlia-file-generator');
  assert.equal(redriven?.attributes['aws.sqs.message.redriven'], true);
  assert.equal(redriven?.parentSpanId, '00f067aa0ba902b7');
});

test('a body that cannot be read goes aside too, and the good message beside it is processed', async () => {
  const material = await place.material();
  const queue = output('FileGeneratorQueueUrl');
  for (const body of ['not JSON', '[]', '{"detail-type":"unknown","source":"x","detail":{}}']) {
    await client().send(new SendMessageCommand({ QueueUrl: queue, MessageBody: body }));
  }
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
  await place.wholeTrace(created.traceId);
  await place.idle();
  const dead = output('FileGeneratorDeadLetterQueueUrl');
  let waiting = 0;
  for (let attempt = 0; attempt < 40 && waiting < 3; attempt++, await sleep(100)) {
    const answer = await client().send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    waiting = Number(answer.Attributes?.['ApproximateNumberOfMessages']);
  }
  assert.ok(waiting >= 3, `${waiting} messages in the dead-letter queue`);
  const reasons = place.lines.filter(
    ({ line }) => line.includes('unreadable-message') || line.includes('unknown-message'),
  );
  assert.ok(reasons.length >= 3, 'each says why in the log');
});
