/**
 * Reads protocol buffers by a table of fields: just what an OTLP receiver needs, and nothing is skipped silently but
 * fields the table does not name. Format: https://protobuf.dev/programming-guides/encoding/
 */
export interface Field {
  name: string;
  type: 'string' | 'hex' | 'bytes' | 'uint' | 'int64' | 'fixed64' | 'double' | 'bool' | (() => Message);
  repeated?: boolean;
}

/** Field number → field. */
export type Message = Record<number, Field>;

type Decoded = Record<string, unknown>;

/** @throws RangeError when the bytes end in the middle of a field. */
export function decode(message: Message, bytes: Uint8Array): Decoded {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result: Decoded = {};
  let at = 0;

  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint of more than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('the bytes end within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const raw = (wireType: number): bigint | Uint8Array => {
    if (wireType === 0) return varint();
    if (wireType === 1) return take(8);
    if (wireType === 2) return take(Number(varint()));
    if (wireType === 5) return take(4);
    throw new RangeError(`wire type ${wireType}`);
  };

  while (at < bytes.length) {
    const tag = Number(varint());
    const value = raw(tag & 7);
    const field = message[tag >>> 3];
    if (!field) continue;
    const read = interpret(field, value);
    if (field.repeated) ((result[field.name] ??= []) as unknown[]).push(read);
    else result[field.name] = read;
  }
  return result;
}

function interpret({ type }: Field, value: bigint | Uint8Array): unknown {
  if (typeof value === 'bigint') {
    if (type === 'bool') return value !== 0n;
    return type === 'int64' ? BigInt.asIntN(64, value).toString() : Number(value);
  }
  if (typeof type === 'function') return decode(type(), value);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (type === 'string') return bytes.toString('utf8');
  if (type === 'hex') return bytes.toString('hex');
  if (type === 'fixed64') return bytes.readBigUInt64LE().toString();
  if (type === 'double') return bytes.readDoubleLE();
  return bytes.toString('base64');
}
