import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

type Ends = Pick<TestContext, 'after'>;

/** Accepts every connection, reads, and never says a word. */
export async function startSilence(t: Ends): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * An address where a connection is neither made nor refused, as behind a firewall: a process that listens and is stopped, its
 * queue of connections full. Linux drops what comes then; `does` says what this system did (macOS refuses).
 */
export async function startUnroutable(t: Ends): Promise<{ endpoint: string; does: 'drop' | 'refuse' | 'accept' }> {
  const listening = `const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))`;
  const child = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const endpoint = `http://127.0.0.1:${port}`;
  const fillers: Socket[] = [];
  t.after(() => {
    for (const socket of fillers) socket.destroy();
    child.kill('SIGKILL');
  });
  for (let filled = 0; filled < 20; filled += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(socket);
    const does = await Promise.race([
      once(socket, 'connect').then(
        () => 'accept' as const,
        () => 'refuse' as const,
      ),
      new Promise<'drop'>((resolve) => setTimeout(() => resolve('drop'), 300)),
    ]);
    if (does !== 'accept') return { endpoint, does };
  }
  return { endpoint, does: 'accept' };
}
