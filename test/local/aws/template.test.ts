import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlan, readPlans } from '../../../local/aws/read-plan.ts';
import { resolver, type Template } from '../../../local/aws/template.ts';

const template: Template = {
  Parameters: { Url: { Type: 'String' }, Given: { Type: 'String', Default: 'preset' } },
  Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
};
const resolve = resolver(template, {
  parameters: { Given: 'given' },
  pseudo: { 'AWS::Region': 'us-east-1' },
  identify: (id) => ({ Ref: `${id}-ref`, Arn: `${id}-arn`, 'Nested.Name': `${id}-nested` }),
});

const resolved: [what: string, value: unknown, expected: unknown][] = [
  ['plain data stays as it is', { a: [1, null, true, 'x'] }, { a: [1, null, true, 'x'] }],
  ['a parameter is its value', { Ref: 'Given' }, 'given'],
  ['a pseudo parameter is its value', { Ref: 'AWS::Region' }, 'us-east-1'],
  ['a reference to a resource is what identifies it', { Ref: 'Queue' }, 'Queue-ref'],
  ['an attribute is found by a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'Queue-arn'],
  ['an attribute is found by its dotted name', { 'Fn::GetAtt': 'Queue.Nested.Name' }, 'Queue-nested'],
  [
    'names in a text are replaced',
    { 'Fn::Sub': '${AWS::Region}/${Queue.Arn}/${!Literal}' },
    'us-east-1/Queue-arn/${Literal}',
  ],
  [
    'names a text brings along are replaced',
    { 'Fn::Sub': ['${x}/${Queue}', { x: { Ref: 'Given' } }] },
    'given/Queue-ref',
  ],
  ['parts are joined', { 'Fn::Join': [':', ['a', { Ref: 'Queue' }]] }, 'a:Queue-ref'],
  ['one of several parts is chosen', { 'Fn::Select': [1, { 'Fn::Split': ['-', { Ref: 'Queue' }] }] }, 'ref'],
];
for (const [what, value, expected] of resolved) {
  test(`in a template ${what}`, () => assert.deepEqual(resolve({ in: value }, 'P'), { in: expected }));
}

const refused: [what: string, value: unknown, message: RegExp][] = [
  ['an intrinsic function', { 'Fn::FindInMap': ['a', 'b'] }, /^Error: P\.deep\[0\]: Fn::FindInMap is not known here$/],
  ['an import', { 'Fn::ImportValue': 'x' }, /no stack before this one exports x/],
  ['a condition', { Condition: 'x' }, /P\.deep\[0\]: Condition is not known/],
  ['a name', { Ref: 'Nobody' }, /P\.deep\[0\]\.Ref: Nobody is neither a parameter nor a resource/],
  ['an attribute', { 'Fn::GetAtt': ['Queue', 'Colour'] }, /Colour of Queue \(AWS::SQS::Queue\) is not known/],
  ['an index', { 'Fn::Select': ['7', ['a']] }, /nothing at index 7/],
];
for (const [what, value, message] of refused) {
  test(`${what} that is not known stops the start, with its path`, () => {
    assert.throws(() => resolve({ deep: [value] }, 'P'), message);
  });
}

test('a parameter without a value stops the start', () => {
  assert.throws(() => resolve({ Ref: 'Url' }, 'P'), /parameter Url has no value/);
});

const rule = (target: object) => ({ Type: 'AWS::Events::Rule', Properties: { EventPattern: {}, Targets: [target] } });
const plan = (resource: object) =>
  readPlan(
    { Resources: { X: resource as never } },
    { stack: 's', assembly: '/a', endpoint: 'http://e', parameters: {} },
  );

test('a resource type, property, condition or target that is not known stops the start', () => {
  assert.throws(() => plan({ Type: 'AWS::SNS::Topic' }), /Resources\.X: AWS::SNS::Topic is not known here/);
  assert.throws(
    () => plan({ Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } }),
    /Resources\.X\.Properties\.FifoQueue is not known here/,
  );
  assert.throws(() => plan({ Type: 'AWS::S3::Bucket', Condition: 'C' }), /Resources\.X\.Condition/);
  assert.throws(() => plan(rule({ Arn: 'arn:aws:lambda:r:a:function:f' })), /only a queue can be a target/);
  assert.throws(() => plan(rule({ Arn: 'arn:aws:sqs:r:a:q', InputPath: '$.detail' })), /Targets\[0\]\.InputPath/);
});

test('a queue without properties has the attributes AWS gives it', () => {
  const [queue] = plan({ Type: 'AWS::SQS::Queue' }).queues;
  assert.deepEqual(queue, {
    name: 'X',
    arn: 'arn:aws:sqs:us-east-1:000000000000:X',
    delayMs: 0,
    visibilityMs: 30_000,
    retentionMs: 345_600_000,
    receiveWaitMs: 0,
    maximumBytes: 1_048_576,
    redrive: undefined,
  });
});

const aFunction = (name: string) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { FunctionName: name },
  Metadata: { 'aws:asset:path': name },
});

test('a stack imports what those before it export, and only functions that a queue feeds are run', () => {
  const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } };
  const data: Template = {
    Resources: { Dead: queue },
    Outputs: { Out: { Value: { 'Fn::GetAtt': ['Dead', 'Arn'] }, Export: { Name: 'data:dead' } } },
  };
  const running: Template = {
    Resources: {
      Work: {
        Type: 'AWS::SQS::Queue',
        Properties: { RedrivePolicy: { deadLetterTargetArn: { 'Fn::ImportValue': 'data:dead' }, maxReceiveCount: 3 } },
      },
      Worker: aFunction('worker'),
      Idle: aFunction('idle'),
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Work', 'Arn'] }, FunctionName: { Ref: 'Worker' } },
      },
    },
    Outputs: { Name: { Value: 'said' } },
  };
  const whole = readPlans(
    [
      { name: 'data', template: data },
      { name: 'running', template: running },
    ],
    { assembly: '/a', endpoint: 'http://e', parameters: {} },
  );
  assert.deepEqual(
    whole.queues.map(({ name, redrive }) => [name, redrive?.deadLetter]),
    [
      ['dead', undefined],
      ['Work', 'dead'],
    ],
  );
  assert.deepEqual(
    whole.functions.map(({ name }) => name),
    ['worker'],
  );
  assert.deepEqual(whole.outputs, { Name: 'said' });
});
