import type { Agent, IncomingMessage } from 'node:http';
import type { Certificates } from './otlp/certificates.ts';
import { redact } from '../safe/redact.ts';
import { publicText } from '../safe/url.ts';

export interface PostOptions {
  /** For one request, until its answer was read. */
  timeoutMillis: number;
  keepAlive: boolean;
  certificates?: Certificates | undefined;
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
  /** Sends a body as it is and resolves to the answer's. Rejects with a `Refusal` in one line, status and what the peer said, unless that is 2xx. */
  send(body: Uint8Array, headers: Record<string, string>): Promise<Buffer>;
  close(): void;
}

/** A peer explains itself in a line or two; of an error page no more is read. */
const MOST_ANSWER = 4096;

/** POST requests to one address, over sockets of their own. */
export function createPost(url: URL, { timeoutMillis, keepAlive, certificates }: PostOptions): Post {
  let agent: Agent | undefined;

  const send = async (body: Uint8Array, headers: Record<string, string>): Promise<Buffer> => {
    // Loaded with the first request: 10 ms of a cold start in which nothing else needs HTTP.
    const http = await (url.protocol === 'https:' ? import('node:https') : import('node:http'));
    agent ??= new http.Agent({ keepAlive, ...certificates });
    const signal = AbortSignal.timeout(timeoutMillis);
    const all = { ...headers, 'content-length': String(body.length) };
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method: 'POST', agent, headers: all, signal }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          if (length < MOST_ANSWER) chunks.push(chunk);
          length += chunk.length;
        });
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(Buffer.concat(chunks));
          else reject(new Refusal(refusal(response, Buffer.concat(chunks), secretsOf(url, headers)), response));
        });
      });
      request.on('error', (error) =>
        reject(signal.aborted ? new Error(`no answer within ${timeoutMillis} ms`) : error),
      );
      request.end(body);
    });
  };

  return { send, close: () => agent?.destroy() };
}

/** What went along and is for the peer alone, which may repeat it. */
const secretsOf = ({ username, password, searchParams }: URL, headers: Record<string, string>): string[] => {
  const others = Object.entries(headers).filter(([name]) => !name.startsWith('content-'));
  const parameters = [...searchParams].map(([name, value]) => value || name);
  const values = [username, password, ...parameters, ...others.map(([, value]) => value)];
  // Shorter ones are words that stand in any answer.
  return values.filter((value) => value.length > 3);
};

function refusal({ statusCode = 0, statusMessage = '' }: IncomingMessage, answer: Buffer, secrets: string[]): string {
  const show = (text: string, length: number): string =>
    redact(publicText(secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text)), length);
  const said = show(
    answer
      .toString('utf8')
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .trim(),
    200,
  );
  return `answered ${statusCode} ${show(statusMessage, 50)}${said && `: ${said}`}`;
}
