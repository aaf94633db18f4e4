import { describe } from './failure.ts';
import { isSecretName, redact } from './redact.ts';

/** Deep enough for any message of ours; what lies deeper is named, not printed. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_TEXT = 8192;

/** A copy of a value that JSON.stringify can always print: no cycles, no BigInt, no getter that throws, no secret, and of bounded size. */
export function printable(value: unknown, depth = 0): unknown {
  try {
    if (typeof value === 'string') return redact(value, MAX_TEXT);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Error) return describe(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => printable(item, depth + 1));
    if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
    const members = value instanceof Map ? [...value.entries()] : Object.entries(value);
    const printed = members.slice(0, MAX_ITEMS).map(([name, member]: [unknown, unknown]) => {
      return [String(name), isSecretName(String(name)) ? '***' : printable(member, depth + 1)];
    });
    return Object.fromEntries(printed);
  } catch {
    return '[unprintable]';
  }
}
