import type { Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { own } from '../attributes.ts';
import { printable } from '../safe/printable.ts';
import type { Environment } from '../settings/variables.ts';
import { readFlag, said } from '../settings/variables.ts';

/** Of the text that is recorded, in characters. */
const MAX_LENGTH = 2048;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Beside what no log line says either (`isSecretName`): names of fields about a person, or their money. */
const PERSONAL =
  /(?:pass(?:word|phrase|code)|pin$|otp|cvv|cvc|card|iban|account_?number|ssn|social_?security|tax_?id|passport|birth|e?-?mail|phone|mobile|address|credential|private|signature|session)/i;

const settings: { enabled: boolean; fields: Set<string> } = { enabled: false, fields: new Set() };

/**
 * Reads `TRACE_REQUEST_BODY` (`true` puts the bodies of requests on their spans; off unless it is said) and
 * `TRACE_REDACTED_FIELDS`, names of fields whose values are masked beside the built-in ones, in any case.
 */
export function configureRequestBodies(env: Environment): void {
  settings.enabled = readFlag(env, 'TRACE_REQUEST_BODY');
  const names = (said(env, 'TRACE_REDACTED_FIELDS') ?? '').split(',').map((name) => name.trim().toLowerCase());
  settings.fields = new Set(names.filter((name) => name !== ''));
}

/** Puts a parsed JSON body on its request's span, if that is wanted and the span is recorded: masked, and cut to 2,048 characters. Never throws. */
export function recordRequestBody(span: Span, { body, headers }: FastifyRequest): void {
  if (!settings.enabled || !span.isRecording()) return;
  if (typeof body !== 'object' || body === null || !JSON_TYPE.test(headers['content-type'] ?? '')) return;
  try {
    span.setAttribute(own.requestBody, JSON.stringify(printable(body, isMasked)).slice(0, MAX_LENGTH));
  } catch {
    // It is only left out.
  }
}

const isMasked = (field: string): boolean => PERSONAL.test(field) || settings.fields.has(field.toLowerCase());
