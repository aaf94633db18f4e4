/** Hexadecimal digits by their character code. */
const DIGITS = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) {
  DIGITS[digit.toString(16).charCodeAt(0)] = digit;
  DIGITS[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** Up to here a loop in JavaScript writes a text faster than one call of Node's. */
const SHORT = 64;

const ZEROS_32 = 0x1_0000_0000;

/** Bytes of the buffer: what an invocation's spans need, and what is not kept for the next ones. */
const SMALL = 16 * 1024;
const LARGE = 1024 * 1024;

/** How many bytes a varint takes; lengths only, so below 2^32. */
const widthOf = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

/**
 * Writes protobuf's wire format in one pass into a buffer that grows and is used again. A message whose length is not known yet gets
 * room for it, and is moved if that was not what it takes.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(SMALL);
  #at = 0;

  /** Where the next byte goes; what `back` takes. */
  get at(): number {
    return this.#at;
  }

  /** Forgets what was written from there on. */
  back(at: number): void {
    this.#at = at;
  }

  /** A copy of what was written; the next message begins anew, and in a small buffer when this one was large. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    if (this.#bytes.length > LARGE) this.#bytes = Buffer.allocUnsafe(SMALL);
    return taken;
  }

  /** Begins a message in this field whose length takes `width` bytes in most cases; returns what `end` wants to know. */
  begin(field: number, width: number): number {
    this.#room(2 + width);
    this.#bytes[this.#at++] = (field << 3) | 2;
    const start = this.#at + width;
    this.#at = start;
    return start;
  }

  end(start: number, width: number): void {
    const length = this.#at - start;
    const needed = widthOf(length);
    if (needed !== width) {
      this.#room(needed);
      this.#bytes.copyWithin(start - width + needed, start, this.#at);
      this.#at += needed - width;
    }
    this.#lengthAt(start - width, length);
  }

  /** A field number below 16, and an integer of either sign: as int64, as negative ones are ten bytes. */
  integer(field: number, value: number): void {
    this.#room(11);
    this.#bytes[this.#at++] = field << 3;
    if (value >= 0 && value < ZEROS_32) this.#varint(value);
    else this.#varint64(BigInt(value));
  }

  double(field: number, value: number): void {
    this.#room(9);
    this.#bytes[this.#at++] = (field << 3) | 1;
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** Bits as 32 fixed ones. The tag takes two bytes from field 16 on. */
  fixed32(field: number, value: number): void {
    this.#room(6);
    this.#varint((field << 3) | 5);
    this.#word(value);
  }

  /** Nanoseconds since 1970, 0 for what was before: in two halves, because a number of JavaScript's cannot hold them. */
  time(field: number, [seconds, nanoseconds]: readonly [number, number]): void {
    this.#room(9);
    this.#bytes[this.#at++] = (field << 3) | 1;
    // 1e9 = 1953125 × 2^9: the product of seconds and 1953125 is exact up to the year 2116, and 2^9 is a shift.
    const product = Math.max(0, seconds) * 1_953_125;
    const high = Math.floor(product / 0x80_0000);
    const low = (product - high * 0x80_0000) * 512 + nanoseconds;
    this.#word(low);
    this.#word(low >= ZEROS_32 ? high + 1 : high);
  }

  /** Bytes written as hexadecimal digits, two a byte. */
  id(field: number, digits: string): void {
    const length = digits.length >>> 1;
    this.#room(6 + length);
    const bytes = this.#bytes;
    bytes[this.#at++] = (field << 3) | 2;
    this.#varint(length);
    let at = this.#at;
    for (let index = 0; index < 2 * length; index += 2) {
      const high = DIGITS[digits.charCodeAt(index)] ?? 0;
      const low = DIGITS[digits.charCodeAt(index + 1)] ?? 0;
      bytes[at++] = (high << 4) | low;
    }
    this.#at = at;
  }

  text(field: number, text: string): void {
    this.#room(6 + text.length * 3);
    const start = this.#at;
    this.#bytes[this.#at++] = (field << 3) | 2;
    this.#varint(text.length);
    if (text.length <= SHORT && this.#ascii(text)) return;
    this.#at = start + 1;
    this.#varint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** False, and nothing is certain about what was written, when there is another character among them. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  /** The low 32 bits, as little-endian bytes. */
  #word(value: number): void {
    const bits = value >>> 0;
    const bytes = this.#bytes;
    bytes[this.#at++] = bits;
    bytes[this.#at++] = bits >>> 8;
    bytes[this.#at++] = bits >>> 16;
    bytes[this.#at++] = bits >>> 24;
  }

  #varint(value: number): void {
    let left = value;
    while (left > 0x7f) {
      this.#bytes[this.#at++] = (left & 0x7f) | 0x80;
      left = left >>> 7;
    }
    this.#bytes[this.#at++] = left;
  }

  #varint64(value: bigint): void {
    let left = BigInt.asUintN(64, value);
    while (left > 0x7fn) {
      this.#bytes[this.#at++] = Number(left & 0x7fn) | 0x80;
      left >>= 7n;
    }
    this.#bytes[this.#at++] = Number(left);
  }

  #lengthAt(position: number, length: number): void {
    const end = this.#at;
    this.#at = position;
    this.#varint(length);
    this.#at = end;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + more));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
