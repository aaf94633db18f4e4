import type { SQSClient } from '@aws-sdk/client-sqs';
import { ChangeMessageVisibilityCommand, SendMessageCommand } from '@aws-sdk/client-sqs';

/** What a consumer asked of SQS. */
export interface Asked {
  moved: SendMessageCommand['input'][];
  hidden: ChangeMessageVisibilityCommand['input'][];
}

/** An SQS client that notes moves and back-offs; `answer` may throw for any of them. */
export function fakeSqs(answer: (command: unknown) => void = () => {}): { sqs: SQSClient; asked: Asked } {
  const asked: Asked = { moved: [], hidden: [] };
  const send = async (command: unknown) => {
    answer(command);
    if (command instanceof SendMessageCommand) asked.moved.push(command.input);
    else if (command instanceof ChangeMessageVisibilityCommand) asked.hidden.push(command.input);
    else throw new Error('no consumer asks for this');
    return {};
  };
  return { sqs: { send } as unknown as SQSClient, asked };
}
