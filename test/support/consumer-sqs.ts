import { createHash } from 'node:crypto';
import { after } from 'node:test';
import type { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { sqsClient } from '../../aws/clients.ts';
import { type AwsAnswer, type AwsRequest, startAwsEndpoint } from './aws-endpoint.ts';

/** What a consumer asked of SQS, as it stood on the wire: bytes are base64. */
export interface Asked {
  moved: SendMessageCommand['input'][];
  hidden: ChangeMessageVisibilityCommand['input'][];
}

type Refuses = (request: AwsRequest) => boolean;

let current: { asked: Asked; refuses: Refuses } | undefined;

function answer(request: AwsRequest): AwsAnswer {
  const { operation, input } = request;
  if (!current || current.refuses(request)) return { status: 400, body: { __type: 'InvalidAddress' } };
  if (operation === 'ChangeMessageVisibility') {
    current.asked.hidden.push(input as unknown as Asked['hidden'][0]);
    return {};
  }
  if (operation !== 'SendMessage') throw new Error(`no consumer asks for ${operation}`);
  current.asked.moved.push(input as unknown as Asked['moved'][0]);
  // The client compares this with what it sent.
  return { body: { MessageId: 'moved-1', MD5OfMessageBody: md5(String(input['MessageBody'])) } };
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

await startAwsEndpoint({ after: (done) => after(done as () => void) }, answer);

/** Our own client on a server that notes moves and back-offs and may refuse them. One at a time: the latest is asked. */
export function consumerSqs(refuses: Refuses = () => false): { sqs: SQSClient; asked: Asked } {
  const asked: Asked = { moved: [], hidden: [] };
  current = { asked, refuses };
  return { sqs: sqsClient(), asked };
}
