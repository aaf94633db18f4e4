import { GetQueueUrlCommand, TagQueueCommand } from '@aws-sdk/client-sqs';
import { ListRulesCommand } from '@aws-sdk/client-eventbridge';
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { bench } from '../../support/local-aws.ts';

function statusFor(endpoint: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(`${endpoint}/files?list-type=2`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.once('error', reject).end();
  });
}

test('an operation that is not known is refused by its name', async (t) => {
  const aws = await bench(t);
  const tag = new TagQueueCommand({ QueueUrl: aws.urlOf('work'), Tags: {} });
  await assert.rejects(aws.sqs.send(tag), { name: 'UnknownOperationException', message: /AmazonSQS\.TagQueue/ });
  await assert.rejects(aws.eventBridge.send(new ListRulesCommand({})), { message: /AWSEvents\.ListRules/ });
});

test('a name of no operation is not found among the properties every object has', async (t) => {
  const { endpoint } = await bench(t);
  for (const target of ['AmazonSQS.constructor', 'constructor.name', 'AmazonSQS.']) {
    const answer = await fetch(endpoint, { method: 'POST', headers: { 'x-amz-target': target }, body: '{}' });
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /UnknownOperationException/);
  }
});

test('only a loopback host is served, so that no web page reaches it by a name it rebound', async (t) => {
  const { endpoint } = await bench(t);
  const { port } = new URL(endpoint);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
    assert.equal(await statusFor(endpoint, host), 200, host);
  }
  for (const host of ['evil.example', `127.0.0.1.evil.example:${port}`, '169.254.169.254', `localhost@evil.example`]) {
    assert.equal(await statusFor(endpoint, host), 403, host);
  }
});

test('a body that is not JSON is refused', async (t) => {
  const { endpoint } = await bench(t);
  const headers = { 'x-amz-target': 'AmazonSQS.SendMessage' };
  const answer = await fetch(endpoint, { method: 'POST', headers, body: '{' });
  assert.deepEqual(
    [answer.status, await answer.json()],
    [400, { __type: 'SerializationException', message: 'The body is not JSON.' }],
  );
});

test('a test can have SQS down', async (t) => {
  const aws = await bench(t, {
    faults: { fail: (service) => (service === 'sqs' ? { status: 503, code: 'ServiceUnavailable' } : undefined) },
  });
  const call = aws.sqs.send(new GetQueueUrlCommand({ QueueName: 'work' }));
  await assert.rejects(call, { name: 'ServiceUnavailable' });
});
