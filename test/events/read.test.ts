import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Permanent } from '../../core/permanent.ts';
import {
  commands,
  events,
  placementCancelled,
  placementCreated,
  placementFileGenerated,
  placementRejected,
  placementValidated,
  regenerateFile,
} from '../../events/catalogue.ts';
import { read } from '../../events/read.ts';

const stamp = { id: 'id-1', occurredAt: '2026-11-20T12:00:00.000Z', correlationId: 'c-1' };
const placement = { placement_id: 'pl-1', video_id: 'vi-1', product_id: 'pr-1', start_time: 12.5, end_time: 20 };
const outcome = { placement_id: 'pl-1', caused_by: 'id-0' };
const file = { ...outcome, bucket: 'files', key: 'placements/pl-1/a.vtt', sha256: 'a'.repeat(64) };

/** Every event there is, as it was said. */
const said = [
  [placementCreated, placementCreated.create(stamp, placement), placement],
  [placementCancelled, placementCancelled.create(stamp, placement), placement],
  [placementFileGenerated, placementFileGenerated.create(stamp, file), file],
  [placementValidated, placementValidated.create(stamp, { ...outcome, reasons: [] }), { ...outcome, reasons: [] }],
  [
    placementRejected,
    placementRejected.create(stamp, { ...outcome, reasons: ['outside-video'] }),
    { ...outcome, reasons: ['outside-video'] },
  ],
] as const;

const detail = placementCreated.create(stamp, placement);
const command = regenerateFile.create(stamp, { placement_id: 'pl-1' });
const envelope = (changed: object = {}, about: object = {}) => ({
  'detail-type': 'placement.created',
  source: 'nedlia.api',
  detail: { ...detail, ...changed },
  ...about,
});

/** Why a body can never be read, and in which words. */
function refusal(body: unknown): { reason: string; message: string } {
  try {
    read(body, 'message-1');
  } catch (error) {
    assert.ok(error instanceof Permanent);
    return { reason: error.reason, message: error.message };
  }
  return { reason: 'none', message: '' };
}

describe('what was made by a constructor', () => {
  it('is read back, each event', () => {
    assert.deepEqual(
      said.map(([definition]) => definition),
      events,
    );
    for (const [{ name, source }, made, data] of said) {
      const body: unknown = JSON.parse(JSON.stringify({ 'detail-type': name, source, detail: made }));
      const { id, occurredAt, correlationId } = stamp;
      assert.deepEqual(read(body, 'message-1'), { kind: 'event', name, id, occurredAt, correlationId, data });
    }
  });

  it('is read back, each command', () => {
    assert.deepEqual(commands, [regenerateFile]);
    assert.deepEqual(read(JSON.parse(JSON.stringify(command)), 'message-1'), {
      kind: 'command',
      name: 'placement.regenerate_file',
      id: 'id-1',
      occurredAt: undefined,
      correlationId: 'c-1',
      data: { placement_id: 'pl-1' },
    });
  });

  it('needs no correlation id', () => {
    const { correlationId: _, ...bare } = stamp;
    const body = envelope({}, { detail: placementCreated.create(bare, placement) });
    assert.equal(read(body, 'message-1').correlationId, undefined);
    assert.equal(read(regenerateFile.create(bare, { placement_id: 'pl-1' }), 'message-1').correlationId, undefined);
  });
});

describe('a reader', () => {
  it('takes a bare { placement_id } for the command, under the id of its message', () => {
    assert.deepEqual(read({ placement_id: 'pl-1', correlation_id: 'c-9', extra: 1 }, 'message-1'), {
      kind: 'command',
      name: 'placement.regenerate_file',
      id: 'message-1',
      occurredAt: undefined,
      correlationId: undefined,
      data: { placement_id: 'pl-1' },
    });
  });

  it('drops fields it does not know, at every level', () => {
    const body = envelope({ extra: 1, start_frame: 300 }, { account: '123456789012', time: 'now' });
    assert.deepEqual(read(body, 'message-1').data, placement);
    assert.deepEqual(read({ ...command, extra: 1 }, 'message-1').data, { placement_id: 'pl-1' });
  });
});

describe('a body that no retry can mend', () => {
  it('is unreadable when it is no object', () => {
    for (const body of [undefined, null, 'text', 7, true, [], [{ placement_id: 'pl-1' }]]) {
      assert.equal(refusal(body).reason, 'unreadable-message');
    }
  });

  it('is unknown when nothing says what it is, or it is nothing of ours', () => {
    const bodies = [
      {},
      { detail },
      envelope({}, { 'detail-type': 'placement.moved' }),
      envelope({}, { source: 'nedlia.validator' }),
      envelope({}, { source: undefined }),
      { ...command, command: 'placement.move' },
      { ...command, command: 7 },
    ];
    for (const body of bodies) assert.equal(refusal(body).reason, 'unknown-message');
  });

  it('is of an unknown version before its fields are judged', () => {
    const versions = [2, 0, '1', null, undefined];
    for (const version of versions) {
      assert.equal(refusal(envelope({ event_version: version, placement_id: 7 })).reason, 'unknown-version');
      assert.equal(refusal({ ...command, command_version: version, placement_id: 7 }).reason, 'unknown-version');
    }
    assert.match(refusal(envelope({ event_version: 2 })).message, /^placement\.created is known in version 1 only$/);
  });

  it('is invalid without fields, and with wrong ones, which it names without their values', () => {
    assert.equal(refusal(envelope({}, { detail: 'canary' })).reason, 'invalid-message');
    assert.equal(refusal(envelope({}, { detail: undefined })).reason, 'invalid-message');
    assert.deepEqual(refusal(envelope({ placement_id: 'not an id: canary', start_time: 'canary', end_time: -1 })), {
      reason: 'invalid-message',
      message: 'placement.created has wrong fields: placement_id, start_time, end_time',
    });
    assert.deepEqual(refusal({ placement_id: 'canary!' }), {
      reason: 'invalid-message',
      message: 'placement.regenerate_file has wrong fields: placement_id',
    });
  });

  it('is invalid by each field of each event that is missing', () => {
    for (const [{ name, source }, made] of said) {
      for (const field of Object.keys(made)) {
        if (field === 'correlation_id' || field === 'event_version') continue;
        const body = { 'detail-type': name, source, detail: { ...made, [field]: undefined } };
        assert.deepEqual(refusal(body), { reason: 'invalid-message', message: `${name} has wrong fields: ${field}` });
      }
    }
  });
});
