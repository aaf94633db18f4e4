/** What a backend says of a request it has accepted, all in all. */
export interface PartialSuccess {
  /** Spans it took the request for, and not these. */
  rejected: number;
  message: string;
}

/**
 * Reads the body of an ExportTraceServiceResponse in protobuf: one message, `partial_success`, of an int64 and a text. Nothing was
 * rejected where it says nothing, or what is not understood.
 * @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
export function readAnswer(body: Buffer): PartialSuccess {
  const partial: PartialSuccess = { rejected: 0, message: '' };
  for (const [field, value] of fieldsOf(body)) {
    if (field !== 1 || typeof value === 'number') continue;
    for (const [inner, said] of fieldsOf(value)) {
      // A negative int64 reads as an enormous number; neither is a count of spans.
      if (inner === 1 && typeof said === 'number' && Number.isSafeInteger(said)) partial.rejected = said;
      if (inner === 2 && typeof said !== 'number') partial.message = said.toString('utf8');
    }
  }
  return partial;
}

/** Numbers and length-delimited fields, in order, up to whatever is neither. */
function* fieldsOf(bytes: Buffer): Generator<[field: number, value: number | Buffer]> {
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (let byte = 0x80; byte >= 0x80; at++, factor *= 0x80) {
      byte = bytes[at] ?? 0;
      value += (byte & 0x7f) * factor;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) yield [tag >>> 3, varint()];
    else if ((tag & 7) === 2) {
      const length = varint();
      yield [tag >>> 3, bytes.subarray(at, at + length)];
      at += length;
    } else return;
  }
}
