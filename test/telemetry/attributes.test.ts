import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { name, own } from '../../telemetry/attributes.ts';

const known = new Set<unknown>(
  Object.entries(conventions)
    .filter(([constant]) => constant.startsWith('ATTR_'))
    .map(([, value]) => value),
);

it('every name we call conventional is one', () => {
  for (const attribute of Object.values(name)) assert.ok(known.has(attribute), attribute);
});

it('no name of ours is taken', () => {
  for (const attribute of Object.values(own)) assert.ok(!known.has(attribute), attribute);
});
