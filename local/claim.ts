import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';

/** Another run that is still alive uses this folder. */
export class Claimed extends Error {
  override readonly name = 'Claimed';
}

/**
 * Makes this process the only one that uses a data folder. The claim is a listening socket in the folder, not a process
 * id: it dies with its process, also by kill -9, and an id that was given out again cannot be mistaken for it.
 * @returns what gives the folder free again.
 * @throws Claimed when another process holds it.
 */
export async function claim(directory: string): Promise<() => Promise<void>> {
  // Relative, because a socket's path may have some 104 characters only.
  const file = path.relative(process.cwd(), path.join(directory, 'start.sock'));
  if (await answers(file)) {
    throw new Claimed(`${directory} is in use by another "npm start": stop that one first (Ctrl-C where it runs)`);
  }
  await rm(file, { force: true });
  const server = createServer((socket) => socket.destroy());
  server.listen(file).unref();
  await once(server, 'listening');
  return async () => {
    server.close();
    await rm(file, { force: true });
  };
}

const answers = (file: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(file, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
