import { randomUUID } from 'node:crypto';
import { ServiceError } from './errors.ts';
import { Journal } from './journal.ts';
import { fromReceipt, invalidReceipt, toReceipt, type Message, type NewMessage, type Received } from './message.ts';
import type { QueuePlan } from './plan.ts';

type Entry =
  | { op: 'put'; message: Message }
  | { op: 'change'; id: string; visibleAt: number; receives: number; firstReceivedAt?: number }
  | { op: 'delete'; id: string };

/**
 * A standard SQS queue: at least once, roughly in order, its state in memory and every change first in `<directory>/<name>.jsonl`.
 * A message received too often moves to the dead-letter queue when it is due again, with its id, times and count, as on AWS.
 */
export class Queue {
  readonly plan: QueuePlan;
  /** Where the redrive policy moves to; set once all queues are open. */
  deadLetter: Queue | undefined;
  readonly #messages = new Map<string, Message>();
  readonly #journal: Journal<Entry>;
  readonly #waiting = new Set<() => void>();

  constructor(plan: QueuePlan, directory: string) {
    this.plan = plan;
    this.#journal = new Journal<Entry>(
      `${directory}/${plan.name}.jsonl`,
      (entry) => this.#apply(entry),
      () => [...this.#messages.values()].map((message) => ({ op: 'put', message })),
    );
  }

  send({ delayMs = this.plan.delayMs, ...content }: NewMessage): Message {
    const now = Date.now();
    return this.#put({ ...content, id: randomUUID(), sentAt: now, visibleAt: now + delayMs, receives: 0 });
  }

  /**
   * Takes up to `max` due messages, waiting up to `waitMs` for the first; each is invisible for `visibilityMs` (the queue's own unless given).
   * Resolves with none when the time is over or `signal` aborts.
   */
  async receive(options: {
    max: number;
    visibilityMs?: number;
    waitMs?: number;
    signal?: AbortSignal;
  }): Promise<Received[]> {
    const deadline = Date.now() + (options.waitMs ?? this.plan.receiveWaitMs);
    for (;;) {
      const taken = options.signal?.aborted
        ? []
        : this.#take(options.max, options.visibilityMs ?? this.plan.visibilityMs);
      if (taken.length > 0 || options.signal?.aborted || Date.now() >= deadline) return taken;
      await this.#change(deadline, options.signal);
    }
  }

  /** Deletes what this receipt was given for; an older receipt, or one of a message that is gone, deletes nothing and is no error. */
  delete(receipt: string): void {
    const message = this.#held(receipt);
    if (message) this.#write([{ op: 'delete', id: message.id }]);
  }

  /** True while the message is in flight under this receipt. */
  holds(receipt: string): boolean {
    return (this.#held(receipt)?.visibleAt ?? 0) > Date.now();
  }

  /** Makes a message that is in flight due again in `delayMs`. */
  changeVisibility(receipt: string, delayMs: number): void {
    const message = this.#held(receipt);
    if (!message) {
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      throw new ServiceError(
        'InvalidParameterValue',
        `Value ${receipt} for parameter ReceiptHandle is invalid. Reason: ${reason}`,
      );
    }
    if (message.visibleAt <= Date.now()) throw new ServiceError('MessageNotInflight', 'The message is not in flight.');
    this.#write([{ op: 'change', id: message.id, visibleAt: Date.now() + delayMs, receives: message.receives }]);
  }

  purge(): void {
    this.#write([...this.#messages.keys()].map((id) => ({ op: 'delete', id })));
  }

  /** Makes everything in flight due now: after a start, when whoever held it is known to be dead. Delays and counts stay. */
  release(): void {
    const held = [...this.#messages.values()].filter(({ receives }) => receives > 0);
    this.#write(held.map(({ id, receives }) => ({ op: 'change', id, receives, visibleAt: Date.now() })));
  }

  counts(): { visible: number; inFlight: number; delayed: number } {
    this.#expire();
    const counts = { visible: 0, inFlight: 0, delayed: 0 };
    for (const { visibleAt, receives } of this.#messages.values()) {
      counts[visibleAt <= Date.now() ? 'visible' : receives > 0 ? 'inFlight' : 'delayed'] += 1;
    }
    return counts;
  }

  /** Hands each due message to `take` and, unless that throws, deletes it here: the step of a move task. */
  moveAll(take: (message: Message) => void): void {
    for (const message of this.#due()) {
      take(message);
      this.#write([{ op: 'delete', id: message.id }]);
    }
  }

  close(): void {
    this.#journal.close();
  }

  #take(max: number, visibilityMs: number): Received[] {
    const now = Date.now();
    const taken: Received[] = [];
    for (const message of this.#due()) {
      if (taken.length === max) break;
      if (this.deadLetter && this.plan.redrive && message.receives >= this.plan.redrive.maxReceiveCount) {
        // First there, then gone here: a crash between the two leaves a duplicate, never a loss.
        this.deadLetter.#put({ ...message, movedFrom: this.plan.arn, visibleAt: now });
        this.#write([{ op: 'delete', id: message.id }]);
        continue;
      }
      const receives = message.receives + 1;
      const firstReceivedAt = message.firstReceivedAt ?? now;
      this.#write([{ op: 'change', id: message.id, visibleAt: now + visibilityMs, receives, firstReceivedAt }]);
      taken.push({ ...message, receipt: toReceipt(this.plan.name, message.id, receives) });
    }
    return taken;
  }

  #due(): Message[] {
    this.#expire();
    return [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= Date.now());
  }

  #expire(): void {
    const oldest = Date.now() - this.plan.retentionMs;
    const expired = [...this.#messages.values()].filter(({ sentAt }) => sentAt < oldest);
    this.#write(expired.map(({ id }) => ({ op: 'delete', id })));
  }

  #put(message: Message): Message {
    this.#write([{ op: 'put', message }]);
    return message;
  }

  #write(entries: Entry[]): void {
    if (entries.length === 0) return;
    this.#journal.append(entries);
    for (const entry of entries) this.#apply(entry);
    for (const wake of this.#waiting) wake();
  }

  #apply(entry: Entry): void {
    if (entry.op === 'put') this.#messages.set(entry.message.id, entry.message);
    else if (entry.op === 'delete') this.#messages.delete(entry.id);
    else {
      const { op: _, ...change } = entry;
      Object.assign(this.#messages.get(entry.id) ?? {}, change);
    }
  }

  /** Resolves at the next change of the queue, when the next message is due, at the deadline, or when the signal aborts. */
  #change(deadline: number, signal: AbortSignal | undefined): Promise<void> {
    let next = deadline;
    for (const { visibleAt } of this.#messages.values()) next = Math.min(next, visibleAt);
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(1, next - Date.now()));
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  /** The message, if this is the receipt of its latest receive. */
  #held(receipt: string): Message | undefined {
    const [name, id, receives] = fromReceipt(receipt);
    if (name !== this.plan.name) throw invalidReceipt();
    const message = this.#messages.get(id);
    return message?.receives === receives ? message : undefined;
  }
}
