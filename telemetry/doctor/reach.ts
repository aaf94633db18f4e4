import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What a look at an address found, without anything of ours being sent: no header, no span. */
export interface Reach {
  /** How far it got. */
  at: 'name' | 'connection' | 'tls' | 'answer';
  /** What stopped it: a system's or TLS's code, `timeout`. */
  code?: string;
  /** What the other side speaks, as far as it answered. */
  speaks?: 'http/1.1' | 'http/2' | 'tls' | 'nothing' | 'unknown';
  /** Of an HTTP answer: what its clock said, and ours at that moment. */
  date?: { theirs: number; ours: number };
}

type Protocol = 'http/1.1' | 'http/2';

/** The connection preface of HTTP/2 and empty settings: what gRPC begins with (RFC 9113, 3.4). */
const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
const SETTINGS = 4;
const GOAWAY = 7;
const TLS_ALERT = 0x15;
/** Enough for the status line and headers. */
const MOST_BYTES = 8192;

/**
 * Looks who is at an http(s) address: whether the name leads anywhere, something listens, TLS works, and which protocol is
 * spoken, the expected one being tried first. Never rejects; over after `withinMs` whatever the other side does.
 */
export async function reach(url: URL, expected: Protocol, withinMs: number): Promise<Reach> {
  const end = Date.now() + withinMs;
  const first = await look(url, expected, end);
  if (first.at !== 'answer' || first.speaks === expected || first.speaks === 'nothing' || first.speaks === 'tls')
    return first;
  // Closed without a word, or in words of another protocol: asked in the other one.
  const second = await look(url, expected === 'http/2' ? 'http/1.1' : 'http/2', end);
  if (second.speaks !== 'unknown' && second.speaks !== 'nothing') return second;
  if (url.protocol === 'https:') return first;
  // A server that wants TLS hangs up on cleartext as one that is broken does.
  const third = await look(new URL(url.href.replace('http:', 'https:')), expected, end);
  return third.at === 'answer' ? { at: 'answer', speaks: 'tls' } : first;
}

async function look(url: URL, protocol: Protocol, end: number): Promise<Reach> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  const port = Number(url.port) || (isTls ? 443 : 80);
  let at: Reach['at'] = 'connection';
  const plain = connect({ host, port });
  const sockets: Socket[] = [plain];
  try {
    await opened(plain, 'connect', end);
    at = 'tls';
    let socket: Socket = plain;
    if (isTls) {
      // Nothing is trusted to whoever this is, so that an unknown certificate does not hide what lies behind it.
      socket = connectTls({
        socket: plain,
        ...(/[a-z]/i.test(host) && { servername: host }),
        ALPNProtocols: [protocol === 'http/2' ? 'h2' : 'http/1.1'],
        rejectUnauthorized: false,
      });
      sockets.push(socket);
      await opened(socket, 'secureConnect', end);
    }
    at = 'answer';
    socket.write(protocol === 'http/2' ? HTTP2_PREFACE : requestFor(url));
    return understand(await answer(socket, end));
  } catch (thrown) {
    const code = codeOf(thrown);
    // TLS it does speak, only not this protocol inside of it.
    if (/NO_APPLICATION_PROTOCOL/.test(code)) return { at: 'answer', code, speaks: 'unknown' };
    if (at === 'answer') return { at, code, speaks: code === 'timeout' ? 'nothing' : 'unknown' };
    const isName = at === 'connection' && /^(?:ENOTFOUND|EAI_\w+)$/.test(code);
    return { at: isName ? 'name' : at, code };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

const requestFor = ({ pathname, host }: URL): string =>
  `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: nedlia-doctor\r\nconnection: close\r\n\r\n`;

function opened(socket: Socket, event: 'connect' | 'secureConnect', end: number): Promise<void> {
  return inTime(end, (resolve, reject) => socket.once(event, () => resolve()).once('error', reject));
}

/** The first bytes that say who is there; empty when the other side hangs up without any. */
function answer(socket: Socket, end: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  return inTime(end, (resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const isHttp1 = bytes.toString('latin1', 0, 5) === 'HTTP/';
      if (isHttp1 ? bytes.includes('\r\n\r\n') || bytes.length > MOST_BYTES : bytes.length >= 9) resolve(bytes);
    });
    socket.once('end', () => resolve(bytes)).once('close', () => resolve(bytes));
    socket.once('error', reject);
  });
}

function understand(bytes: Buffer): Reach {
  const text = bytes.toString('latin1');
  if (text.startsWith('HTTP/')) {
    const said = Date.parse(/^date:\s*(.+)$/im.exec(text)?.[1] ?? '');
    return {
      at: 'answer',
      speaks: 'http/1.1',
      ...(said > 0 && { date: { theirs: said, ours: Date.now() } }),
    };
  }
  if (bytes.length >= 9 && (bytes[3] === SETTINGS || bytes[3] === GOAWAY)) return { at: 'answer', speaks: 'http/2' };
  if (bytes[0] === TLS_ALERT && bytes[1] === 3) return { at: 'answer', speaks: 'tls' };
  return { at: 'answer', speaks: 'unknown' };
}

function inTime<T>(
  end: number,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(Object.assign(new Error('late'), { code: 'timeout' })),
      Math.max(1, end - Date.now()),
    );
    const over =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        clearTimeout(late);
        settle(value);
      };
    start(over(resolve), over(reject));
  });
}

/** Where several addresses were tried (`localhost`), the last one's. */
function codeOf(thrown: unknown): string {
  const error = thrown instanceof AggregateError ? (thrown.errors.at(-1) as unknown) : thrown;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
