import type { Reach } from './reach.ts';

/** Why something is wrong and what to do about it, a line each. */
export interface Diagnosis {
  cause: string;
  remedy: string;
}

/** An export that failed, and what a look at the address found. */
export interface Failed {
  exporter: string;
  target: string | undefined;
  isGrpc: boolean;
  failure: Error;
  reach: Reach | undefined;
  timeoutMillis: number;
}
