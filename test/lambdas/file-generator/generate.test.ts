import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Permanent } from '../../../core/permanent.ts';
import { Unavailable } from '../../../core/unavailable.ts';
import { generate } from '../../../lambdas/file-generator/generate.ts';
import type { RenderedFile } from '../../../lambdas/file-generator/render.ts';
import { transaction } from '../../../store/database.ts';
import { cancelPlacement } from '../../../store/placements.ts';
import { only, recordSpans } from '../../support/spans.ts';
import { aDelivery, aPlacement, cancelled, created, regenerate, sentAgo } from '../../support/stories.ts';

async function aGenerator(upload: () => Promise<unknown> = () => Promise.resolve('created')) {
  const { db, say, publish, published } = await aPlacement();
  const uploaded: RenderedFile[] = [];
  const story = generate({
    db,
    bucket: 'files',
    upload: (file) => {
      uploaded.push(file);
      return upload();
    },
    say,
    publish,
  });
  const rows = async () => ({
    files: await db.selectFrom('files').selectAll().execute(),
    outbox: await db.selectFrom('outbox').select(['name', 'payload']).execute(),
    inbox: await db.selectFrom('inbox').selectAll().execute(),
  });
  return { story, db, uploaded, published, rows };
}

test('a new placement gets its file, a row that names it, and an event that says so', async () => {
  const { story, uploaded, published, rows } = await aGenerator();
  await story(created({ id: 'evt-1' }), aDelivery());
  const { files, outbox, inbox } = await rows();
  const [{ key, sha256 }] = uploaded as [RenderedFile];
  assert.equal(files.length, 1);
  assert.deepEqual(
    { ...files[0], created_at: undefined },
    {
      caused_by: 'evt-1',
      placement_id: 'pl-1',
      bucket: 'files',
      key,
      sha256,
      created_at: undefined,
    },
  );
  assert.equal(inbox.length, 1);
  assert.equal(outbox[0]?.name, 'placement.file_generated');
  const said = published[0]?.payload;
  assert.deepEqual([published.length, said?.['caused_by'], said?.['key'], said?.['sha256']], [1, 'evt-1', key, sha256]);
});

test('the same message again has no second effect, its upload included', async () => {
  const { story, uploaded, published, rows } = await aGenerator();
  for (let delivery = 0; delivery < 3; delivery += 1) await story(created({ id: 'evt-1' }), aDelivery());
  const { files, outbox } = await rows();
  assert.equal(new Set(uploaded.map(({ key }) => key)).size, 1);
  assert.deepEqual([files.length, outbox.length, published.length], [1, 1, 1]);
});

test('deliveries of one message at the same time leave one row', async () => {
  const { story, rows } = await aGenerator();
  await Promise.allSettled([1, 2, 3].map(() => story(created({ id: 'evt-1' }), aDelivery())));
  const { files, outbox } = await rows();
  assert.deepEqual([files.length, outbox.length], [1, 1]);
});

test('a wish for the file makes it again, under the key it has', async () => {
  const { story, uploaded, rows } = await aGenerator(() => Promise.resolve('exists'));
  await story(created(), aDelivery());
  await story(regenerate('cmd-1'), aDelivery());
  assert.equal(new Set(uploaded.map(({ key }) => key)).size, 1);
  const { files } = await rows();
  assert.equal(files.length, 2);
});

test('when the file cannot be stored nothing is noted or said', async () => {
  const { story, published, rows } = await aGenerator(() => Promise.reject(new Error('S3 is down')));
  await assert.rejects(story(created(), aDelivery()), /S3 is down/);
  assert.deepEqual([published, await rows()], [[], { files: [], outbox: [], inbox: [] }]);
});

test('a cancelled placement gets no file, which is success and visible', async (t: TestContext) => {
  const { story, db, uploaded, rows } = await aGenerator();
  await transaction(db, (tx) => cancelPlacement(tx, 'pl-1'));
  const spans = recordSpans(t);
  await story(created(), aDelivery());
  assert.deepEqual([uploaded, (await rows()).outbox], [[], []]);
  assert.equal(only(spans.all(), 'file_generator.generate').attributes['placement.cancelled'], true);
});

test('a placement that is not there is waited for, for thirty seconds', async () => {
  const { story } = await aGenerator();
  const missing = created({ placementId: 'pl-2' });
  await assert.rejects(story(missing, sentAgo(0)), (error) => error instanceof Unavailable && error.retryAfter === 5);
  await assert.rejects(story(missing, sentAgo(29)), Unavailable);
  await assert.rejects(
    story(missing, sentAgo(31)),
    (error) => error instanceof Permanent && error.reason === 'placement-missing',
  );
});

test('what is nothing for the file-generator is given up at once', async () => {
  const { story } = await aGenerator();
  await assert.rejects(
    story(cancelled(), aDelivery()),
    (error) => error instanceof Permanent && error.reason === 'unexpected-message',
  );
});

test('its spans are those of the tree', async (t: TestContext) => {
  const { story } = await aGenerator();
  const spans = recordSpans(t);
  await story(created(), aDelivery());
  const all = spans.all();
  const generated = only(all, 'file_generator.generate');
  for (const name of ['SELECT nedlia.placements', 'SELECT nedlia.products', 'render_template']) {
    assert.equal(only(all, name).parentId, generated.spanId, name);
  }
  assert.equal(only(all, 'file_generator.upload_s3').parentId, undefined);
});
