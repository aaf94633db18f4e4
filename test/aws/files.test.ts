import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { s3Client } from '../../aws/clients.ts';
import { putFile } from '../../aws/files.ts';
import { span } from '../../telemetry/span.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { only, recordSpans } from '../support/spans.ts';

const put = () => putFile(s3Client(), 'bucket', 'a/b.vtt', 'WEBVTT\n', 'text/vtt');
const xml = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;

describe('a file', () => {
  it('is put unless it is there, under a span that says where', async (t) => {
    const spans = recordSpans(t);
    const { requests, port } = await startAwsEndpoint(t, () => ({ headers: { 'x-amz-request-id': 'r' }, body: '' }));
    assert.equal(await span('upload', put), 'created');
    assert.equal(requests[0]?.operation.split('?')[0], 'PUT /bucket/a/b.vtt');
    assert.equal(requests[0]?.headers['if-none-match'], '*');
    assert.equal(requests[0]?.headers['content-type'], 'text/vtt');
    assert.equal(requests[0]?.body, 'WEBVTT\n');
    const call = only(spans.all(), 'S3.PutObject');
    assert.deepEqual([call.kind, call.status, call.parentId], ['CLIENT', 'UNSET', only(spans.all(), 'upload').spanId]);
    assert.deepEqual(call.attributes, {
      'rpc.system': 'aws-api',
      'rpc.service': 'S3',
      'rpc.method': 'PutObject',
      'aws.s3.bucket': 'bucket',
      'aws.s3.key': 'a/b.vtt',
      'aws.request_id': 'request-1',
      'http.response.status_code': 200,
      'cloud.region': 'eu-central-1',
      'server.address': '127.0.0.1',
      'server.port': port,
    });
  });

  it('that is there already is a success, also for its span', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, () => ({ status: 412, body: xml('PreconditionFailed') }));
    assert.equal(await put(), 'exists');
    const call = only(spans.all(), 'S3.PutObject');
    assert.deepEqual([call.status, call.events], ['UNSET', []]);
    assert.equal(call.attributes['http.response.status_code'], 412);
    assert.equal(call.attributes['aws.s3.object_existed'], true);
  });

  it('that somebody else is writing now has to be put again', async (t) => {
    const spans = recordSpans(t);
    await startAwsEndpoint(t, () => ({ status: 409, body: xml('ConditionalRequestConflict') }));
    await assert.rejects(put(), { name: 'ConditionalRequestConflict' });
    const call = only(spans.all(), 'S3.PutObject');
    assert.deepEqual([call.status, call.attributes['error.type']], ['ERROR', 'ConditionalRequestConflict']);
  });

  it('is tried again after a 500, and the span counts it', async (t) => {
    const spans = recordSpans(t);
    let requests = 0;
    await startAwsEndpoint(t, () => (requests++ === 0 ? { status: 500, body: xml('InternalError') } : { body: '' }));
    assert.equal(await put(), 'created');
    assert.equal(only(spans.all(), 'S3.PutObject').attributes['http.request.resend_count'], 1);
  });
});

// Three seconds, because that is what is promised.
it('a server that accepts and never answers is given up after three seconds', async (t) => {
  const { requests } = await startAwsEndpoint(t, () => ({ never: true }));
  process.env['AWS_MAX_ATTEMPTS'] = '1';
  const start = Date.now();
  // The client names the limit it has; the clock, which a busy machine holds up, only shows that it keeps one.
  await assert.rejects(put(), { name: 'TimeoutError', message: /exceeded the configured 3000 ms requestTimeout/ });
  const took = Date.now() - start;
  assert.ok(took > 2900 && took < 20_000, `${took} ms`);
  assert.equal(requests.length, 1);
});
