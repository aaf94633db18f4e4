/**
 * A failure that no retry can mend: the record belongs in the dead-letter queue, now.
 * Any other throw means "again".
 */
export class Permanent extends Error {
  override readonly name = 'Permanent';
  /** Why, as a kebab-case code: `error.type` on the span, `reason` in the log line and in the message's `nedlia.failure`. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
