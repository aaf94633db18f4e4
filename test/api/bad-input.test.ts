import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem, openApi } from '../support/api.ts';
import type { Asked } from '../support/rest-event.ts';

// Every line of the table of bad input that concerns the API, through both doors.

const json = { 'content-type': 'application/json' };
const post = (path: string, body: string | Buffer, headers: Asked['headers'] = json): Asked => ({
  method: 'POST',
  path,
  headers,
  body,
});
const video = (fields: string): Asked => post('/v1/videos', `{"title":"Night","duration":60${fields}}`);
const placement = (fields: object | string): Asked => {
  const usual = { video_id: 'v', product_id: 'p', start_time: 1, end_time: 2 };
  if (typeof fields === 'object') return post('/v1/placements', JSON.stringify({ ...usual, ...fields }));
  return post('/v1/placements', `{"video_id":"v","product_id":"p","end_time":2,${fields}}`);
};
const get = (path: string): Asked => ({ method: 'GET', path });

const withId = (id: string) => post('/v1/videos', JSON.stringify({ id, title: 'Night', duration: 60 }));
const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, index]));

const table: [name: string, asked: Asked, status: number, code: string, pointer?: string][] = [
  ['a body that is cut off', post('/v1/videos', '{'), 400, 'invalid-json'],
  ['an empty body', post('/v1/videos', ''), 400, 'invalid-json'],
  ['a body of blanks', post('/v1/videos', ' \n'), 400, 'invalid-json'],
  ['null', post('/v1/videos', 'null'), 400, 'invalid-json'],
  ['an array', post('/v1/videos', '[]'), 400, 'invalid-json'],
  ['a string', post('/v1/videos', '"x"'), 400, 'invalid-json'],
  ['100,000 opening brackets', post('/v1/videos', '['.repeat(100_000)), 400, 'invalid-json'],
  ['100,000 nested arrays', post('/v1/videos', '['.repeat(100_000) + ']'.repeat(100_000)), 400, 'invalid-json'],
  [
    'deep nesting in a field',
    post('/v1/videos', `{"title":${'['.repeat(30_000)}${']'.repeat(30_000)},"duration":1}`),
    400,
    'invalid-request',
    '/title',
  ],
  [
    'deep nesting in an unknown field',
    video(`,"x":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`),
    400,
    'invalid-request',
    '/x',
  ],
  ['a __proto__ key', video(',"__proto__":{"admin":true}'), 400, 'invalid-request'],
  ['an escaped __proto__ key', video(String.raw`,"\u005f_proto__":{"admin":true}`), 400, 'invalid-request'],
  ['constructor.prototype', video(',"constructor":{"prototype":{"admin":true}}'), 400, 'invalid-request'],
  [
    'bytes that are not UTF-8',
    post('/v1/videos', Buffer.from('{"title":"\xff","duration":60}', 'latin1')),
    400,
    'invalid-json',
  ],
  ['no body and no content type', { method: 'POST', path: '/v1/videos' }, 400, 'invalid-request'],

  ['no content type', post('/v1/videos', '{}', {}), 415, 'unsupported-media-type'],
  ['text/plain', post('/v1/videos', '{}', { 'content-type': 'text/plain' }), 415, 'unsupported-media-type'],
  [
    'a form',
    post('/v1/videos', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'unsupported-media-type',
  ],
  ['a content type that is none', post('/v1/videos', '{}', { 'content-type': 'json' }), 415, 'unsupported-media-type'],
  [
    'Content-Encoding: gzip',
    post('/v1/videos', '{}', { ...json, 'content-encoding': 'gzip' }),
    415,
    'unsupported-media-type',
  ],
  ['a body over 64 KiB', post('/v1/videos', `{"title":"${'x'.repeat(65_536)}"}`), 413, 'body-too-large'],
  ['a body of half a megabyte', post('/v1/videos', `{"title":"${'x'.repeat(524_288)}"}`), 413, 'body-too-large'],

  ['an unknown property', video(',"colour":"red"'), 400, 'invalid-request', '/colour'],
  ['a thousand unknown properties', post('/v1/videos', JSON.stringify(many)), 400, 'invalid-request'],
  ['a missing property', post('/v1/videos', '{"title":"Night"}'), 400, 'invalid-request', '/duration'],
  ['start_time: null', placement({ start_time: null }), 400, 'invalid-request', '/start_time'],
  ['start_time: true', placement({ start_time: true }), 400, 'invalid-request', '/start_time'],
  ['start_time: "1"', placement({ start_time: '1' }), 400, 'invalid-request', '/start_time'],
  ['start_time: [1]', placement({ start_time: [1] }), 400, 'invalid-request', '/start_time'],
  ['start_time: 1e400', placement('"start_time":1e400'), 400, 'invalid-request', '/start_time'],
  ['start_time: 1e306', placement('"start_time":1e306'), 400, 'invalid-request', '/start_time'],
  ['start_time: -1', placement({ start_time: -1 }), 400, 'invalid-request', '/start_time'],
  ['start_time finer than a millisecond', placement({ start_time: 1.0001 }), 400, 'invalid-request', '/start_time'],
  ['end_time finer than a millisecond', placement({ end_time: 2.0005 }), 400, 'invalid-request', '/end_time'],
  [
    'a duration finer than a millisecond',
    post('/v1/videos', '{"title":"Night","duration":0.0001}'),
    400,
    'invalid-request',
    '/duration',
  ],
  ['a duration of nothing', post('/v1/videos', '{"title":"Night","duration":0}'), 400, 'invalid-request', '/duration'],
  [
    'a duration over seven days',
    post('/v1/videos', '{"title":"Night","duration":604800.001}'),
    400,
    'invalid-request',
    '/duration',
  ],

  ['start = end', placement({ start_time: 2 }), 422, 'invalid-interval', '/end_time'],
  ['start > end', placement({ start_time: 3 }), 422, 'invalid-interval', '/end_time'],
  ['an end beyond seven days', placement({ end_time: 604_800.001 }), 422, 'invalid-interval', '/end_time'],
  ['an end in the far future', placement({ end_time: 1e300 }), 422, 'invalid-interval', '/end_time'],
  ['an unknown video', placement({}), 422, 'unknown-video', '/video_id'],

  ['an id with NUL', withId('a\u0000b'), 400, 'invalid-request', '/id'],
  ['an id with a lone surrogate', withId('a\ud800'), 400, 'invalid-request', '/id'],
  ['an id from right to left', withId('\u202Eabc'), 400, 'invalid-request', '/id'],
  ['an id that climbs', withId('../etc'), 400, 'invalid-request', '/id'],
  ['an id of 10,000 characters', withId('x'.repeat(10_000)), 400, 'invalid-request', '/id'],
  ['an id with a line end', withId('abc\n'), 400, 'invalid-request', '/id'],
  ['a video_id with NUL', placement({ video_id: 'a\u0000' }), 400, 'invalid-request', '/video_id'],
  [
    'a title with NUL',
    post('/v1/videos', String.raw`{"title":"a\u0000","duration":1}`),
    400,
    'invalid-request',
    '/title',
  ],
  [
    'a title with a lone surrogate',
    post('/v1/videos', String.raw`{"title":"a\ud800","duration":1}`),
    400,
    'invalid-request',
    '/title',
  ],
  ['an empty title', post('/v1/videos', '{"title":"","duration":1}'), 400, 'invalid-request', '/title'],
  [
    'a name of 201 characters',
    post('/v1/products', JSON.stringify({ name: 'é'.repeat(201) })),
    400,
    'invalid-request',
    '/name',
  ],
  ['a path with NUL', get('/v1/videos/a%00b'), 400, 'invalid-request', '/id'],
  ['a path from right to left', get('/v1/videos/%E2%80%AEabc'), 400, 'invalid-request', '/id'],
  ['a path that climbs', get('/v1/placements/..%2F..%2Fetc'), 400, 'invalid-request', '/id'],
  ['a path of 10,000 characters', get(`/v1/videos/${'x'.repeat(10_000)}`), 400, 'invalid-request', '/id'],
  ['a path that is no percent-encoding', get('/v1/videos/%zz'), 400, 'malformed-url'],
  ['a path that is not UTF-8', get('/v1/videos/%ff'), 400, 'malformed-url'],
  ['an unknown path that is no percent-encoding', get('/%zz?a=b'), 400, 'malformed-url'],

  [
    'an Idempotency-Key with a blank',
    post('/v1/products', '{"name":"Canoe"}', { ...json, 'idempotency-key': 'a b' }),
    400,
    'invalid-request',
    '/idempotency-key',
  ],
  [
    'an empty Idempotency-Key',
    post('/v1/products', '{"name":"Canoe"}', { ...json, 'idempotency-key': '' }),
    400,
    'invalid-request',
    '/idempotency-key',
  ],
  [
    'an Idempotency-Key of 256 characters',
    post('/v1/products', '{"name":"Canoe"}', { ...json, 'idempotency-key': 'k'.repeat(256) }),
    400,
    'invalid-request',
    '/idempotency-key',
  ],
  [
    'two Idempotency-Keys',
    post('/v1/products', '{"name":"Canoe"}', { ...json, 'idempotency-key': ['a', 'b'] }),
    400,
    'invalid-request',
    '/idempotency-key',
  ],
  [
    'an Idempotency-Key that is not ASCII',
    post('/v1/products', '{"name":"Canoe"}', { ...json, 'idempotency-key': 'cl\u00e9' }),
    400,
    'invalid-request',
    '/idempotency-key',
  ],

  ['limit=0', get('/v1/videos?limit=0'), 400, 'invalid-request', '/limit'],
  ['limit=101', get('/v1/videos?limit=101'), 400, 'invalid-request', '/limit'],
  ['limit=1.5', get('/v1/videos?limit=1.5'), 400, 'invalid-request', '/limit'],
  ['limit=1e1', get('/v1/products?limit=1e1'), 400, 'invalid-request', '/limit'],
  ['limit=%2010', get('/v1/videos?limit=%2010'), 400, 'invalid-request', '/limit'],
  ['limit without a value', get('/v1/videos?limit='), 400, 'invalid-request', '/limit'],
  ['limit twice', get('/v1/videos?limit=1&limit=2'), 400, 'invalid-request', '/limit'],
  ['an unknown query parameter', get('/v1/placements?colour=red'), 400, 'invalid-request', '/colour'],
  ['a video_id that is none', get('/v1/placements?video_id=a%00'), 400, 'invalid-request', '/video_id'],
  ['video_id twice', get('/v1/placements?video_id=a&video_id=b'), 400, 'invalid-request', '/video_id'],
  ['an empty cursor', get('/v1/videos?cursor='), 400, 'invalid-request', '/cursor'],
  ['a cursor of garbage', get('/v1/videos?cursor=garbage'), 400, 'invalid-request', '/cursor'],
  ['a cursor of another shape', get(`/v1/videos?cursor=${cursor({ id: 'a' })}`), 400, 'invalid-request', '/cursor'],
  [
    'a cursor without a moment',
    get(`/v1/videos?cursor=${cursor(['2026-11-20', 'a'])}`),
    400,
    'invalid-request',
    '/cursor',
  ],
  ['a cursor before all time', get(`/v1/videos?cursor=${cursor([-8.64e15, 'a'])}`), 400, 'invalid-request', '/cursor'],
  ['a cursor with a bad id', get(`/v1/videos?cursor=${cursor([1, "a' or 1=1"])}`), 400, 'invalid-request', '/cursor'],
  ['a cursor with padding', get(`/v1/videos?cursor=${cursor([1, 'a'])}==`), 400, 'invalid-request', '/cursor'],
  ['fields for regenerate', post('/v1/placements/a/regenerate', '{"now":true}'), 400, 'invalid-request', '/now'],

  ['an unknown path', get('/v1/films'), 404, 'not-found'],
  ['an unknown path with a broken body', post('/v1/films', '{'), 404, 'not-found'],
  ['an id of nothing', get('/v1/videos/'), 400, 'invalid-request', '/id'],
  ['an unknown video by id', get('/v1/videos/none'), 404, 'not-found'],
  ['an unknown product by id', get('/v1/products/none'), 404, 'not-found'],
  ['an unknown placement by id', get('/v1/placements/none'), 404, 'not-found'],
  ['cancelling an unknown placement', { method: 'DELETE', path: '/v1/placements/none' }, 404, 'not-found'],
  ['regenerating an unknown placement', { method: 'POST', path: '/v1/placements/none/regenerate' }, 404, 'not-found'],
  ['PUT', { method: 'PUT', path: '/v1/videos', headers: json, body: '{' }, 405, 'method-not-allowed'],
  ['DELETE on a video', { method: 'DELETE', path: '/v1/videos/a' }, 405, 'method-not-allowed'],
  ['OPTIONS', { method: 'OPTIONS', path: '/v1/placements' }, 405, 'method-not-allowed'],
  ['PROPFIND', { method: 'PROPFIND', path: '/v1/placements/a' }, 405, 'method-not-allowed'],
];

const api = await openApi();

async function refusalsOf(limit: string): Promise<string[]> {
  const { json: problem } = await api.http.send('GET', `/v1/placements?limit=${limit}`);
  const { errors } = problem as { errors: { code: string; message: string }[] };
  return errors.map(({ code, message }) => `${code}: ${message}`);
}

describe('what bad input gets', () => {
  for (const name of ['http', 'lambda'] as const) {
    for (const [what, asked, status, code, pointer] of table) {
      test(`${name}: ${what} is ${status} ${code}`, async () => {
        const door = api.doors.find((candidate) => candidate.name === name);
        assertProblem(await door!.ask(asked), status, code, pointer);
      });
    }
  }

  test('a limit beyond its bounds is out of range, and only what is no whole number has the wrong type', async () => {
    for (const limit of ['101', '100000', '9'.repeat(100)])
      assert.deepEqual(await refusalsOf(limit), ['out-of-range: must be <= 100'], limit);
    for (const limit of ['0', '-1']) assert.deepEqual(await refusalsOf(limit), ['out-of-range: must be >= 1'], limit);
    for (const limit of ['1.5', '1e1', '-0', '007', 'ten'])
      assert.deepEqual(await refusalsOf(limit), ['wrong-type: must be integer'], limit);
  });

  test('JSON that is refused for a name is not called invalid JSON', async () => {
    for (const [body, reason] of [
      ['{"__proto__":{"a":1}}', /is JSON with a name that is refused: __proto__/],
      ['{"__proto__":{"a":1}', /is not valid JSON/],
    ] as const) {
      const { json } = await api.http.ask(post('/v1/videos', body));
      assert.match((json as { detail: string }).detail, reason);
    }
  });

  test('405 says in Allow what the path offers', async () => {
    for (const door of api.doors) {
      const one = await door.ask({ method: 'PATCH', path: '/v1/placements/a' });
      assert.equal(one.headers['allow'], 'GET, DELETE');
      const all = await door.ask({ method: 'PATCH', path: '/v1/placements?x=y' });
      assert.equal(all.headers['allow'], 'GET, POST');
    }
  });

  test('HEAD is 405 as well, without a body', async () => {
    const { status, headers } = await api.http.ask({ method: 'HEAD', path: '/v1/videos' });
    assert.equal(status, 405);
    assert.equal(headers['allow'], 'GET, POST');
  });

  test('an unknown product is 422 with its pointer', async () => {
    const { video_id } = await api.material();
    for (const door of api.doors) {
      assertProblem(await door.ask(placement({ video_id })), 422, 'unknown-product', '/product_id');
    }
  });

  test('at most 20 fields are listed, their names cut at 100 characters', async () => {
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${index}${'n'.repeat(300)}`, 1]));
    for (const door of api.doors) {
      const { json } = await door.send('POST', '/v1/videos', fields);
      const pointers = (json['errors'] as { pointer: string }[]).map((error) => error.pointer);
      assert.equal(pointers.length, 20);
      for (const pointer of pointers) assert.ok(pointer.length <= 101, pointer);
    }
  });

  test('a refused value is never repeated, wherever it stood', async () => {
    const canary = 'canary!7f3a';
    const places: Asked[] = [
      withId(canary),
      placement({ start_time: canary }),
      post('/v1/videos', `{"title":"${canary}`),
      get(`/v1/videos/${canary}`),
      get(`/v1/videos?limit=${canary}`),
      get(`/v1/videos?cursor=${canary}`),
      get(`/${canary}`),
      get(`/%zz${canary}`),
      post('/v1/products', '{"name":"Canoe"}', { ...json, 'idempotency-key': `${canary} ` + canary }),
      post('/v1/videos', '{}', { 'content-type': canary }),
      post('/v1/videos', '{}', { ...json, 'content-encoding': canary }),
    ];
    for (const door of api.doors) {
      for (const asked of places) {
        const answered = await door.ask(asked);
        assert.ok(answered.status >= 400 && answered.status < 500, `${asked.path} ${answered.status}`);
        assert.ok(!answered.text.includes(canary), `${asked.method} ${asked.path}: ${answered.text}`);
      }
    }
  });
});
