import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problems/problem.ts';

/** The longest body that is read, in bytes. */
const BODY_LIMIT = 64 * 1024;

/**
 * A refused body is read on up to here before the answer goes out: closing a socket with unread bytes resets it, and
 * the client would see the reset instead of the answer.
 */
const DISCARD_LIMIT = 1024 * 1024;

const BLANK = new Set([0x20, 0x09, 0x0a, 0x0d]);
const OPENING_BRACE = 0x7b;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The one body there is: a JSON object in valid UTF-8, without names that reach a prototype. Any other content type is 415, what is
 * no object 400 however long it is, an object over 64 KiB 413.
 */
export function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, done) => {
    const finish = (text: string): typeof done => {
      return (error, body) => done(error && isJson(text) ? poisoned() : error, body);
    };
    collect(payload).then((text) => parse(request, text, finish(text)), done);
  });
}

async function collect(payload: FastifyRequest['raw']): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  let first: number | undefined;
  let refusal: Problem | undefined;
  // Leaving the loop must not destroy the request: its socket still has an answer to carry.
  for await (const chunk of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    first ??= chunk.find((byte) => !BLANK.has(byte));
    if (first !== undefined && first !== OPENING_BRACE) refusal ??= notAnObject();
    if (length > BODY_LIMIT) refusal ??= new Problem('body-too-large', 'The body is larger than 64 KiB.');
    if (!refusal) chunks.push(chunk);
    else if (length > DISCARD_LIMIT) break;
  }
  if (refusal) throw refusal;
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('invalid-json', 'The body is not valid UTF-8.');
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const poisoned = () =>
  new Problem(
    'invalid-request',
    'The body is JSON with a name that is refused: __proto__, or prototype in constructor.',
  );
const notAnObject = () => new Problem('invalid-json', 'The body must be a JSON object.');
