import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XRayClient } from '@aws-sdk/client-xray';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { readXRay } from '../support/xray-traces.ts';

test('a trace is asked for in X-Ray’s form of its id, page by page, until there is enough of it', async (t) => {
  let looks = 0;
  const { requests } = await startAwsEndpoint(t, ({ input }) => {
    const { TraceIds, NextToken } = input as { TraceIds: string[]; NextToken?: string };
    const [trace_id = ''] = TraceIds;
    const page = NextToken === undefined ? 1 : 2;
    if (page === 1) looks++;
    const Document = JSON.stringify({ id: `s${page}`, name: 'nedlia-api', trace_id, start_time: 1, end_time: 2 });
    const Traces = looks > 1 ? [{ Id: trace_id, Segments: [{ Id: `s${page}`, Document }] }] : [];
    return { body: { Traces, ...(page === 1 && looks > 1 && { NextToken: 'more' }) } };
  });
  const client = new XRayClient({ maxAttempts: 1 });
  t.after(() => client.destroy());
  const xray = readXRay(client);

  const traceId = '6740a3c0af7651916cd43dd8448eb211';
  assert.equal(await xray.until(traceId, (spans) => spans.length === 2, 10_000), true);
  assert.deepEqual(requests[0]?.input['TraceIds'], ['1-6740a3c0-af7651916cd43dd8448eb211']);
  assert.equal((await xray.spans(traceId))[0]?.traceId, traceId);
  assert.equal(await xray.until(traceId, () => false, 0), false);
  await assert.rejects(async () => xray.spans(), /by its id/);
});
