/** A refusal in a service's own words: `code` and `message` as AWS gives them, `status` the HTTP status (400 unless said). */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Asks whether a call, or one entry of a batch (operation `PutEvents.Entry`, `SendMessageBatch.Entry`, …), is to fail: the seam for tests of outages. */
export type Fail = (
  service: 'sqs' | 'events' | 's3',
  operation: string,
  input: unknown,
) => { status: number; code: string } | undefined;
