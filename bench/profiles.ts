import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startChild, type Child } from './child.ts';
import type { Load } from './per-request/load.ts';
import { byOwner, type CpuProfile, hottest } from './profile.ts';
import { prepare, type Entry, type Setting, VIDEOS } from './setting.ts';

const here = (path: string) => join(import.meta.dirname, path);

interface Subject {
  name: string;
  entry: Entry;
  program: string;
  environment: Record<string, string>;
  work: (child: Child, milliseconds: number) => Promise<unknown>;
}

const loop = (child: Child, milliseconds: number) => child.ask({ run: milliseconds });

const subjects: Subject[] = [
  {
    name: 'per-message',
    entry: 'per-message',
    program: 'per-message/loop.cjs',
    environment: { OTEL_TRACES_EXPORTER: 'none' },
    work: loop,
  },
  {
    name: 'per-message-export',
    entry: 'per-message',
    program: 'per-message/loop.cjs',
    environment: { EXPORT: 'amortised' },
    work: loop,
  },
  {
    name: 'per-request',
    entry: 'per-request',
    program: 'per-request/serve.cjs',
    environment: {},
    work: async (child, milliseconds) => {
      const load = await startChild(here('per-request/load.ts'), []);
      const { null: port } = child.ready as { null: number };
      const wanted: Load = { port, connections: VIDEOS, milliseconds, what: 'read' };
      await load.ask(wanted).finally(() => load.stop());
    },
  },
];

/** Where our variant's time goes: writes `<folder>/<name>.cpuprofile` for a profile viewer each, and says the top of it. */
export async function writeProfiles(options: { folder: string; milliseconds: number }): Promise<string> {
  const setting = await prepare({ folder: options.folder, readable: true, parts: ['message', 'request'] });
  try {
    const told: string[] = [];
    for (const subject of subjects) told.push(await profile(setting, subject, options));
    return told.join('\n');
  } finally {
    await setting.stop();
  }
}

async function profile(
  setting: Setting,
  { name, entry, program, environment, work }: Subject,
  { folder, milliseconds }: { folder: string; milliseconds: number },
): Promise<string> {
  const bundle = setting.bundle('ours', entry);
  const child = await startChild(here(program), [bundle], {
    AWS_REGION: 'eu-central-1',
    DATABASE_URL: setting.databaseUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: `${setting.url}/profile-${name}`,
    ...environment,
  });
  try {
    await work(child, milliseconds);
    await child.ask({ profile: 'start' });
    await work(child, milliseconds);
    const taken = await child.ask<CpuProfile>({ profile: 'stop' });
    const file = join(folder, `${name}.cpuprofile`);
    await writeFile(file, JSON.stringify(taken));
    const hot = hottest(taken, await readFile(bundle, 'utf8'));
    const tracing = hot.filter(({ source }) => /^telemetry\/|@opentelemetry\//.test(source)).slice(0, 25);
    return [
      `## profile: ${name} (${file})`,
      '',
      ...byOwner(hot)
        .slice(0, 12)
        .map(([owner, share]) => `${percent(share)}  ${owner}`),
      '',
      'own time in telemetry/ and @opentelemetry, with what they ask of Node:',
      ...tracing.map(
        ({ share, name, source }) => `${percent(share)}  ${name}  ${source.replace(/^.*node_modules\//, '')}`,
      ),
      '',
    ].join('\n');
  } finally {
    await child.stop();
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1).padStart(5)} %`;
