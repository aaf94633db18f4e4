import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { requestTraceId } from '../../telemetry/edges/http-server.ts';
import { Problem } from './problem.ts';

/** The newest request of a connection; a client may have sent several before the first was answered. */
const newest = new WeakMap<Duplex, FastifyReply>();

/** Remembers what is being answered on each connection, so that a parser's refusal is not taken for the answer to something else. */
export function rememberRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    newest.set(request.raw.socket, reply);
    done();
  });
  // RFC 9110 section 10.1.1 lets a server pass over an expectation that it does not know.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
}

/**
 * Answers what Node's HTTP parser refuses. A request whose body is broken or late is answered as any other, in its trace. What
 * is broken or late before that never becomes a request: its caller's trace was not read, so it has none and its answer names
 * none, but it is problem+json all the same. It comes after the answers to complete requests that were sent before it.
 * @see https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const before = newest.get(socket);
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else if (!before || before.raw.writableFinished) refuse(error, socket);
  else if (before.request.raw.complete) before.raw.once('finish', () => refuse(error, socket));
  else if (before.raw.headersSent) socket.destroy();
  // Its client has left, or reads on at most: the span of the request says so.
  else if (error.code === 'HPE_INVALID_EOF_STATE') refuse(error, socket, requestTraceId(before.request));
  else void before.header('connection', 'close').send(problemOfParser(error.code));
}

function refuse(error: NodeJS.ErrnoException, socket: Socket, traceId?: string): void {
  if (!socket.writable) return;
  const problem = problemOfParser(error.code);
  const body = JSON.stringify(problem.toWire({ instance: '/', traceId }));
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
