/** What the span of work that goes on after it has returned is told of it. Nothing here throws. */
export interface Follower {
  /** Runs what was asked of the work later, with the span active. */
  inside: <R>(step: () => R) => R;
  /** Ends the span, now unless said. */
  ended: (at?: Date) => void;
  /** Ends it as failed. */
  failed: (thrown: unknown) => void;
}
