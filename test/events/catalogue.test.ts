import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUS, commands, DEAD_LETTER_SUFFIX, events, heardBy, service } from '../../events/catalogue.ts';

/** What is said, by whom, and who hears it: the wire contract that other services on the bus rely on. */
const table = [
  ['placement.created', 'nedlia.api', ['fileGenerator', 'validator', 'notifier']],
  ['placement.cancelled', 'nedlia.api', ['notifier']],
  ['placement.file_generated', 'nedlia.file-generator', ['notifier']],
  ['placement.validated', 'nedlia.validator', ['notifier']],
  ['placement.rejected', 'nedlia.validator', ['notifier']],
];

test('every event has the name, the source and the listeners of the contract', () => {
  const said = events.map((event) => {
    const hears = Object.entries(heardBy).filter(([, heard]) => (heard as readonly unknown[]).includes(event));
    return [event.name, event.source, hears.map(([consumer]) => consumer)];
  });
  assert.deepEqual(said, table);
});

test('a rule is source and detail-type, and hears one event', () => {
  for (const { name, source, pattern } of events) {
    assert.deepEqual(pattern, { source: [source], 'detail-type': [name] });
  }
});

test('every event goes onto the bus', () => {
  for (const { destination } of events) assert.equal(destination, BUS);
});

test('there is one command, and the file generator hears it', () => {
  assert.deepEqual(
    commands.map(({ kind, name, version, destination }) => [kind, name, version, destination]),
    [['command', 'placement.regenerate_file', 1, service.fileGenerator]],
  );
});

test('names are fixed, without a stage', () => {
  assert.equal(BUS, 'nedlia-events');
  assert.equal(DEAD_LETTER_SUFFIX, '-dlq');
  const { api, fileGenerator, validator, notifier, relay } = service;
  assert.deepEqual(
    [api, fileGenerator, validator, notifier, relay],
    ['nedlia-api', 'nedlia-file-generator', 'nedlia-validator', 'nedlia-notifier', 'nedlia-relay'],
  );
});
