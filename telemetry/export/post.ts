import { Agent as HttpAgent, request as requestHttp, STATUS_CODES } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { redact } from '../redact.ts';

export interface PostOptions {
  /** For one request, until its answer was read. */
  timeoutMillis: number;
  keepAlive: boolean;
}

export interface Post {
  /** Sends a body as it is and resolves to the answer's. Rejects with one line, status and what the peer said, unless that is 2xx. */
  send(body: Uint8Array, headers: Record<string, string>): Promise<Buffer>;
  close(): void;
}

/** A peer explains itself in a line or two; of an error page no more is read. */
const MOST_ANSWER = 4096;

/** POST requests to one address, over sockets of their own. */
export function createPost(url: URL, { timeoutMillis, keepAlive }: PostOptions): Post {
  const secure = url.protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive }) : new HttpAgent({ keepAlive });
  const request = secure ? requestHttps : requestHttp;

  const send = (body: Uint8Array, headers: Record<string, string>): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMillis);
      const sent = request(url, { method: 'POST', agent, headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          if (length < MOST_ANSWER) chunks.push(chunk);
          length += chunk.length;
        });
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks);
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(answer);
          else reject(new Error(refusal(status, answer)));
        });
      });
      sent.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${timeoutMillis} ms`) : error));
      sent.setHeader('content-length', body.length);
      sent.end(body);
    });

  return { send, close: () => agent.destroy() };
}

function refusal(status: number, answer: Buffer): string {
  const said = redact(
    answer
      .toString('utf8')
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .trim(),
    200,
  );
  return `answered ${status} ${STATUS_CODES[status] ?? ''}${said && `: ${said}`}`;
}
