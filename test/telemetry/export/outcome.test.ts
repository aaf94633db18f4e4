import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../../../telemetry/export/outcome.ts';

const failed = (message: string, more: { code?: unknown; name?: string } = {}) =>
  Object.assign(new Error(message), more);

const kinds: [failure: Error, kind: string][] = [
  [failed('connect ECONNREFUSED 10.0.0.7:4318', { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [failed('getaddrinfo ENOTFOUND ingest.acme.internal', { code: 'ENOTFOUND' }), 'ENOTFOUND'],
  [failed('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [failed('no answer within 500 ms'), 'no answer within 500 ms'],
  [failed('no answer within 500 ms from ingest.acme.internal'), 'failed'],
  [failed('Request timed out'), 'no answer in time'],
  [failed('Export failed with retryable status'), 'asked to try again later'],
  [failed('Forbidden: arn:aws:iam::123456789012:role/x', { code: 403 }), 'answered 403'],
  [failed('answered 403 Forbidden: arn:aws:iam::123456789012:role/x'), 'answered 403'],
  [failed('14 UNAVAILABLE: No connection to 10.0.0.7:4317', { code: 14 }), 'gRPC UNAVAILABLE'],
  [failed('16 UNAUTHENTICATED: key abc', { code: 16 }), 'gRPC UNAUTHENTICATED'],
  [failed('Could not load credentials from /home/me', { name: 'CredentialsProviderError' }), 'no AWS credentials'],
  [failed('whatever', { code: 'token abc' }), 'failed'],
  [failed('tenant acme is over its quota'), 'failed'],
];

for (const [failure, kind] of kinds) {
  test(`"${failure.message}" is told to anybody as "${kind}"`, () => assert.equal(kindOf(failure), kind));
}
