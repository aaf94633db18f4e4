import type { LookupAddress } from 'node:dns';
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface Answer {
  statusCode: number;
  headers: IncomingHttpHeaders;
}

/** Of an answer's body; nobody reads it, but an end that is waited for leaves the other side without a reset connection. */
const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Posts a body to one of these addresses and to no other, over a connection of its own: a kept one would be found dead
 * after a function's freeze. Redirects are answers. Once a status was said, a body cut off or past the signal is no failure.
 * @throws whatever the network or the signal says before there is a status.
 */
export function post(
  url: URL,
  addresses: LookupAddress[],
  body: string,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<Answer> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const length = String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    const request = send(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': length },
        agent: false,
        lookup: pinned(addresses),
        signal,
      },
      (response) => {
        const said = (answer = { statusCode: response.statusCode ?? 0, headers: response.headers });
        void drained(response).then(() => resolve(said));
      },
    );
    request.on('error', (error) => (answer ? resolve(answer) : reject(error)));
    request.end(body);
  });
}

/** Answers every question for an address with the checked ones. */
const pinned =
  (addresses: LookupAddress[]): LookupFunction =>
  (_hostname, { all }, done) => {
    const [first] = addresses;
    if (all) done(null, addresses);
    else done(first ? null : new Error('no address'), first?.address ?? '', first?.family);
  };

/** Waits for the end of an answer's body, or for its limit. Never rejects. */
async function drained(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The status has been said.
  }
}
