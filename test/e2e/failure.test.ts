import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { named, one, usePlace, where } from '../support/place.ts';

/** What AWS on loopback does wrong at the moment, one entry a line. */
const broken = new Set<string>();
const place = usePlace({
  faults: {
    fail: (service, operation, input) => {
      const source = (input as { Source?: string }).Source ?? '';
      const hit = [`${service}.${operation}`, `${service}.${operation} ${source}`].some((name) => broken.has(name));
      return hit ? { status: 500, code: 'InternalFailure' } : undefined;
    },
  },
});

const consumers = ['nedlia-file-generator', 'nedlia-validator', 'nedlia-notifier'];

where('faults')(
  'what the bus refused is said by the relay, in the same trace, with the same event id: of the API and of a consumer',
  async () => {
    const material = await place.material();
    const wish = (start_time: number) =>
      place.send('POST', '/v1/placements', { ...material, start_time, end_time: start_time + 1 });
    const refused = (source: string, event: string, traceId: string) =>
      place.until(
        traceId,
        (all) => named(all, `send nedlia-events (${event})`).length === 1,
        `the refused event of ${source}`,
      );

    broken.add('events.PutEvents.Entry nedlia.api');
    const began = Date.now();
    const first = await wish(1);
    assert.ok(Date.now() - began < 10_000, 'the client does not wait for the relay');
    await refused('the API', 'placement.created', first.traceId);
    broken.clear();
    broken.add('events.PutEvents.Entry nedlia.validator');
    const second = await wish(2);
    await refused('the validator', 'placement.validated', second.traceId);
    broken.clear();

    for (const [{ status, traceId, json }, event, service] of [
      [first, 'placement.created', 'nedlia-api'],
      [second, 'placement.validated', 'nedlia-validator'],
    ] as const) {
      assert.equal(status, 201);
      const spans = await place.wholeTrace(traceId, 60_000);
      const sends = named(spans, `send nedlia-events (${event})`);
      assert.deepEqual(
        sends.map((span) => `${span.service} ${span.status.code}`).toSorted(),
        [`${service} ERROR`, 'nedlia-relay UNSET'].toSorted(),
      );
      assert.equal(
        new Set(sends.map(({ parentSpanId }) => parentSpanId)).size,
        1,
        'both hang below the span that made them say it',
      );
      assert.equal(named(spans, 'process nedlia-validator').length, 1, 'the message itself was done');
      assert.equal(
        new Set((await place.webhooksAbout(json['id'], event)).map(({ headers }) => headers['webhook-id'])).size,
        1,
      );
    }
  },
);

where('faults')(
  'S3 fails for a while: the message comes again in the same trace, and the others are not held up',
  async () => {
    const material = await place.material();
    broken.add('s3.PutObject');
    const created = await place.insist('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 });
    const early = await place.until(
      created.traceId,
      (all) => named(all, 'process nedlia-file-generator').some(({ status }) => status.code === 'ERROR'),
      'a failed attempt',
    );
    assert.ok(early);
    broken.clear();
    const spans = await place.wholeTrace(created.traceId, 60_000);
    const attempts = named(spans, 'process nedlia-file-generator');
    assert.ok(attempts.length >= 2);
    assert.ok(
      attempts.some(({ attributes }) => Number(attributes['aws.sqs.message.receive_count']) >= 2),
      'the count is on the span',
    );
    assert.equal(new Set(attempts.map(({ parentSpanId }) => parentSpanId)).size, 1);
    const placement = (await place.send('GET', `/v1/placements/${created.json['id']}`)).json;
    assert.ok(placement['file']);
  },
);

where('kills')('whichever consumer is killed, ten placements sent meanwhile end in ten whole trees', async () => {
  const material = await place.material();
  for (const [round, victim] of consumers.entries()) {
    place.kill(victim);
    const created = await Promise.all(
      Array.from({ length: 10 }, (_, index) => {
        const start_time = round * 100 + index * 10;
        return place.insist('POST', '/v1/placements', { ...material, start_time, end_time: start_time + 5 });
      }),
    );
    for (const { status, traceId, json } of created) {
      assert.equal(status, 201, JSON.stringify(json));
      await place.wholeTrace(traceId, 60_000);
    }
  }
});

where('kills')('consumers killed in the middle of their work lose none of it', async () => {
  const material = await place.material();
  const ids: string[] = [];
  for (let index = 0; index < 12; index++) {
    const wish = { ...material, start_time: index * 10, end_time: index * 10 + 5 };
    ids.push((await place.insist('POST', '/v1/placements', wish)).json['id']);
    place.kill(consumers[index % 3] ?? '');
  }
  // Their spans may have died with them, so this looks at what they left: file, verdict, webhooks.
  for (const id of ids) {
    for (const deadline = Date.now() + 60_000; ; await sleep(100)) {
      const { file, validation } = (await place.send('GET', `/v1/placements/${id}`)).json;
      const types = ['placement.created', 'placement.file_generated', 'placement.validated'];
      const said = new Set((await place.webhooksAbout(id)).map(({ body }) => String(JSON.parse(body).type)));
      if (file && validation && types.every((type) => said.has(type))) break;
      assert.ok(Date.now() < deadline, `${id} is not complete`);
    }
  }
});

test('of eight writers of one interval, who ask again after a 503, one ends with 201 and seven with 409', async () => {
  const material = await place.material();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      place.insist('POST', '/v1/placements', { ...material, start_time: 1, end_time: 2 }),
    ),
  );
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 409, 409, 409, 409, 409, 409, 409],
  );
  for (const { status, json } of answers) if (status === 409) assert.equal(json['code'], 'placement-overlap');
});

where('faults')(
  'with SQS down when a nudge is due nothing is accepted and nothing is stored: 503 with Retry-After',
  async () => {
    const material = await place.material();
    broken.add('sqs.SendMessage');
    // A nudge covers half its delay; the next one falls due within these seconds.
    let accepted = 0;
    let refused: Awaited<ReturnType<typeof place.send>> | undefined;
    for (let index = 0; index < 40 && !refused; index++) {
      const answer = await place.send('POST', '/v1/placements', {
        ...material,
        start_time: index * 10,
        end_time: index * 10 + 5,
      });
      if (answer.status !== 201) refused = answer;
      else {
        accepted++;
        await sleep(250);
      }
    }
    broken.clear();
    assert.ok(refused, 'no nudge fell due');
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal(refused.json['trace_id'], refused.traceId);
    const spans = await place.until(
      refused.traceId,
      (all) => named(all, 'POST /v1/placements').length === 1,
      'its trace',
    );
    assert.equal(one(spans, 'POST /v1/placements').status.code, 'ERROR');
    const listed = await place.send('GET', `/v1/placements?limit=100&video_id=${material.video_id}`);
    assert.equal(listed.json['items'].length, accepted);
  },
);
