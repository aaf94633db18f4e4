import type { SQSClient } from '@aws-sdk/client-sqs';
import { eventBridgeClient, nudgeClient } from '../aws/clients.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { nudger, transactionTimeoutMs } from './nudge.ts';
import { type Publisher, publisher } from './publish.ts';
import { type Say, writer } from './write.ts';

/** A database, and both ends of its outbox. */
export interface Outbox {
  /** Its transactions end before the nudge that covers them wakes the relay. */
  db: Database;
  /** Writes an event or command in a transaction; throws Unavailable when nobody could be woken to publish it. */
  say: Say;
  /** Publishes after the commit; never throws, and what it cannot publish in time the relay does. */
  publish: Publisher['publish'];
}

/** Opens what a program needs that has something to say. Nothing is connected before it is used. */
export function openOutbox({
  env,
  sqs,
  max,
  queues = {},
}: {
  /** As `sayingEntries` reads it. */
  env: { DATABASE_URL: string; EVENT_BUS_NAME: string; RELAY_QUEUE_URL: string; RELAY_DELAY_SECONDS: number };
  sqs: SQSClient;
  /** Sessions at once; as many as a server wants where it is not said. */
  max?: number;
  /** Where commands go, by the queue's name; empty for a program that gives none. */
  queues?: Record<string, string>;
}): Outbox {
  const { RELAY_QUEUE_URL: queueUrl, RELAY_DELAY_SECONDS: delaySeconds } = env;
  const db = openDatabase({
    url: env.DATABASE_URL,
    transactionTimeoutMs: transactionTimeoutMs(delaySeconds),
    ...(max === undefined ? {} : { max }),
  });
  const { publish } = publisher({ db, eventBridge: eventBridgeClient(), sqs, bus: env.EVENT_BUS_NAME, queues });
  return { db, say: writer(nudger({ sqs: nudgeClient(), queueUrl, delaySeconds })), publish };
}
