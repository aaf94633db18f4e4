/**
 * Something the work needs (database, queue) cannot be had now. It is worth trying again in `retryAfter` seconds:
 * 503 with Retry-After at the HTTP door, an ordinary retry in a consumer.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly retryAfter: number;

  constructor(message: string, options?: ErrorOptions & { retryAfter?: number }) {
    super(message, options);
    this.retryAfter = options?.retryAfter ?? 5;
  }
}
