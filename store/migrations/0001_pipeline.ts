import { type Kysely, sql } from 'kysely';

// `COLLATE "C"`: ids are compared as bytes, on every machine alike and after every upgrade of its locales.
const id = 'text COLLATE "C" NOT NULL';
const validId = (column: string) => `CHECK (${column} ~ '^[A-Za-z0-9_-]{1,64}$')`;
// Milliseconds, because a JavaScript Date holds no more and a list's cursor must find its row again.
const now = 'timestamptz(3) NOT NULL DEFAULT now()';

const statements = [
  // Trusted since PostgreSQL 13: its owner may create it without being superuser, on Aurora too.
  'CREATE EXTENSION IF NOT EXISTS btree_gist',

  `CREATE TABLE videos (
    id ${id} PRIMARY KEY ${validId('id')},
    title text NOT NULL,
    duration_ms integer NOT NULL CHECK (duration_ms BETWEEN 1 AND 604800000),
    created_at ${now}
  )`,
  'CREATE INDEX videos_listed ON videos (created_at, id)',

  `CREATE TABLE products (
    id ${id} PRIMARY KEY ${validId('id')},
    name text NOT NULL,
    created_at ${now}
  )`,
  'CREATE INDEX products_listed ON products (created_at, id)',

  // Integers on purpose: NaN passes CHECK (end > start) on numeric columns. Seven days are 604,800,000 ms.
  `CREATE TABLE placements (
    id ${id} PRIMARY KEY ${validId('id')},
    video_id ${id} REFERENCES videos,
    product_id ${id} REFERENCES products,
    start_ms integer NOT NULL CHECK (start_ms >= 0),
    end_ms integer NOT NULL CHECK (end_ms <= 604800000),
    correlation_id text,
    created_at ${now},
    cancelled_at timestamptz(3),
    CHECK (start_ms < end_ms),
    CONSTRAINT placements_overlap EXCLUDE USING gist (video_id WITH =, int4range(start_ms, end_ms) WITH &&)
      WHERE (cancelled_at IS NULL)
  )`,
  'CREATE INDEX placements_listed ON placements (created_at, id)',
  'CREATE INDEX placements_of_video ON placements (video_id, created_at, id)',

  // One outcome per event or command, whatever is delivered twice.
  `CREATE TABLE files (
    caused_by ${id} PRIMARY KEY,
    placement_id ${id} REFERENCES placements,
    bucket text NOT NULL,
    key text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_at ${now}
  )`,
  'CREATE INDEX files_of_placement ON files (placement_id, created_at DESC)',

  `CREATE TABLE validations (
    caused_by ${id} PRIMARY KEY,
    placement_id ${id} REFERENCES placements,
    verdict text NOT NULL CHECK (verdict IN ('valid', 'rejected')),
    reasons text[] NOT NULL,
    created_at ${now}
  )`,
  'CREATE INDEX validations_of_placement ON validations (placement_id, created_at DESC)',

  // json, not jsonb: the order of its fields stays, so the relay says the same bytes as the API.
  `CREATE TABLE outbox (
    id ${id} PRIMARY KEY ${validId('id')},
    kind text NOT NULL CHECK (kind IN ('event', 'command')),
    name text NOT NULL,
    destination text NOT NULL,
    payload json NOT NULL,
    traceparent text,
    tracestate text,
    baggage text,
    correlation_id text,
    created_at ${now},
    published_at timestamptz(3)
  )`,
  'CREATE INDEX outbox_unpublished ON outbox (created_at, id) WHERE published_at IS NULL',
  'CREATE INDEX outbox_expiring ON outbox (published_at) WHERE published_at IS NOT NULL',

  `CREATE TABLE inbox (
    consumer text COLLATE "C" NOT NULL,
    id ${id},
    at ${now},
    PRIMARY KEY (consumer, id)
  )`,
  'CREATE INDEX inbox_expiring ON inbox (at)',

  `CREATE TABLE idempotency_keys (
    key text COLLATE "C" PRIMARY KEY,
    request_hash text NOT NULL,
    status integer NOT NULL,
    headers json NOT NULL,
    body text NOT NULL,
    created_at ${now}
  )`,
  'CREATE INDEX idempotency_keys_expiring ON idempotency_keys (created_at)',
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
