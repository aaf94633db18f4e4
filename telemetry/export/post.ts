import type { Agent, IncomingMessage } from 'node:http';
import { secretsOf, withoutEchoes } from '../safe/echoes.ts';
import { redact } from '../safe/redact.ts';
import { publicText } from '../safe/url.ts';
import type { Deadline } from './deadline.ts';

export interface PostOptions {
  keepAlive: boolean;
  certificates?: Certificates | undefined;
}

/** PEM, as Node's TLS takes it. */
export interface Certificates {
  /** Who vouches for the peer, instead of Node's own list. */
  ca?: Buffer;
  /** Our own certificate and its key, for a peer that asks for them. */
  cert?: Buffer;
  key?: Buffer;
}

/** What a peer says that does not take a request. */
export class Refusal extends Error {
  readonly status: number;
  /** What `Retry-After` asks for, where it says so in seconds. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { statusCode = 0, headers }: IncomingMessage) {
    super(message);
    this.status = statusCode;
    const seconds = Number(headers['retry-after']?.trim() || Number.NaN);
    this.retryAfterMs = seconds >= 0 ? seconds * 1000 : undefined;
  }
}

export interface Post {
  /**
   * Sends a body as it is and resolves to the answer's, of which 4 kB are kept. Rejects with a `Refusal` in one line, status and
   * what the peer said without our secrets, unless that is 2xx; and when the time is over.
   */
  send(body: Uint8Array, headers: Record<string, string>, deadline: Deadline): Promise<Buffer>;
  close(): void;
}

/** A peer explains itself in a line or two; of an error page no more is read. */
const MOST_ANSWER = 4096;

/** POST requests to one address, over sockets of their own. */
export function createPost(url: URL, { keepAlive, certificates }: PostOptions): Post {
  let agent: Agent | undefined;

  const send = async (body: Uint8Array, headers: Record<string, string>, deadline: Deadline): Promise<Buffer> => {
    // Loaded with the first request: 10 ms of a cold start in which nothing else needs HTTP.
    const http = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
    agent ??= new http.Agent({ keepAlive, ...certificates });
    const { signal, late } = deadline;
    const all = { ...headers, 'content-length': String(body.length) };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(signal.aborted ? late : error);
      const request = http.request(url, { method: 'POST', agent, headers: all, signal }, (response) => {
        const chunks: Buffer[] = [];
        let left = MOST_ANSWER;
        response.on('data', (chunk: Buffer) => {
          if (left > 0) chunks.push(chunk.subarray(0, left));
          left -= chunk.length;
        });
        response.on('error', fail);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(Buffer.concat(chunks));
          else reject(new Refusal(refusal(response, Buffer.concat(chunks), secretsOf(url, headers)), response));
        });
      });
      request.on('error', fail);
      request.end(body);
    });
  };

  return { send, close: () => agent?.destroy() };
}

function refusal({ statusCode = 0, statusMessage = '' }: IncomingMessage, answer: Buffer, secrets: string[]): string {
  // Searched for addresses a few times over what is shown, and no further: a peer decides how much there is.
  const show = (text: string, length: number): string =>
    redact(publicText(withoutEchoes(text, secrets).slice(0, 5 * length)), length);
  const said = show(
    answer
      .toString('utf8')
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .trim(),
    200,
  );
  return `answered ${statusCode} ${show(statusMessage, 50)}${said && `: ${said}`}`;
}
