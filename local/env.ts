import * as v from 'valibot';
import { text, url, whole } from '../core/env.ts';
import { webhookSecretList } from '../core/webhook-secrets.ts';

/** What `npm start` reads. Nothing has to be set; an empty variable counts as not set. */
export const env = v.object({
  /** A PostgreSQL of the user's own, instead of the one started here. */
  DATABASE_URL: v.optional(url('postgres', 'postgresql')),
  /** A webhook target of the user's own, instead of the receiver. */
  WEBHOOK_URL: v.optional(url('http', 'https')),
  /** Signing secrets, comma-separated (Standard Webhooks form), instead of one made here. */
  WEBHOOK_SECRETS: v.optional(webhookSecretList()),
  HOST: v.optional(text(), '127.0.0.1'),
  /** 0 takes any free port. */
  PORT: v.optional(whole(0, 65_535), '3000'),
});
