import type { Span } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import { own } from '../attributes.ts';
import { sqlSettings } from './sql-settings.ts';

/** How long a session had to be waited for, and why. */
export interface PoolWait {
  milliseconds: number;
  /** It had to be opened; else it was one that somebody gave back. */
  opened: boolean;
  /** Sessions there may be. */
  most: number;
}

/** Says on the span of the first statement of a session how long that session was waited for, from one millisecond on. */
export function tellPoolWait(span: Span, wait: PoolWait): void {
  if (wait.milliseconds < 1) return;
  span.setAttribute(own.poolWaitMs, rounded(wait));
  if (wait.milliseconds >= sqlSettings.poolWaitMs) span.addEvent('pool_wait', eventOf(wait));
}

/** Says on the span that is active that no session was to be had: there is no statement to say it. */
export function tellPoolRefusal(wait: Omit<PoolWait, 'opened'>): void {
  trace.getActiveSpan()?.addEvent('pool_wait', { ...eventOf({ ...wait, opened: true }), refused: true });
}

const eventOf = ({ opened, most, ...wait }: PoolWait) => ({
  duration_ms: rounded(wait),
  max_sessions: most,
  suggestion: opened
    ? 'a session was opened: look at the way to the server, and at how often sessions are opened anew'
    : `all ${most} sessions were in use: shorten transactions, or allow more sessions`,
});

const rounded = ({ milliseconds }: Pick<PoolWait, 'milliseconds'>): number => Math.round(milliseconds * 10) / 10;
