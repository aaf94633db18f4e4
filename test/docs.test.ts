import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { RUNBOOK } from '../lib/alarm.ts';
import { chosen } from './support/collector-task.ts';
import { templatesOf } from './support/template.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The anchor GitHub gives a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
const headings = (markdown: string): string[] =>
  markdown
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .split('\n')
    .flatMap((line) => /^#+ (.+)$/.exec(line)?.[1] ?? []);

// With everything that can be chosen, so that nothing is without its entry.
const alarms = templatesOf('prod', chosen('xray'))
  .resources('AWS::CloudWatch::Alarm')
  .map(({ properties }) => {
    const { AlarmName, AlarmDescription } = properties as Record<string, string>;
    const [, impact = '', file, entry] = /^(.+)\nWhat to do: (.+)#(.+)$/.exec(AlarmDescription ?? '') ?? [];
    return { name: AlarmName, impact, file, entry };
  });
const entries = read(RUNBOOK)
  .slice(read(RUNBOOK).indexOf('## Alarms'))
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ anchor: anchor(text.split('\n')[0] ?? ''), text }));

test('every alarm says what it means to a user, and which entry of the runbook helps', () => {
  assert.ok(alarms.length > 20);
  for (const { name, impact, file, entry } of alarms) {
    assert.ok(impact.length > 20 && impact.endsWith('.'), `${name}: ${impact}`);
    assert.equal(file, RUNBOOK);
    assert.ok(
      entries.some((one) => one.anchor === entry),
      `${name}: there is no ${RUNBOOK}#${entry}`,
    );
  }
});

test('every entry of the runbook has an alarm, and says what is seen, where to look and what to do', () => {
  for (const { anchor, text } of entries) {
    assert.ok(
      alarms.some(({ entry }) => entry === anchor),
      `no alarm leads to #${anchor}`,
    );
    for (const part of ['What a user sees', 'How to see it', 'What to do'])
      assert.ok(text.includes(`**${part}:**`), anchor);
  }
});

test('links between documents lead somewhere', () => {
  for (const path of ['README.md', 'AGENTS.md', ...globSync('docs/**/*.md', { cwd: root })]) {
    for (const [, link = ''] of read(path).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)) {
      const [file, fragment] = link.split('#');
      const there = file ? join(dirname(path), file) : path;
      assert.ok(existsSync(join(root, there)), `${path}: ${link}`);
      if (fragment) assert.ok(headings(read(there)).map(anchor).includes(fragment), `${path}: ${link}`);
    }
  }
});

test('files that documents name are there', () => {
  const rooms = '(?:api|aws|bench|commands|core|events|lambdas|lib|local|outbox|store|telemetry|test)';
  const named = new RegExp(`\`(${rooms}/[\\w./-]+\\.ts)\``, 'g');
  for (const path of ['README.md', 'AGENTS.md', ...globSync('docs/**/*.md', { cwd: root })]) {
    for (const [, file = ''] of read(path).matchAll(named)) assert.ok(existsSync(join(root, file)), `${path}: ${file}`);
  }
});

test('the figures README names are those of the documents it names for them', () => {
  const readme = read('README.md');
  const costs = /While nothing happens[^]+?deploy\.md#what-it-costs/.exec(readme)?.[0] ?? '';
  const tracing = /Tracing costs more than[^]+?\n\n/.exec(readme)?.[0] ?? '';
  for (const [text, path] of [
    [costs, 'docs/deploy.md'],
    [tracing, 'docs/performance.md'],
  ] as const) {
    const figures = text.match(/\d+\.\d+/g) ?? [];
    assert.ok(figures.length >= 4, text);
    for (const figure of figures) assert.ok(read(path).includes(figure), `README says ${figure}, ${path} does not`);
  }
});

test('the table of where a rule lives names files that are there', () => {
  const [, table = ''] = read('docs/telemetry.md').split('## Where each rule lives');
  const files = [...(table.split('\n## ')[0] ?? '').matchAll(/`([\w/-]+\.ts)`/g)].map(([, file = '']) => file);
  assert.ok(files.length > 10);
  assert.deepEqual(
    files.filter((file) => !existsSync(join(root, 'telemetry', file))),
    [],
  );
});
