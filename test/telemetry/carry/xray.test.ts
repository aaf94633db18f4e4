import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatXRay, parseXRay } from '../../../telemetry/carry/xray.ts';

const root = '1-5759e988-bd862e3fe1be46a994272793';
const traceId = '5759e988bd862e3fe1be46a994272793';
const spanId = '53995c3f42cd8ad8';
const carried = { traceparent: `00-${traceId}-${spanId}-01` };
const other = `Root=1-00000001-${'1'.repeat(24)};Parent=${'2'.repeat(16)}`;
const lineage = 'Lineage=a87bd80c:0|68fd508a:5|c512fbe3:2';

describe('an X-Ray header is read', () => {
  it('whole', () => {
    assert.deepEqual(parseXRay(`Root=${root};Parent=${spanId};Sampled=1;${lineage}`), {
      traceId,
      spanId,
      sampled: true,
      rest: [lineage],
    });
  });

  it('in any order and with spaces', () => {
    const read = parseXRay(` Sampled=0 ; ${lineage}; Parent=${spanId};Self=1-2-3; Root=${root}`);
    assert.deepEqual(read, { traceId, spanId, sampled: false, rest: [lineage, 'Self=1-2-3'] });
  });

  it('without a parent and with the decision left open', () => {
    assert.deepEqual(parseXRay(`Root=${root}`), { traceId, spanId: undefined, sampled: undefined, rest: [] });
    assert.equal(parseXRay(`Root=${root};Parent=${spanId};Sampled=?`)?.sampled, undefined);
  });

  it('as nothing when its root is not valid', () => {
    const wrong = ['', 'Root=', `Root=2${root.slice(1)}`, `Root=1-00000000-${'0'.repeat(24)}`, `Parent=${spanId}`, 'x'];
    for (const header of [...wrong, `Root=${root};${'x'.repeat(500)}`, 7, null, undefined, {}]) {
      assert.equal(parseXRay(header), undefined, JSON.stringify(header));
    }
  });
});

describe('an X-Ray header on its way through us', () => {
  const here = `Root=${root};Parent=${spanId};Sampled=1`;
  for (const [what, beneath, rest] of [
    ['the lineage, by which Lambda sees circles', `${other};Sampled=0;${lineage}`, `;${lineage}`],
    [
      'what a load balancer said of itself, in its order',
      `Self=1-67891234-a;${other};${lineage}`,
      `;Self=1-67891234-a;${lineage}`,
    ],
    ['nothing of another trace’s root, parent and decision', `${other};Sampled=0`, ''],
    ['nothing of a decision left open', `${other};Sampled=?`, ''],
    ['the lineage also beside a root alone', `Root=1-00000001-${'1'.repeat(24)};${lineage}`, `;${lineage}`],
    ['nothing of a header without a root', `Parent=${spanId};${lineage}`, ''],
    ['nothing that is no key and value', `${other};;=;x;${lineage};é=1`, `;${lineage}`],
  ] as const) {
    it(`keeps ${what}`, () => assert.equal(formatXRay(carried, beneath), `${here}${rest}`));
  }

  it('is read back as what was written', () => {
    assert.deepEqual(parseXRay(formatXRay(carried, `${other};${lineage}`)), {
      traceId,
      spanId,
      sampled: true,
      rest: [lineage],
    });
  });
});

describe('an X-Ray header is written', () => {
  it('from a trace context', () => {
    assert.equal(formatXRay(carried, undefined), `Root=${root};Parent=${spanId};Sampled=1`);
    const unsampled = { traceparent: carried.traceparent.replace(/01$/, '00') };
    assert.equal(formatXRay(unsampled, undefined), `Root=${root};Parent=${spanId};Sampled=0`);
  });

  it('on top of another one, of which it keeps the lineage', () => {
    const beneath = `Root=1-00000001-${'1'.repeat(24)};Parent=${'2'.repeat(16)};Sampled=0;${lineage}`;
    assert.equal(formatXRay(carried, beneath), `Root=${root};Parent=${spanId};Sampled=1;${lineage}`);
  });

  it('without the lineage when that would make it longer than EventBridge takes', () => {
    const beneath = `Root=${root};Lineage=${'a'.repeat(440)}`;
    assert.equal(formatXRay(carried, beneath), `Root=${root};Parent=${spanId};Sampled=1`);
  });

  it('not at all from a context that is not valid', () => {
    assert.equal(formatXRay({ traceparent: 'garbage' }), undefined);
    assert.equal(formatXRay(undefined), undefined);
  });

  it('in a function, on top of its own invocation', (t) => {
    process.env['_X_AMZN_TRACE_ID'] = `Root=${root};Parent=${spanId};Sampled=0;${lineage}`;
    t.after(() => delete process.env['_X_AMZN_TRACE_ID']);
    assert.match(formatXRay(carried) ?? '', /;Lineage=a87bd80c/);
  });
});
