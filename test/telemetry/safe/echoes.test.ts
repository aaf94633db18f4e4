import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf, withoutEchoes } from '../../../telemetry/safe/echoes.ts';
import { growth } from '../../support/cpu.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const address = new URL('https://some%20body:p%40ss%2Fword@backend.example/v1/traces?key=par%2Fam-3t3r');
const bearer = { authorization: 'Bearer s3cr3tTOKEN/va+lue==' };

const echoes: [what: string, headers: Record<string, string>, echo: string, left: RegExp][] = [
  ['a bearer’s token alone', bearer, 's3cr3tTOKEN/va+lue==', /s3cr3t|lue/i],
  ['it in capitals', bearer, 'S3CR3TTOKEN/VA+LUE==', /s3cr3t|lue/i],
  ['it as JSON writes it', bearer, JSON.stringify({ token: 's3cr3tTOKEN/va+lue' }).replace('/', '\\/'), /s3cr3t|lue/i],
  ['it as JSON of many escapes', bearer, 's3cr3tTOKEN\\u002fva\\u002blue', /s3cr3t|lue/i],
  ['it percent-encoded', bearer, encodeURIComponent('s3cr3tTOKEN/va+lue=='), /s3cr3t|lue/i],
  ['it in HTML', bearer, 's3cr3tTOKEN&#x2F;va&plus;lue', /s3cr3t|lue/i],
  ['an Api-Key’s key', { authorization: 'Api-Key abc-123-def' }, 'abc-123-def', /abc|123|def/],
  ['a key among others', { cookie: 'session=abc123def, b=2' }, 'abc123def', /abc|123|def/],
  ['what Basic is followed by', { authorization: `Basic ${base64('user1:hunter2')}` }, base64('user1:hunter2'), /dXN/],
  ['what is in it', { authorization: `Basic ${base64('user1:hunter2')}` }, 'user1 with hunter2', /user1|hunter2/],
  ['the address’ password', {}, 'p@ss/word', /word/],
  ['it as it is written there', {}, 'p%40ss%2Fword', /word/],
  ['Basic made of the address', {}, base64('some body:p@ss/word'), /c29t/],
  ['a parameter', {}, 'par/am-3t3r', /3t3r/],
  ['a parameter as it is written', {}, 'par%2Fam-3t3r', /3t3r/],
];

for (const [what, headers, echo, left] of echoes) {
  test(`of a peer that repeats ${what} nothing of it is kept`, () => {
    const kept = withoutEchoes(`not known: ${echo}, sorry`, secretsOf(address, headers));
    assert.doesNotMatch(kept, left, kept);
    assert.match(kept, /^not known: .*\*\*\*.*, sorry$/);
  });
}

test('what is said beside it is kept, names of schemes and our content’s type as well', () => {
  const headers = { ...bearer, 'content-type': 'application/x-protobuf', 'x-flag': '#', host: 'backend.example' };
  const text = 'Bearer token of application/x-protobuf to backend.example has expired #';
  assert.equal(withoutEchoes(text, secretsOf(new URL('https://backend.example'), headers)), text);
});

test('a text that nearly is a long secret takes time as it is long, not as the square of it', () => {
  const secrets = secretsOf(address, { authorization: `Bearer ${'a-/%2'.repeat(400)}!` });
  for (const piece of ['a-/%2', '-', '%2F', '\\', '\\u0041', '&amp;', 'a']) {
    const texts = [1, 4].map((times) => piece.repeat((times * 16_384) / piece.length));
    const grown = growth((times) => withoutEchoes(String(texts[times === 1 ? 0 : 1]), secrets));
    assert.ok(grown < 8, `${piece}: ${grown}`);
  }
});
