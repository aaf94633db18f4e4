import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { templatesOf } from '../support/template.ts';

const overview = readFileSync('docs/overview.md', 'utf8');
const [, section = ''] = /\n## What is deployed\n(.*?)\n## /s.exec(overview) ?? [];
const explained = new Set([...section.matchAll(/`([A-Z]\w+::\w+)`/g)].map(([, type]) => `AWS::${type}`));

const webhookUrl = 'https://hooks.example';
const chosen = [templatesOf('dev'), templatesOf('prod', { webhookUrl, alarmEmail: 'somebody@example.com' })];
const deployed = new Set(
  chosen
    .flatMap(({ data, running }) => [data, running])
    .flatMap((template) => Object.values(template.toJSON()['Resources'] as Record<string, { Type: string }>))
    .map(({ Type }) => Type),
);

test('every type of resource that is deployed has its reason in docs/overview.md', () => {
  assert.deepEqual([...deployed].filter((type) => !explained.has(type)).toSorted(), []);
});

test('docs/overview.md explains nothing that is not deployed', () => {
  assert.deepEqual([...explained].filter((type) => !deployed.has(type)).toSorted(), []);
});
