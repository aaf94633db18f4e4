import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '../../../telemetry/export/deadline.ts';
import { createPost } from '../../../telemetry/export/post.ts';
import { drain, startPeer } from '../../support/peer.ts';

for (const piece of ['a', 'a.', 'a:', 'a@', 'a:,']) {
  test(`an error page of 60 kB of "${piece}" holds up nothing`, async (t) => {
    const page = `${piece.repeat(60_000 / piece.length)}?`;
    const endpoint = await startPeer(t, (request, response) => {
      void drain(request).then(() => response.writeHead(500).end(page));
    });
    const post = createPost(new URL(endpoint), { keepAlive: false });
    t.after(() => post.close());
    const before = process.cpuUsage();
    await assert.rejects(post.send(Buffer.from('x'), {}, startDeadline(10_000)), /^Error: answered 500 /);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 500_000, `${user + system} µs`);
  });
}

test('of an answer 4 kB are kept, however it comes', async (t) => {
  const endpoint = await startPeer(t, async (request, response) => {
    await drain(request);
    response.write('x'.repeat(4000));
    setTimeout(() => response.end('y'.repeat(60_000)), 20);
  });
  const post = createPost(new URL(endpoint), { keepAlive: false });
  t.after(() => post.close());
  const answer = await post.send(Buffer.from('x'), {}, startDeadline(10_000));
  assert.deepEqual([answer.length, answer.toString().indexOf('y')], [4096, 4000]);
});
