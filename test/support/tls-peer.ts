import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { aFolder } from './folder.ts';
import { drain } from './peer.ts';

/** An HTTPS server for `localhost` with a certificate nobody has signed but itself; `undefined` where there is no openssl to make one. */
export async function startTlsPeer(
  t: Pick<TestContext, 'after'>,
): Promise<{ endpoint: string; certificate: string } | undefined> {
  const folder = aFolder();
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const options = '-x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  const made = spawnSync('openssl', ['req', ...options.split(' '), '-keyout', key, '-out', certificate]);
  if (made.status !== 0) return undefined;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    void drain(request).then(() => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { endpoint: `https://localhost:${(server.address() as AddressInfo).port}`, certificate };
}
