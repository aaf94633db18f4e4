import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Permanent } from '../../../core/permanent.ts';
import { Unavailable } from '../../../core/unavailable.ts';
import { objections, validate } from '../../../lambdas/validator/validate.ts';
import { transaction } from '../../../store/database.ts';
import { cancelPlacement } from '../../../store/placements.ts';
import { only, recordSpans } from '../../support/spans.ts';
import { aDelivery, aPlacement, created, regenerate, sentAgo } from '../../support/stories.ts';

async function aValidator(about: { durationMs?: number } = {}) {
  const { db, say, publish, published } = await aPlacement(about);
  const rows = async () => ({
    validations: await db.selectFrom('validations').select(['caused_by', 'verdict', 'reasons']).execute(),
    outbox: await db.selectFrom('outbox').select(['name']).execute(),
  });
  return { story: validate({ db, say, publish }), db, published, rows };
}

test('a placement inside its video is valid, and that is said', async () => {
  const { story, published, rows } = await aValidator();
  await story(created({ id: 'evt-1' }), aDelivery());
  assert.deepEqual(await rows(), {
    validations: [{ caused_by: 'evt-1', verdict: 'valid', reasons: [] }],
    outbox: [{ name: 'placement.validated' }],
  });
  assert.deepEqual([published[0]?.name, published[0]?.payload['caused_by']], ['placement.validated', 'evt-1']);
});

test('a rejection is said like any other fact, with its reasons, and fails nothing', async () => {
  const { story, published, rows } = await aValidator({ durationMs: 19_999 });
  await story(created(), aDelivery());
  assert.deepEqual(
    (await rows()).validations.map(({ verdict, reasons }) => [verdict, reasons]),
    [['rejected', ['outside-video']]],
  );
  assert.deepEqual([published[0]?.name, published[0]?.payload['reasons']], ['placement.rejected', ['outside-video']]);
});

test('a placement may end with its video, and whatever is missing is named', () => {
  const createdAt = new Date(0);
  const interval = { startMs: 0, endMs: 1000 };
  const video = { id: 'v', title: 'x', durationMs: 1000, createdAt };
  const product = { id: 'p', name: 'x', createdAt };
  assert.deepEqual(objections(interval, video, product), []);
  assert.deepEqual(objections(interval, { ...video, durationMs: 999 }, product), ['outside-video']);
  assert.deepEqual(objections(interval, undefined, undefined), ['video-missing', 'product-missing']);
});

test('the same message again, also at the same time, leaves one verdict and one event', async () => {
  const { story, published, rows } = await aValidator();
  await Promise.allSettled([1, 2, 3].map(() => story(created({ id: 'evt-1' }), aDelivery())));
  await story(created({ id: 'evt-1' }), aDelivery());
  const { validations, outbox } = await rows();
  assert.deepEqual([validations.length, outbox.length, published.length], [1, 1, 1]);
});

test('a cancelled placement is not judged, which is success and visible', async (t: TestContext) => {
  const { story, db, rows } = await aValidator();
  await transaction(db, (tx) => cancelPlacement(tx, 'pl-1'));
  const spans = recordSpans(t);
  await story(created(), aDelivery());
  assert.deepEqual(await rows(), { validations: [], outbox: [] });
  assert.equal(only(spans.all(), 'validator.validate').attributes['placement.cancelled'], true);
});

test('a placement that is not there is waited for, for thirty seconds', async () => {
  const { story } = await aValidator();
  const missing = created({ placementId: 'pl-2' });
  await assert.rejects(story(missing, sentAgo(29)), Unavailable);
  await assert.rejects(
    story(missing, sentAgo(31)),
    (error) => error instanceof Permanent && error.reason === 'placement-missing',
  );
});

test('what is nothing for the validator is given up at once', async () => {
  const { story } = await aValidator();
  await assert.rejects(
    story(regenerate(), aDelivery()),
    (error) => error instanceof Permanent && error.reason === 'unexpected-message',
  );
});

test('its spans are those of the tree', async (t: TestContext) => {
  const { story } = await aValidator();
  const spans = recordSpans(t);
  await story(created(), aDelivery());
  const all = spans.all();
  const validated = only(all, 'validator.validate');
  const tables = [
    'SELECT nedlia.placements',
    'SELECT nedlia.videos',
    'SELECT nedlia.products',
    'INSERT nedlia.validations',
  ];
  for (const name of tables) assert.equal(only(all, name).parentId, validated.spanId, name);
  assert.equal(validated.attributes['validation.verdict'], 'valid');
});
