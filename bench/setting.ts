import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { startPostgres } from '../local/postgres.ts';
import { openDatabase, transaction } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { insertPlacement } from '../store/placements.ts';
import { insertProduct } from '../store/products.ts';
import { insertVideo } from '../store/videos.ts';
import { buildAs, buildStock, type Kind } from './build.ts';
import { startChild } from './child.ts';

/** What measuring needs, running. */
export interface Setting {
  /** The bundle of an entry, built in one of the ways. */
  bundle: (kind: Kind, entry: Entry) => string;
  /** What loads the stock SDK, for a function and for a server. */
  stock: { function: string; server: string };
  /** Of the loopback peers. */
  url: string;
  /** Where one of them listens as X-Ray's daemon. */
  daemon: string;
  /** Empty where no database was asked for. */
  databaseUrl: string;
  /** What spans a variant has exported since the last time it was asked for. */
  spans: (slug: string) => Promise<{ all: number; aws: number }>;
  stop: () => Promise<void>;
}

/** What is built for each part, and from which file. */
const entries = {
  cold: { notifier: 'lambdas/notifier/handler.ts', 'file-generator': 'lambdas/file-generator/handler.ts' },
  message: { 'per-message': 'bench/per-message/handler.ts' },
  request: { 'per-request': 'bench/per-request/server.ts' },
};
export type Part = keyof typeof entries;
export const PARTS = Object.keys(entries) as Part[];
export type Entry = { [P in Part]: keyof (typeof entries)[P] }[Part];

/** As many videos as there are connections that write, so that they do not queue for one video's lock. */
export const VIDEOS = 8;

export interface SettingOptions {
  /** For bundles and the database. Inside the project: what a bundle does not carry is looked for from there. */
  folder: string;
  readable: boolean;
  /** Messages alone need no database. */
  parts: readonly Part[];
}

/** Builds every variant and starts the peers, and PostgreSQL where it is needed. Nothing is measured before that is over. */
export async function prepare({ folder, readable, parts }: SettingOptions): Promise<Setting> {
  await mkdir(folder, { recursive: true });
  const outdir = join(folder, 'bundles');
  const wanted: Record<string, string> = Object.assign({}, ...parts.map((part) => entries[part]));
  const kinds = ['ours', 'without', 'stock', 'by-hand'] as const;
  const [stock, ...built] = await Promise.all([
    buildStock(outdir),
    ...kinds.map((kind) => buildAs(kind, wanted, { outdir, readable })),
  ]);
  const bundles = new Map<Kind, (typeof built)[0] | undefined>(kinds.map((kind, index) => [kind, built[index]]));
  const database = parts.some((part) => part !== 'message');
  const postgres = database ? await startPostgres({ directory: folder, durable: false }) : undefined;
  try {
    if (postgres) await fill(postgres.url);
    const peers = await startChild(join(import.meta.dirname, 'peers.ts'), []);
    const { url, daemon } = peers.ready as { url: string; daemon: string };
    return {
      bundle: (kind, entry) => bundles.get(kind)?.[entry] ?? '',
      stock,
      url,
      daemon,
      databaseUrl: postgres?.url ?? '',
      spans: async (slug) => {
        const spans = (await (await fetch(`${url}/${slug}/spans`)).json()) as { system?: string }[];
        return { all: spans.length, aws: spans.filter(({ system }) => system !== undefined).length };
      },
      stop: async () => {
        await peers.stop();
        await postgres?.stop();
      },
    };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}

/** The tables, and what the measured work looks up. */
async function fill(url: string): Promise<void> {
  const db = openDatabase({ url });
  try {
    await migrate(db);
    await sql`truncate videos, products, inbox, outbox cascade`.execute(db);
    for (let video = 1; video <= VIDEOS; video += 1) {
      await insertVideo(db, { id: `vi-${video}`, title: 'A film', durationMs: 60_000 });
    }
    await insertProduct(db, { id: 'pr-1', name: 'A cup' });
    const placement = { id: 'pl-1', videoId: 'vi-1', productId: 'pr-1', startMs: 604_000_000, endMs: 604_001_000 };
    await transaction(db, (tx) => insertPlacement(tx, placement));
  } finally {
    await db.destroy();
  }
}
