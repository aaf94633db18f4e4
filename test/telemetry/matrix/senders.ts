import assert from 'node:assert/strict';
import { after } from 'node:test';
import type { Message } from '@aws-sdk/client-sqs';
import Fastify from 'fastify';
import type { Outcome } from '../../../aws/batches.ts';
import { putEvents } from '../../../aws/bus.ts';
import { sendMessages } from '../../../aws/queue.ts';
import { webhookSender } from '../../../lambdas/notifier/webhook.ts';
import { traceRequests } from '../../../telemetry/edges/http-server.ts';
import { span } from '../../../telemetry/span.ts';
import { askOverHttp } from '../../support/api.ts';
import { asLambda, type Mailbox } from '../../support/mailbox.ts';
import { aRecord, stringAttributes } from '../../support/records.ts';
import { aSecret } from '../../support/signed-webhook.ts';
import type { CarrierName } from './conditions.ts';

/** One thing to be sent. */
export interface Given {
  thing: string;
  /** What made us say it. */
  context: string;
  /** A context that somebody has put there before. */
  present?: string | undefined;
  /** Of what made us say it. */
  baggage?: string;
  attributes?: Record<string, string>;
  /** X-Ray's header beside it, of a request that comes in. */
  xray?: string;
}

/** What was on the wire beside the parent that the other side found. */
type Wire = Record<string, unknown>;

export interface Sender {
  name: CarrierName;
  /** From the span below what made us say it to that of the work at the other side. */
  names: (thing: string) => string[];
  /** Sends them together, has the other side work on them, and gives what it got. */
  deliver: (given: Given[]) => Promise<Wire[]>;
}

/** What carries a trace out of this process, or into it by HTTP: each through our own code on both sides. */
export async function sendersOf(mailbox: Mailbox): Promise<Sender[]> {
  const { eventBridge, sqs, queue } = mailbox;

  const arrive = async (outcomes: Outcome[]): Promise<Wire[]> => {
    assert.ok(outcomes.every(({ ok }) => ok));
    const messages = await mailbox.receive(outcomes.length);
    await mailbox.process(messages.map(asLambda));
    return messages.map(({ Attributes, MessageAttributes }: Message) => ({ ...Attributes, ...MessageAttributes }));
  };

  const requests: Wire[] = [];
  const server = Fastify();
  after(() => server.close());
  traceRequests(server, { edge: 'continue' });
  server.post('/:thing', async (request, reply) => {
    requests.push(request.headers);
    span(`work ${(request.params as { thing: string }).thing}`, () => undefined);
    return reply.code(204).send();
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  const taken = (count: number): Wire[] => requests.splice(0, count);

  return [
    {
      name: 'an event sent by PutEvents',
      names: (thing) => ['send bus (whispered)', 'process work', `work ${thing}`],
      deliver: async (given) => {
        const entries = given.map(({ thing, context, baggage, present }) => ({
          source: 'test',
          name: 'whispered',
          detail: { thing, ...(present && { _trace: { traceparent: present } }) },
          context: { traceparent: context, ...(baggage && { baggage }) },
        }));
        return arrive(await putEvents(eventBridge, 'bus', entries));
      },
    },
    {
      name: 'a command sent to a queue',
      names: (thing) => ['send work (thing.do)', 'process work', `work ${thing}`],
      deliver: async (given) => {
        const messages = given.map(({ thing, context, baggage, present, attributes = {} }) => ({
          body: { command: 'thing.do', thing },
          context: { traceparent: context, ...(baggage && { baggage }) },
          attributes: Object.fromEntries(
            Object.entries({ ...attributes, ...(present && { traceparent: present }) }).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }));
        return arrive(await sendMessages(sqs, queue, messages));
      },
    },
    {
      name: 'the headers of a request',
      names: (thing) => ['POST /:thing', `work ${thing}`],
      deliver: async (given) => {
        const asked = given.map(({ thing, context, present, xray = present }) => ({
          method: 'POST',
          path: `/${thing}`,
          headers: { traceparent: context, ...(xray && { 'x-amzn-trace-id': xray }) },
        }));
        await Promise.all(asked.map((one) => askOverHttp(Number(new URL(origin).port), one)));
        return taken(given.length);
      },
    },
    {
      name: 'a webhook',
      names: (thing) => ['process work', `work ${thing} of the sender`, 'POST', 'POST /:thing', `work ${thing}`],
      deliver: async (given) => {
        const records = given.map(({ thing, context }) =>
          aRecord({
            body: JSON.stringify({ thing: `${thing} of the sender` }),
            messageAttributes: stringAttributes({ traceparent: context }),
          }),
        );
        await mailbox.process(records, async (work) => {
          const [thing = ''] = work.split(' ');
          const message = { id: thing, body: '{}', correlationId: undefined, attempt: 1 };
          await webhook(new URL(thing, origin))(message, new AbortController().signal);
        });
        return taken(given.length);
      },
    },
  ];
}

const webhook = (url: URL) => webhookSender({ url, secrets: async () => [aSecret(1)], allowLoopback: true });
