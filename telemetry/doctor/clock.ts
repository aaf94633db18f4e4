import type { BackendCheck } from './backend.ts';
import type { Diagnosis } from './diagnosis.ts';

/** How far this machine's clock is off, as far as anybody could be asked. */
export interface ClockCheck {
  state: 'ok' | 'off' | 'unknown';
  /** Whose `Date` header it was compared with. */
  against?: string;
  /** Positive where ours is ahead. Such a header has whole seconds, so less than two are nothing. */
  aheadMs?: number;
  /** How far the wall clock moved against the monotonic one while the doctor ran: somebody set it. */
  jumpedMs: number;
  diagnosis?: Diagnosis;
}

const TOLERATED_MS = 2000;
const JUMP_MS = 250;

/** Remembers both clocks; asked later, it says how far they have moved against each other. */
export function watchClocks(now = Date.now, monotonic = () => performance.now()): () => number {
  const [wall, steady] = [now(), monotonic()];
  return () => Math.round(now() - wall - (monotonic() - steady));
}

/** Compares with what backends answered. Times of spans from several machines are only as good as their clocks. */
export function checkClock(backends: BackendCheck[], jumpedMs: number): ClockCheck {
  const jumped = Math.abs(jumpedMs) > JUMP_MS;
  const answered = backends.find(({ date }) => date !== undefined);
  const jumpDiagnosis = {
    cause: `the clock was set by ${jumpedMs} ms while this ran`,
    remedy: 'let NTP slew the clock instead of stepping it; spans of that moment have wrong durations',
  };
  if (!answered?.date) {
    return { state: jumped ? 'off' : 'unknown', jumpedMs, ...(jumped && { diagnosis: jumpDiagnosis }) };
  }
  const { theirs, ours } = answered.date;
  // The header is cut to the second it was written in, which on average is half a second ago.
  const aheadMs = Math.round(ours - (theirs + 500));
  const about = { against: answered.target ?? answered.exporter, aheadMs, jumpedMs };
  if (Math.abs(aheadMs) > TOLERATED_MS) {
    const way = aheadMs > 0 ? 'ahead of' : 'behind';
    const cause = `this clock is ${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${way} the backend's`;
    const remedy =
      'synchronise it (timedatectl set-ntp true): X-Ray refuses spans far off, signatures fail after 5 minutes, tail sampling decides too early';
    return { state: 'off', ...about, diagnosis: { cause, remedy } };
  }
  if (jumped) return { state: 'off', ...about, diagnosis: jumpDiagnosis };
  return { state: 'ok', ...about };
}
