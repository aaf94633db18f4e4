import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
  GetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { can, named, usePlace } from '../support/place.ts';

const place = usePlace();
const TRACE = randomBytes(16).toString('hex');

async function arnOf(queueUrl: string): Promise<string> {
  const answer = await place.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
  );
  return answer.Attributes?.['QueueArn'] ?? assert.fail('no ARN');
}

/**
 * Waits for the message with this in its body in the dead-letter queue, where other runs may have left some of their own. It stays there,
 * and visible: a move task takes only what is.
 */
async function findDead(part: string): Promise<Message> {
  const QueueUrl = place.output('FileGeneratorDeadLetterQueueUrl');
  const seen: Message[] = [];
  for (const deadline = Date.now() + place.patienceMs; Date.now() < deadline;) {
    const { Messages = [] } = await place.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
        VisibilityTimeout: 5,
        WaitTimeSeconds: 1,
      }),
    );
    seen.push(...Messages);
    const found = Messages.find(({ Body }) => Body?.includes(part));
    if (!found) continue;
    for (const { ReceiptHandle } of seen) {
      await place.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    }
    return found;
  }
  return assert.fail(`not in the dead-letter queue: ${part}`);
}

async function forgetDead(part: string): Promise<void> {
  const { ReceiptHandle } = await findDead(part);
  await place.sqs.send(
    new DeleteMessageCommand({ QueueUrl: place.output('FileGeneratorDeadLetterQueueUrl'), ReceiptHandle }),
  );
}

/** Why a message was moved, as it says itself. */
const failureOf = ({ MessageAttributes }: Message): { reason: string; queue: string } =>
  JSON.parse(MessageAttributes?.['nedlia.failure']?.StringValue ?? '{}');

test('poison is moved aside with its reason, delays nobody, and a redrive goes on in the same trace', async () => {
  const material = await place.material();
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
  await place.wholeTrace(created.traceId);

  // A command of a version that is not known yet: permanent today, fine after tomorrow's deployment.
  const id = randomUUID();
  const body = JSON.stringify({
    command: 'placement.regenerate_file',
    command_version: 2,
    command_id: id,
    placement_id: 'p',
  });
  await place.sqs.send(
    new SendMessageCommand({
      QueueUrl: place.output('FileGeneratorQueueUrl'),
      MessageBody: body,
      MessageAttributes: {
        traceparent: { DataType: 'String', StringValue: `00-${TRACE}-00f067aa0ba902b7-01` },
        colour: { DataType: 'String', StringValue: 'blue' },
        correlation_id: { DataType: 'String', StringValue: 'order-7' },
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

  const dead = await findDead(id);
  assert.deepEqual(JSON.parse(dead.Body ?? ''), JSON.parse(body));
  if (can('exactBodies')) assert.equal(dead.Body, body, 'unchanged to the byte');
  assert.equal(dead.MessageAttributes?.['colour']?.StringValue, 'blue');
  assert.equal(dead.MessageAttributes?.['traceparent']?.StringValue, `00-${TRACE}-00f067aa0ba902b7-01`);
  assert.match(dead.Attributes?.AWSTraceHeader ?? '', /Root=1-5759e988-bd862e3fe1be46a994272793/);
  const failure = failureOf(dead);
  assert.deepEqual([failure.reason, failure.queue], ['unknown-version', 'nedlia-file-generator']);

  await place.sqs.send(
    new StartMessageMoveTaskCommand({
      SourceArn: await arnOf(place.output('FileGeneratorDeadLetterQueueUrl')),
      DestinationArn: await arnOf(place.output('FileGeneratorQueueUrl')),
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
  assert.equal(redriven.attributes['correlation_id'], 'order-7');
  await forgetDead(id);
});

test('a body that cannot be read goes aside too, and the good message beside it is processed', async () => {
  const material = await place.material();
  const QueueUrl = place.output('FileGeneratorQueueUrl');
  const [text, list, event] = [randomUUID(), randomUUID(), randomUUID()];
  const unknown = JSON.stringify({ 'detail-type': 'unknown', source: event, detail: {} });
  const ids: string[] = [];
  for (const MessageBody of [`not JSON ${text}`, `["${list}"]`, unknown]) {
    const { MessageId = '' } = await place.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    ids.push(MessageId);
  }
  const created = await place.send('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
  await place.wholeTrace(created.traceId);
  for (const part of [text, list, event]) {
    assert.match(failureOf(await findDead(part)).reason, /^un(readable|known)-message$/);
    await forgetDead(part);
  }
  const lines = await place.logs('nedlia-file-generator');
  for (const messageId of ids)
    assert.ok(
      lines.some((line) => line.includes(messageId)),
      'each says why in the log',
    );
});
