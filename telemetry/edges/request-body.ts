import type { Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { own } from '../attributes.ts';
import { printable } from '../safe/printable.ts';
import { isSecretName } from '../safe/redact.ts';
import type { Environment } from '../settings/variables.ts';
import { readFlag, said } from '../settings/variables.ts';
import { impersonal, isPersonalName, plainName } from './personal.ts';

/** Of the text that is recorded, in characters. */
const MAX_LENGTH = 2048;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

const settings: { enabled: boolean; fields: Set<string> } = { enabled: false, fields: new Set() };

/**
 * Reads `TRACE_REQUEST_BODY` (`true` puts the bodies of requests on their spans; off unless it is said) and
 * `TRACE_REDACTED_FIELDS`, names of fields whose values are masked beside the built-in ones: case, `-`, `_`, dots and spaces in them do not count.
 */
export function configureRequestBodies(env: Environment): void {
  settings.enabled = readFlag(env, 'TRACE_REQUEST_BODY');
  const names = (said(env, 'TRACE_REDACTED_FIELDS') ?? '').split(',').map(plainName);
  settings.fields = new Set(names.filter((name) => name !== ''));
}

/** Puts a parsed JSON body on its request's span, if that is wanted and the span is recorded: masked, and cut to 2,048 characters. Never throws. */
export function recordRequestBody(span: Span, { body, headers }: FastifyRequest): void {
  if (!settings.enabled || !span.isRecording()) return;
  if (typeof body !== 'object' || body === null || !JSON_TYPE.test(headers['content-type'] ?? '')) return;
  try {
    span.setAttribute(own.requestBody, JSON.stringify(printable(body, isMasked), searched).slice(0, MAX_LENGTH));
  } catch {
    // It is only left out.
  }
}

function isMasked(field: string): boolean {
  const plain = plainName(field);
  return isPersonalName(plain) || isSecretName(plain) || settings.fields.has(plain);
}

/** Texts that JSON is about to say, and names: a field may be called by an e-mail address. */
function searched(_field: string, value: unknown): unknown {
  if (typeof value === 'string') return impersonal(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, member]) => [impersonal(field), member as unknown]));
}
