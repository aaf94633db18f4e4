import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { configureEdges } from '../../../telemetry/edges/configure.ts';
import { traceRequests } from '../../../telemetry/edges/http-server.ts';
import { impersonal } from '../../../telemetry/edges/personal.ts';
import { readSampler } from '../../../telemetry/sampling/sampler.ts';
import { complete } from '../../../telemetry/settings/settings.ts';
import { growth } from '../../support/cpu.ts';
import { eventually } from '../../support/eventually.ts';
import { recordSpans } from '../../support/spans.ts';

interface Posted {
  body: string;
  type?: string;
  path?: string;
}

/** Posts one body over a real socket to an API in this environment, and gives what its span keeps of it. */
async function kept(t: TestContext, env: Record<string, string | undefined>, { body, type, path = '/things' }: Posted) {
  configureEdges(env);
  t.after(() => configureEdges({}));
  const spans = recordSpans(t, readSampler(env));
  const app = Fastify();
  t.after(() => app.close());
  traceRequests(app, { edge: 'continue', untraced: ['/health'] });
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, (_request, text, done) => done(null, { text }));
  app.addContentTypeParser(
    'application/problem+json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
  const schema = { body: { type: 'object', properties: { refused: { type: 'null' } } } };
  for (const url of ['/things', '/health/live', '/private/things']) app.post(url, { schema }, async () => ({}));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const { status } = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type ?? 'application/json' },
    body,
  });
  if (path === '/things') await eventually(() => spans.all().length > 0, 'the end of the span');
  else await sleep(20);
  const [server] = spans.all();
  return { status, text: server?.attributes['http.request.body.text'], spans: spans.all() };
}

const on = { TRACE_REQUEST_BODY: 'true' };

test('unless it is asked for no body is on a span', async (t) => {
  const { spans, text } = await kept(t, {}, { body: '{"title":"canary"}' });
  assert.deepEqual([spans.length, text], [1, undefined]);
  assert.doesNotMatch(JSON.stringify(spans), /canary/);
});

test('asked for, it is there as JSON, its secrets and what is personal masked at any depth', async (t) => {
  const body = JSON.stringify({
    title: 'A day at the lake',
    password: 'canary-1',
    user: { eMail: 'canary-2@example.com', phone_number: 'canary-3', cards: [{ cvv: 'canary-4', iban: 'canary-5' }] },
    api_key: ['canary-6'],
    note: 'with Bearer canary-7 and https://u:canary-8@host/',
  });
  const { text } = await kept(t, on, { body });
  assert.match(String(text), /"title":"A day at the lake","password":"\*\*\*"/);
  assert.doesNotMatch(String(text), /canary/);
});

test('however a name is written, what belongs to somebody is masked', async (t) => {
  const names = [
    'pwd',
    'auth',
    'oauth_state',
    'jwt',
    'dob',
    'user.dob',
    'account-number',
    'ACCOUNT NO',
    'security_code',
  ];
  names.push('sort_code', 'access_key', 'accessKey', 'API.Key', 'first_name', 'lastName', 'Sur-Name', 'date_of_birth');
  names.push('e-mail', 'Phone.Number', 'home_address', 'post_code', 'card_number', 'PIN', 'one_time_otp', 'pass_word');
  const { text } = await kept(t, on, {
    body: JSON.stringify(Object.fromEntries(names.map((name) => [name, 'canary']))),
  });
  assert.deepEqual(JSON.parse(String(text)), Object.fromEntries(names.map((name) => [name, '***'])));
});

test('what only looks like it is not', async (t) => {
  const body = JSON.stringify({
    author: 'a',
    authority: 'b',
    name: 'c',
    title: 'd',
    product_id: 'pr-1',
    footprint: 2,
    adobe: 'e',
    at: '2026-11-21T14:52:50+01:00',
    text: 'costs 5? yes=no; see https://example.com/path and 1+1=2',
  });
  const { text } = await kept(t, on, { body });
  assert.equal(text, body);
});

