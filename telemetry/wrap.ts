import { type Attributes, type Kind, span } from './span.ts';

export interface WrapOptions<Values extends unknown[]> {
  /** Of the span; the function's own name unless said. */
  name?: string;
  /** `internal` unless said. */
  kind?: Kind;
  /** The same for every call, or made of its arguments; what throws in the making is left out. */
  attributes?: Attributes | ((...values: Values) => Attributes);
}

const wrapped = new WeakSet<object>();

/**
 * The same function, every call of it under a span: `this`, arguments, result and type, name, length and properties are
 * kept, and one that is wrapped already is returned as it is. For functions, asynchronous functions and generator
 * functions, not for classes.
 * @example const importRow = traced(saveRow, { name: 'row.import', attributes: (row) => ({ 'row.kind': row.kind }) });
 */
export function traced<F extends (...values: never[]) => unknown>(
  work: F,
  { name = work.name || 'anonymous', kind, attributes }: WrapOptions<Parameters<F>> = {},
): F {
  if (wrapped.has(work)) return work;
  function call(this: unknown, ...values: Parameters<F>): unknown {
    const about = { name, kind, attributes: made(attributes, values) };
    return span(about, () => Reflect.apply(work, this, values));
  }
  // Of strict functions only these two are their own maker's, and cannot be defined again.
  const { prototype: _, arguments: __, caller: ___, ...kept } = Object.getOwnPropertyDescriptors(work) as Descriptors;
  Object.defineProperties(call, kept);
  wrapped.add(call);
  // It takes and returns what `work` does, which TypeScript cannot follow through `apply`.
  return call as unknown as F;
}

type Descriptors = Record<string, PropertyDescriptor>;

function made<Values extends unknown[]>(attributes: WrapOptions<Values>['attributes'], values: Values): Attributes {
  try {
    return (typeof attributes === 'function' ? attributes(...values) : attributes) ?? {};
  } catch {
    return {};
  }
}
