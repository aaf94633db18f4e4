import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDaemonAddress } from '../../../../telemetry/export/xray/address.ts';
import { captureLog } from '../../../support/log-lines.ts';

const read = (address?: string) => readDaemonAddress({ AWS_XRAY_DAEMON_ADDRESS: address });

const good: [string | undefined, string, number][] = [
  [undefined, '127.0.0.1', 2000],
  ['', '127.0.0.1', 2000],
  ['169.254.79.129:2000', '169.254.79.129', 2000],
  [' daemon.local:3000 ', 'daemon.local', 3000],
  ['tcp:10.0.0.1:2001 udp:10.0.0.2:2002', '10.0.0.2', 2002],
  ['udp:10.0.0.2:2002  tcp:10.0.0.1:2001', '10.0.0.2', 2002],
  ['[::1]:2000', '::1', 2000],
  ['tcp:[::1]:2001 udp:[fe80::1]:2002', 'fe80::1', 2002],
];
for (const [said, host, port] of good) {
  test(`the daemon is at ${host}:${port} when the variable says "${said ?? 'nothing'}"`, (t) => {
    const lines = captureLog(t);
    assert.deepEqual(read(said), { host, port });
    assert.deepEqual(lines, []);
  });
}

for (const said of [
  'daemon',
  ':2000',
  'daemon:',
  'daemon:0',
  'daemon:65536',
  'daemon:2000x',
  'http://daemon:2000',
  'udp:daemon:2000',
  'tcp:a:1 tcp:b:2',
  'udp:a:1 udp:b:2',
  'tcp:a:1 udp:b:2 udp:c:3',
  '[zz]:2000',
  '::1:2000',
  'a b:2000',
]) {
  test(`"${said}" is one warning that shows the right form, and the default is used`, (t) => {
    const lines = captureLog(t);
    assert.deepEqual(read(said), { host: '127.0.0.1', port: 2000 });
    assert.equal(lines.length, 1);
    assert.match(lines[0]?.message ?? '', /AWS_XRAY_DAEMON_ADDRESS must be host:port, or tcp:host:port udp:host:port/);
  });
}