test('texts are searched for e-mail addresses, phone numbers, tokens and the parameters of URLs', async (t) => {
  const body = JSON.stringify({
    note: 'ask jo.canary+x@mail.example.com or +49 (170) 123-4567, today',
    link: 'https://example.com/a?token=canary&page=canary#access_token=canary',
    relative: '/callback?code=canary',
    bare: 'see https://example.com/?canary now',
    text: 'with eyJhbGciOiJIUzI1NiJ9.canary.canary',
    'jo-canary@example.com': true,
  });
  const { text } = await kept(t, on, { body });
  assert.deepEqual(JSON.parse(String(text)), {
    note: 'ask ***@*** or +***, today',
    link: 'https://example.com/a?token=***&page=***#access_token=***',
    relative: '/callback?code=***',
    bare: 'see https://example.com/?*** now',
    text: 'with ***',
    '***@***': true,
  });
});

test('no text takes longer to search than it is long, whoever chose it', () => {
  for (const part of ['a', 'a@', '?a=', '+1', '+1 ', 'eyJ', 'eyJaaaaa.', '://a', 'https://a?', '&', "'", '%']) {
    const grown = growth((times) => impersonal(part.repeat((times * 2048) / part.length)));
    assert.ok(grown < 8, `${part} ${grown}`);
  }
});

test('own names are masked beside the built-in ones, in any case', async (t) => {
  const env = { ...on, TRACE_REDACTED_FIELDS: 'title, Pet-Name' };
  const { text } = await kept(t, env, { body: '{"Title":"canary","pet_name":"canary","password":"canary","a":1}' });
  assert.equal(text, '{"Title":"***","pet_name":"***","password":"***","a":1}');
});

test('the program can ask for it too, and the environment overrules it', async (t) => {
  const settings = { requestBodies: true, redactedFields: ['title'] };
  const { text } = await kept(t, complete({}, settings), { body: '{"title":"canary","a":1}' });
  assert.equal(text, '{"title":"***","a":1}');
  configureEdges(complete({ TRACE_REQUEST_BODY: 'false' }, settings));
});

test('what a schema refuses is kept, for it is worth seeing', async (t) => {
  const { status, text } = await kept(t, on, { body: '{"refused":"why"}' });
  assert.deepEqual([status, text], [400, '{"refused":"why"}']);
});

test('it is at most 2,048 characters, however large, deep or long the body', async (t) => {
  const deep = '{"a":'.repeat(1000) + '1' + '}'.repeat(1000);
  const { text } = await kept(t, on, {
    body: `{"deep":${deep},"many":[${'1,'.repeat(50_000)}1],"long":"${'x'.repeat(100_000)}"}`,
  });
  assert.ok(String(text).length <= 2048 && String(text).startsWith('{"deep":{"a":'));
});

test('what is not JSON, or cannot be read as it, is not kept', async (t) => {
  assert.equal((await kept(t, on, { body: 'a;b', type: 'text/csv' })).text, undefined);
});

test('a broken body is not kept', async (t) => {
  assert.deepEqual(await kept(t, on, { body: '{"a"' }).then(({ status, text }) => [status, text]), [400, undefined]);
});

test('a suffix of JSON’s is JSON', async (t) => {
  assert.equal(
    (await kept(t, on, { body: '{"a":1}', type: 'application/problem+json; charset=utf-8' })).text,
    '{"a":1}',
  );
});

test('nothing is kept of an untraced path', async (t) => {
  assert.deepEqual((await kept(t, on, { body: '{"a":1}', path: '/health/live' })).spans, []);
});

test('nor of an excluded one', async (t) => {
  const env = { ...on, TRACE_EXCLUDED_URLS: '^/private' };
  const { status, spans } = await kept(t, env, { body: '{"a":1}', path: '/private/things' });
  assert.deepEqual([status, spans], [200, []]);
});
