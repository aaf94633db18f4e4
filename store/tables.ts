import type { Generated, JSONColumnType } from 'kysely';

/** The tables of schema `nedlia` as `migrations/` makes them. Intervals and durations are integer milliseconds; every time is the database's own clock. */
export interface Tables {
  videos: { id: string; title: string; duration_ms: number; created_at: Generated<Date> };
  products: { id: string; name: string; created_at: Generated<Date> };
  placements: {
    id: string;
    video_id: string;
    product_id: string;
    start_ms: number;
    end_ms: number;
    correlation_id: string | null;
    created_at: Generated<Date>;
    cancelled_at: Date | null;
  };
  files: {
    caused_by: string;
    placement_id: string;
    bucket: string;
    key: string;
    sha256: string;
    created_at: Generated<Date>;
  };
  validations: {
    caused_by: string;
    placement_id: string;
    verdict: 'valid' | 'rejected';
    reasons: string[];
    created_at: Generated<Date>;
  };
  outbox: {
    id: string;
    kind: 'event' | 'command';
    name: string;
    destination: string;
    payload: JSONColumnType<Record<string, unknown>>;
    traceparent: string | null;
    tracestate: string | null;
    baggage: string | null;
    correlation_id: string | null;
    created_at: Generated<Date>;
    published_at: Date | null;
  };
  inbox: { consumer: string; id: string; at: Generated<Date> };
  idempotency_keys: {
    key: string;
    request_hash: string;
    status: number;
    headers: JSONColumnType<Record<string, string>>;
    body: string;
    created_at: Generated<Date>;
  };
}
