import { join } from 'node:path';
import type { Kind } from '../build.ts';
import { startChild, type Child } from '../child.ts';
import { interleave, type Variant } from '../interleave.ts';
import type { Section } from '../section.ts';
import { VIDEOS, type Setting } from '../setting.ts';
import type { Load, Loaded } from './load.ts';

const SERVE = join(import.meta.dirname, 'serve.cjs');
const LOAD = join(import.meta.dirname, 'load.ts');

interface Server {
  name: string;
  kind: Kind;
  setup?: true;
  environment?: Record<string, string>;
}

const servers: Server[] = [
  { name: 'without', kind: 'without' },
  { name: 'without, again', kind: 'without' },
  { name: 'ours, disabled', kind: 'ours', environment: { OTEL_SDK_DISABLED: 'true' } },
  { name: 'ours', kind: 'ours' },
  { name: 'stock', kind: 'stock', setup: true },
];

type Work = Pick<Load, 'what'> & { name: string; store: 'null' | 'postgres' };

const works: Work[] = [
  { name: 'per request, a store that does nothing', what: 'read', store: 'null' },
  { name: 'per request, one row of PostgreSQL', what: 'read', store: 'postgres' },
  { name: 'per request, a placement in PostgreSQL', what: 'write', store: 'postgres' },
];

/** The API behind sockets, each variant a server of its own that rests while another is measured; spans are exported all the while. */
export async function measureRequests(
  setting: Setting,
  { rounds, milliseconds, tick }: { rounds: number; milliseconds: number; tick: () => void },
): Promise<Section[]> {
  const children = await Promise.all(servers.map((server) => start(setting, server)));
  const load = await startChild(LOAD, []);
  try {
    const sections: Section[] = [];
    for (const work of works) {
      const variants: Variant[] = [];
      for (const [index, server] of servers.entries()) {
        variants.push(await ready(setting, { server, work, load, child: children[index] }, milliseconds));
      }
      sections.push({
        name: work.name,
        unit: 'requests/s',
        figures: await interleave(variants, rounds, tick),
        budgets: [{ variant: 'ours', says: work.name, of: 'ratio', limit: 0.9, bound: 'least' }],
        notes: [],
      });
    }
    return sections;
  } finally {
    await Promise.all([load, ...children].map((child) => child.stop()));
  }
}

const slugOf = ({ name }: Server): string => `request-${name.replaceAll(/\W+/g, '-')}`;

const start = (setting: Setting, server: Server): Promise<Child> =>
  startChild(SERVE, [setting.bundle(server.kind, 'per-request'), server.setup ? setting.stock.server : ''], {
    AWS_REGION: 'eu-central-1',
    DATABASE_URL: setting.databaseUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: `${setting.url}/${slugOf(server)}`,
    OTEL_TRACES_SAMPLER: 'always_on',
    ...server.environment,
  });

/** One request tells how many spans it makes; then the code is run until it is compiled. */
async function ready(
  setting: Setting,
  about: { server: Server; work: Work; load: Child; child: Child | undefined },
  milliseconds: number,
): Promise<Variant> {
  const { server, work, load, child } = about;
  if (!child) throw new Error('no process');
  const port = (child.ready as Record<Work['store'], number>)[work.store];
  const send = async (connections: number, during: number): Promise<Loaded> => {
    const wanted: Load = { port, connections, milliseconds: during, what: work.what };
    const loaded = await load.ask<Loaded>(wanted);
    if (loaded.failures > 0) throw new Error(`${work.name}, ${server.name}: ${loaded.failures} requests failed`);
    return loaded;
  };
  const cpu = async () => (await child.ask<{ cpuUs: number }>({})).cpuUs;
  await cpu();
  await setting.spans(slugOf(server));
  await send(1, 0);
  await cpu();
  const spans = await setting.spans(slugOf(server));
  await send(VIDEOS, 6 * milliseconds);
  return {
    name: server.name,
    spans,
    sample: async () => {
      const before = await cpu();
      const { requests, milliseconds: took } = await send(VIDEOS, milliseconds);
      return { value: (requests / took) * 1000, cpu: ((await cpu()) - before) / requests };
    },
  };
}
