import assert from 'node:assert/strict';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type Message, type MessageAttributeValue, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Mailbox } from '../../support/mailbox.ts';
import type { CarrierName } from './conditions.ts';
import { xrayOf } from './tree.ts';

/** What a foreign sender puts on the wire. */
export interface Sending {
  thing: string;
  /** Of the carrier under test. */
  carried: string;
  /** A second context, in the carrier that is read just before the one under test. */
  earlier?: string | undefined;
  /** Beside the context, wherever that stands. */
  baggage?: string | undefined;
  attributes?: Record<string, string>;
  /** `AWSTraceHeader`. */
  xray?: string | undefined;
}

export interface Carrier {
  name: CarrierName;
  send: (sending: Sending) => Promise<void>;
  /** How the consumer gets it; as Lambda hands it over when not given. */
  record?: (message: Message) => SQSRecord;
  /** It cannot be a parent: the trace is new, and points at what was carried. */
  linksOnly?: boolean;
}

/** The attribute that is read before any body. */
const before = (earlier: string | undefined): Record<string, string> => (earlier ? { traceparent: earlier } : {});

/** Every carrier a message can bring its trace in, in the order in which they are read. The senders know nothing of traces. */
export function carriersOf({ aws, queue }: Mailbox): Carrier[] {
  async function sendMessage(body: object, attributes: Record<string, string>, xray?: string): Promise<void> {
    const command = new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: JSON.stringify(body),
      MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, text(value)])),
      ...(xray && { MessageSystemAttributes: { AWSTraceHeader: text(xray) } }),
    });
    await aws.sqs.send(command);
  }

  async function putEvent(detail: object, TraceHeader?: string): Promise<void> {
    const about = { EventBusName: 'bus', Source: 'test', DetailType: 'whispered' };
    const entry = { ...about, Detail: JSON.stringify(detail), ...(TraceHeader && { TraceHeader }) };
    const { FailedEntryCount } = await aws.eventBridge.send(new PutEventsCommand({ Entries: [entry] }));
    assert.equal(FailedEntryCount, 0);
  }

  return [
    {
      name: "message attributes, in Lambda's casing",
      send: ({ thing, carried, baggage, attributes, xray }) =>
        sendMessage({ thing }, { traceparent: carried, ...(baggage && { baggage }), ...attributes }, xray),
    },
    {
      name: "message attributes, in the SDK's casing",
      send: ({ thing, carried, baggage, attributes, xray }) =>
        sendMessage({ thing }, { traceparent: carried, ...(baggage && { baggage }), ...attributes }, xray),
      record: (message) => message as unknown as SQSRecord,
    },
    {
      name: '_trace in an event',
      send: ({ thing, carried, baggage, xray }) => putEvent({ thing, _trace: { traceparent: carried, baggage } }, xray),
    },
    {
      name: '_trace of a raw body',
      send: ({ thing, carried, baggage, earlier, attributes, xray }) =>
        sendMessage({ thing, _trace: { traceparent: carried, baggage } }, { ...before(earlier), ...attributes }, xray),
    },
    {
      name: 'traceparent of CloudEvents in an event',
      send: ({ thing, carried, baggage, earlier, xray }) =>
        putEvent({ thing, traceparent: carried, baggage, ...(earlier && { _trace: { traceparent: earlier } }) }, xray),
    },
    {
      name: 'metadata.traceparent in an event',
      send: ({ thing, carried, baggage, earlier, xray }) =>
        putEvent(
          { thing, metadata: { traceparent: carried, baggage }, ...(earlier && { traceparent: earlier }) },
          xray,
        ),
    },
    {
      name: 'the envelope of SNS',
      send: ({ thing, carried, baggage, earlier, attributes, xray }) => {
        const MessageAttributes = {
          traceparent: { Type: 'String', Value: carried },
          ...(baggage && { baggage: { Type: 'String', Value: baggage } }),
        };
        const envelope = { Type: 'Notification', Message: JSON.stringify({ thing }), MessageAttributes };
        return sendMessage(envelope, { ...before(earlier), ...attributes }, xray);
      },
    },
    {
      name: 'AWSTraceHeader',
      send: ({ thing, carried, baggage, earlier, attributes = {} }) =>
        sendMessage(
          { thing },
          { ...before(earlier), ...(baggage && { baggage }), ...attributes },
          xrayOf(carried, '1'),
        ),
      linksOnly: true,
    },
  ];
}

const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });
