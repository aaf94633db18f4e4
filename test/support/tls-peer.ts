import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { drain } from './peer.ts';

/** Made once for this folder, good until 2126 and for nothing but these tests: nobody has signed it but itself. */
const file = (name: string) => path.join(import.meta.dirname, 'tls', name);

/** An HTTPS server for `localhost`, with the certificate by which it may be known. */
export async function startTlsPeer(
  t: Pick<TestContext, 'after'>,
): Promise<{ endpoint: string; certificate: string; connections(): number }> {
  const [key, certificate] = [file('key.pem'), file('certificate.pem')];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    void drain(request).then(() => response.end());
  });
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    endpoint: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    connections: () => connections,
  };
}
