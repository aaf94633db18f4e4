import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatTraceparent, formatTracestate, parseTraceparent } from '../../../telemetry/carry/traceparent.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';
const valid = `00-${trace}-${span}-01`;

describe('traceparent', () => {
  it('comes out as it went in', () => {
    for (const value of [valid, `00-${trace}-${span}-00`, `00-${trace}-${span}-03`]) {
      const read = parseTraceparent(value);
      assert.ok(read);
      assert.equal(formatTraceparent(read), value);
    }
  });

  it('does not pass on flags nobody has defined', () => {
    const read = parseTraceparent(`00-${trace}-${span}-ff`);
    assert.ok(read);
    assert.equal(formatTraceparent(read), `00-${trace}-${span}-03`);
  });

  it('of a version yet to come is read by the fields we know', () => {
    for (const value of [`01-${trace}-${span}-01`, `cc-${trace}-${span}-01-what-the-future-will-be-like`]) {
      assert.equal(parseTraceparent(value)?.traceId, trace, value);
    }
  });

  it('is refused when anything about it is wrong', () => {
    const wrong = [
      '',
      'garbage',
      `ff-${trace}-${span}-01`,
      `0-${trace}-${span}-01`,
      `00-${trace}-${span}`,
      `00-${trace}-${span}-1`,
      `00-${trace}-${span}-0g`,
      `${valid}-extra`,
      `${valid} `,
      ` ${valid}`,
      `${valid}\n`,
      `${valid},${valid}`,
      valid.toUpperCase(),
      `00-${'0'.repeat(32)}-${span}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
      `00-${trace.slice(1)}-${span}-01`,
      `01-${trace}-${span}-01extra`,
      `01-${trace}-${span}-01-${'x'.repeat(512)}`,
      undefined,
      null,
      7,
      [valid],
      { valid },
    ];
    for (const value of wrong) assert.equal(parseTraceparent(value), undefined, JSON.stringify(value));
  });
});

const written = (tracestate: unknown) => {
  const read = parseTraceparent(valid, tracestate);
  assert.ok(read, 'a bad tracestate must not cost the traceparent');
  return formatTracestate(read);
};

describe('tracestate', () => {
  it('keeps its members in their order', () => {
    assert.equal(written('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'), 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE');
  });

  it('over 512 bytes is dropped', () => {
    assert.equal(written(`a=${'x'.repeat(200)},b=${'x'.repeat(200)},c=${'x'.repeat(104)}`)?.length, 512);
    assert.equal(written(`a=${'x'.repeat(200)},b=${'x'.repeat(200)},c=${'x'.repeat(105)}`), undefined);
    assert.equal(written(`a=${'é'.repeat(300)}`), undefined);
  });

  it('that is garbage costs only itself', () => {
    for (const value of ['', '=', 'no-equals', 'a=b\r\nx: y', 7, null, {}, []]) assert.equal(written(value), undefined);
  });
});
