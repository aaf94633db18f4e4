import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Problem } from './problem.ts';

/** The newest request of a connection; a client may have sent several before the first was answered. */
const newest = new WeakMap<Duplex, ServerResponse>();

/** Remembers what is being answered on each connection, so that a parser's refusal is not taken for the answer to something else. */
export function rememberRequests(server: Server): void {
  server.on('request', ({ socket }, response) => newest.set(socket, response));
  // RFC 9110 section 10.1.1 lets a server pass over an expectation that it does not know.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/**
 * Answers what Node's HTTP parser refuses: it never becomes a request and has no trace, but its answer is problem+json all the
 * same. It comes after the answers to complete requests that were sent before it.
 * @see https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const before = newest.get(socket);
  const unanswered = before !== undefined && !before.writableFinished;
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else if (unanswered && before.req.complete) before.once('finish', () => refuse(error, socket));
  else if (unanswered && before.headersSent) socket.destroy();
  else refuse(error, socket);
}

function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return;
  const problem = problemOfParser(error.code);
  const body = JSON.stringify(problem.toWire({ instance: '/' }));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function problemOfParser(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', 'The request took too long to arrive.');
  if (code === 'HPE_HEADER_OVERFLOW') return new Problem('headers-too-large', 'The headers are larger than 16 KiB.');
  return new Problem('invalid-request', 'This is not a valid HTTP request.');
}
