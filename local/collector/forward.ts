import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Sends every export on to another OTLP/HTTP collector, byte for byte. */
export interface Forwarder {
  forward(body: Buffer, headers: IncomingHttpHeaders): void;
  /** Waits for what is under way, at most `withinMs` (1000). */
  drain(withinMs?: number): Promise<void>;
}

/** Exports under way at once; more are dropped and counted, so that a black hole costs a bounded memory. */
const MAX_UNDER_WAY = 64;
const ATTEMPTS = 3;

/**
 * @param endpoint `OTEL_EXPORTER_OTLP_ENDPOINT`; `/v1/traces` is appended as the OTLP exporter specification says.
 * @param headers `OTEL_EXPORTER_OTLP_HEADERS`: `key=value` pairs, comma-separated, percent-encoded.
 * @param tell gets one line when sending begins to fail, and one when it works again.
 */
export function forwardTo(endpoint: string, headers: string | undefined, tell: (line: string) => void): Forwarder {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const own = readHeaders(headers);
  const underWay = new Set<Promise<void>>();
  let failing = false;
  let lost = 0;

  const send = async (body: Buffer, received: IncomingHttpHeaders): Promise<void> => {
    let why = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) await sleep(250 * 2 ** attempt, undefined, { ref: false });
      try {
        const answer = await fetch(url, {
          method: 'POST',
          headers: { ...contentHeaders(received), ...own },
          body: new Uint8Array(body),
          signal: AbortSignal.timeout(5000),
        });
        await answer.arrayBuffer();
        if (answer.ok) return report(undefined);
        why = `HTTP ${answer.status}`;
        if (![429, 502, 503, 504].includes(answer.status)) break;
      } catch (error) {
        why = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
      }
    }
    lost++;
    report(why);
  };
  const report = (why: string | undefined): void => {
    if (why !== undefined && !failing)
      tell(`traces do not reach ${new URL(url).host}: ${why} (the work goes on; they are shown here)`);
    if (why === undefined && failing) tell(`traces reach ${new URL(url).host} again (${lost} exports were lost)`);
    failing = why !== undefined;
  };

  return {
    forward(body, received) {
      if (underWay.size >= MAX_UNDER_WAY) {
        lost++;
        return;
      }
      const sending = send(body, received).finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    drain: async (withinMs = 1000) => {
      await Promise.race([Promise.allSettled(underWay), sleep(withinMs, undefined, { ref: false })]);
    },
  };
}

const contentHeaders = (received: IncomingHttpHeaders): Record<string, string> => ({
  'content-type': received['content-type'] ?? 'application/x-protobuf',
  ...(received['content-encoding'] ? { 'content-encoding': received['content-encoding'] } : {}),
});

function readHeaders(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').map((pair) => pair.split('='));
  return Object.fromEntries(
    pairs
      .filter(([key, value]) => key?.trim() && value !== undefined)
      .map(([key, ...rest]) => [key?.trim(), decodeURIComponent(rest.join('=').trim())]),
  );
}
