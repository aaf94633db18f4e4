/** What is built on loopback, as plain data. Times are milliseconds. */
export interface Plan {
  buses: string[];
  rules: Rule[];
  queues: QueuePlan[];
  buckets: string[];
  functions: FunctionPlan[];
  mappings: Mapping[];
  outputs: Record<string, string>;
  /** What another stack may import, by its name. */
  exports: Record<string, string>;
}

export interface Rule {
  name: string;
  bus: string;
  pattern: Record<string, unknown>;
  /** Names of queues: no other kind of target is known here. */
  targets: string[];
}

export interface QueuePlan {
  name: string;
  arn: string;
  delayMs: number;
  visibilityMs: number;
  retentionMs: number;
  receiveWaitMs: number;
  maximumBytes: number;
  redrive: { deadLetter: string; maxReceiveCount: number } | undefined;
}

export interface FunctionPlan {
  name: string;
  arn: string;
  /** `index.handler`: file without its extension, then the name it exports. */
  handler: string;
  /** The folder that holds the handler's file. */
  directory: string;
  timeoutMs: number;
  memoryMb: number;
  environment: Record<string, string>;
}

export interface Mapping {
  function: string;
  queue: string;
  batchSize: number;
  windowMs: number;
  /** `ReportBatchItemFailures` is on; without it an answer of any shape means success. */
  partial: boolean;
}
