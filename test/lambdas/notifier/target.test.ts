import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Permanent } from '../../../core/permanent.ts';
import { addressesOf, type Resolve } from '../../../lambdas/notifier/target.ts';

const to =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
const publicly = to('93.184.215.14');
const judge = (url: string, resolve: Resolve = publicly, allowLoopback = false) =>
  addressesOf(new URL(url), { allowLoopback, resolve });
const failing: Resolve = () => Promise.reject(new Error('ENOTFOUND'));
const local = (url: string, resolve?: Resolve) => judge(url, resolve, true);
const refused = (error: unknown) => error instanceof Permanent && error.reason === 'webhook-target-refused';

/** Hosts that are addresses. Their names would resolve publicly, were they asked for. */
const literals = [
  ['loopback', '127.0.0.1'],
  ['loopback, the far end', '127.255.255.254'],
  ['loopback, two parts', '127.1'],
  ['loopback, hexadecimal part', '0x7f.1'],
  ['loopback, hexadecimal', '0x7f000001'],
  ['loopback, decimal', '2130706433'],
  ['loopback, octal', '0177.0.0.1'],
  ['loopback, octal number', '017700000001'],
  ['loopback, mixed bases', '0x7f.0.0x0.1'],
  ['loopback, full-width digits', '１２７.0.0.1'],
  ['loopback, circled digits', '①②⑦.0.0.1'],
  ['loopback, percent-encoded', '%31%32%37.0.0.1'],
  ['loopback, ideographic full stops', '127。0。0。1'],
  ['loopback, trailing dot', '127.0.0.1.'],
  ['unspecified', '0.0.0.0'],
  ['unspecified, one part', '0'],
  ['this network', '0.1.2.3'],
  ['private, 10/8', '10.0.0.1'],
  ['private, 10/8 decimal', '167772161'],
  ['private, 172.16/12', '172.16.0.1'],
  ['private, the end of 172.16/12', '172.31.255.255'],
  ['private, 192.168/16', '192.168.1.1'],
  ['link-local', '169.254.1.1'],
  ['metadata of EC2', '169.254.169.254'],
  ['metadata of EC2, decimal', '2852039166'],
  ['metadata of EC2, hexadecimal', '0xa9fea9fe'],
  ['metadata of EC2, octal', '0251.0376.0251.0376'],
  ['credentials of a container', '169.254.170.2'],
  ['daemon of a function', '169.254.79.129'],
  ['metadata of Alibaba, carrier-grade NAT', '100.100.100.200'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['metadata of Oracle, protocol assignments', '192.0.0.192'],
  ['documentation 1', '192.0.2.1'],
  ['documentation 2', '198.51.100.1'],
  ['documentation 3', '203.0.113.1'],
  ['benchmarks', '198.18.0.1'],
  ['6to4 relay', '192.88.99.1'],
  ['multicast', '224.0.0.1'],
  ['multicast, the end', '239.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['IPv6 loopback', '[::1]'],
  ['IPv6 loopback, written out', '[0:0:0:0:0:0:0:1]'],
  ['IPv6 unspecified', '[::]'],
  ['IPv4-mapped loopback', '[::ffff:127.0.0.1]'],
  ['IPv4-mapped loopback, hexadecimal', '[::ffff:7f00:1]'],
  ['IPv4-mapped metadata', '[::ffff:169.254.169.254]'],
  ['IPv4-mapped public, a detour all the same', '[::ffff:93.184.215.14]'],
  ['IPv4-compatible loopback', '[::127.0.0.1]'],
  ['IPv4-translated', '[::ffff:0:127.0.0.1]'],
  ['NAT64', '[64:ff9b::7f00:1]'],
  ['NAT64, local use', '[64:ff9b:1::a00:1]'],
  ['6to4 around a private address', '[2002:0a00:0001::1]'],
  ['Teredo', '[2001:0:7f00:1::1]'],
  ['unique local', '[fc00::1]'],
  ['metadata of EC2 in IPv6', '[fd00:ec2::254]'],
  ['IPv6 link-local', '[fe80::1]'],
  ['IPv6 site-local', '[fec0::1]'],
  ['IPv6 multicast', '[ff02::1]'],
  ['IPv6 documentation', '[2001:db8::1]'],
  ['IPv6 documentation, the new one', '[3fff::1]'],
  ['IPv6 discard', '[100::1]'],
  ['IPv6 outside of what is routed', '[4000::1]'],
  ['segment routing', '[5f00::1]'],
] as const;

for (const [what, host] of literals) {
  test(`a webhook never goes to an address written into its URL: ${what}`, async () => {
    await assert.rejects(judge(`https://${host}/`), refused);
  });
}

/** A public-looking name whose owner points it inward. */
const answers = [
  ['loopback', ['127.0.0.1']],
  ['private', ['10.1.2.3']],
  ['metadata', ['169.254.169.254']],
  ['IPv6 loopback', ['::1']],
  ['IPv4-mapped private', ['::ffff:10.0.0.1']],
  ['NAT64 around metadata', ['64:ff9b::a9fe:a9fe']],
  ['link-local with a zone', ['fe80::1%eth0']],
  ['one public address and a private one', ['93.184.215.14', '192.168.0.1']],
  ['a private one behind public ones', ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', '93.184.215.14', 'fd00::1']],
  ['nothing that is an address', ['here']],
] as const;

for (const [what, addresses] of answers) {
  test(`a webhook never goes to a name that leads inward: ${what}`, async () => {
    await assert.rejects(judge('https://hooks.example/', to(...addresses)), refused);
  });
}

const shapes = [
  ['http', 'http://hooks.example/'],
  ['http on 443', 'http://hooks.example:443/'],
  ['another port', 'https://hooks.example:8443/'],
  ['the port of ssh', 'https://hooks.example:22/'],
  ['a user', 'https://user@hooks.example/'],
  ['a user and a password', 'https://user:secret@hooks.example/'],
  ['an empty user with a password', 'https://:secret@hooks.example/'],
  ['a host hidden behind a user', 'https://hooks.example@127.0.0.1/'],
  ['a backslash before the at-sign', 'https://127.0.0.1\\@hooks.example/'],
  ['localhost, which resolves as everywhere', 'https://localhost/', to('127.0.0.1', '::1')],
  ['localhost with a dot', 'https://localhost./', to('127.0.0.1')],
] as const;

for (const [what, url, resolve] of shapes) {
  test(`a webhook never goes to a URL with ${what}`, async () => {
    await assert.rejects(judge(url, resolve), refused);
  });
}

test('a refusal does not repeat the target', async () => {
  await assert.rejects(
    judge('https://user:secret@10.0.0.1/hidden'),
    ({ message }: Error) => !/secret|10\.0|hidden/.test(message),
  );
});

test('a public target is sent to the addresses that were checked, all of them', async () => {
  const addresses = ['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'];
  const checked = await judge('https://hooks.example/nedlia?x=1', to(...addresses));
  assert.deepEqual(
    checked.map(({ address }) => address),
    addresses,
  );
  assert.deepEqual(await judge('https://93.184.215.14/'), [{ address: '93.184.215.14', family: 4 }]);
  assert.deepEqual(await judge('https://hooks.example:443/'), [{ address: '93.184.215.14', family: 4 }]);
});

test('a name is asked for once, so a second answer cannot differ (DNS rebinding)', async () => {
  let asked = 0;
  const turncoat: Resolve = (hostname) => to((asked += 1) === 1 ? '93.184.215.14' : '127.0.0.1')(hostname);
  assert.deepEqual(await judge('https://hooks.example/', turncoat), [{ address: '93.184.215.14', family: 4 }]);
  assert.equal(asked, 1);
  await assert.rejects(judge('https://hooks.example/', turncoat), refused);
});

test('a name that cannot be resolved now is tried again', async () => {
  await assert.rejects(judge('https://hooks.example/', failing), (error) => !(error instanceof Permanent));
  await assert.rejects(judge('https://hooks.example/', to()), (error) => !(error instanceof Permanent));
});

test('where loopback is allowed, nothing else private is', async () => {
  assert.deepEqual(await local('http://127.0.0.1:4000/'), [{ address: '127.0.0.1', family: 4 }]);
  assert.deepEqual(await local('http://[::1]:4000/'), [{ address: '::1', family: 6 }]);
  assert.equal((await local('http://localhost:4000/', to('127.0.0.1', '::1'))).length, 2);
  assert.equal((await local('https://hooks.example/')).length, 1);
  for (const [url, resolve] of [
    ['http://hooks.example/', publicly],
    ['http://10.0.0.1/', publicly],
    ['http://0.0.0.0:4000/', publicly],
    ['https://169.254.169.254/', publicly],
    ['https://[::ffff:127.0.0.1]/', publicly],
    ['http://user@127.0.0.1:4000/', publicly],
    ['http://hooks.example:4000/', to('127.0.0.1', '93.184.215.14')],
  ] as const) {
    await assert.rejects(local(url, resolve), refused, url);
  }
});

const inside = (url: string, resolve: Resolve) =>
  addressesOf(new URL(url), { allowLoopback: false, allowHost: 'peers', resolve });

test('where one host is allowed, its private address is a target; no other name, and nothing link-local', async () => {
  assert.equal((await inside('http://peers:4319/webhooks', to('172.18.0.5'))).length, 1);
  assert.equal((await inside('http://peers:4319/webhooks', to('fd00::5', '127.0.0.1'))).length, 2);
  for (const [url, ...addresses] of [
    ['http://others:4319/', '172.18.0.5'],
    ['http://172.18.0.5:4319/', '172.18.0.5'],
    ['http://peers.evil.example/', '172.18.0.5'],
    ['http://peers:4319/', '169.254.169.254'],
    ['http://peers:4319/', '172.18.0.5', '93.184.215.14'],
    ['http://user@peers:4319/', '172.18.0.5'],
  ] as const) {
    await assert.rejects(inside(url, to(...addresses)), refused, url);
  }
});
