import { dirname, join } from 'node:path';
import { startChild, type Child } from '../child.ts';
import type { Kind } from '../build.ts';
import { interleave, type Variant } from '../interleave.ts';
import type { Section } from '../section.ts';
import type { Setting } from '../setting.ts';

const LOOP = join(import.meta.dirname, 'loop.cjs');

interface Loop {
  name: string;
  kind: Kind;
  setup?: true;
  environment?: Record<string, string>;
}

/** Spans are made and nobody takes them. */
const dropped = { OTEL_TRACES_EXPORTER: 'none' };
/** A hand-written consumer is no function that instrumentation-aws-lambda would find. */
const noFunction = { _HANDLER: '' };

const loops: Loop[] = [
  { name: 'without', kind: 'without' },
  { name: 'without, again', kind: 'without' },
  { name: 'ours, disabled', kind: 'ours', environment: { OTEL_SDK_DISABLED: 'true' } },
  { name: 'ours', kind: 'ours', environment: dropped },
  { name: 'ours, export', kind: 'ours', environment: { EXPORT: 'amortised' } },
  { name: 'ours, export each invocation', kind: 'ours' },
  { name: 'stock by hand', kind: 'by-hand', setup: true, environment: { ...dropped, ...noFunction } },
  { name: 'stock by hand, export', kind: 'by-hand', setup: true, environment: noFunction },
  { name: 'stock', kind: 'stock', setup: true, environment: dropped },
  { name: 'stock, export each invocation', kind: 'stock', setup: true },
];

/** The batch loop around a story that does nothing, ten records an invocation, each variant in a process of its own. */
export async function measureMessages(
  setting: Setting,
  { rounds, milliseconds, tick }: { rounds: number; milliseconds: number; tick: () => void },
): Promise<Section> {
  const children = await Promise.all(loops.map((loop) => start(setting, loop)));
  try {
    const variants: Variant[] = [];
    for (const [index, loop] of loops.entries())
      variants.push(await ready(setting, loop, children[index], milliseconds));
    const figures = await interleave(variants, rounds, tick);
    const parsed = await children[0]?.ask<{ messages: number; wallUs: number }>({ parse: milliseconds });
    const parsing = parsed ? (parsed.wallUs / parsed.messages).toFixed(2) : '?';
    return {
      name: 'per message',
      unit: 'µs',
      figures,
      budgets: [
        { variant: 'ours', says: 'per message, spans made and dropped', of: 'more', limit: 2, bound: 'most' },
        {
          variant: 'ours, export',
          says: 'per message with export, in full batches',
          of: 'more',
          limit: 8,
          bound: 'most',
        },
      ],
      notes: [`JSON.parse of the body is ${parsing} µs of "without", and of all the others`],
    };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
  }
}

export const slugOf = ({ name }: { name: string }): string => `message-${name.replaceAll(/\W+/g, '-')}`;

const start = (setting: Setting, loop: Loop): Promise<Child> => {
  const bundle = setting.bundle(loop.kind, 'per-message');
  return startChild(LOOP, [bundle, loop.setup ? setting.stock.function : ''], {
    AWS_REGION: 'eu-central-1',
    OTEL_EXPORTER_OTLP_ENDPOINT: `${setting.url}/${slugOf(loop)}`,
    _HANDLER: 'index.handler',
    LAMBDA_TASK_ROOT: dirname(bundle),
    ...loop.environment,
  });
};

/** One batch of ten tells how many spans it makes; then the loop runs until it is compiled. */
async function ready(setting: Setting, loop: Loop, child: Child | undefined, milliseconds: number): Promise<Variant> {
  if (!child) throw new Error('no process');
  await child.ask({});
  const spans = await setting.spans(slugOf(loop));
  // V8 compiles the hot path for good after some 40,000 messages; a variant that takes longer than that is not helped by more.
  const until = performance.now() + 25 * milliseconds;
  for (let warm = 0; warm < 40_000 && performance.now() < until;) {
    warm += (await child.ask<{ messages: number }>({ run: milliseconds })).messages;
  }
  return {
    name: loop.name,
    spans,
    sample: async () => {
      const ran = await child.ask<{ messages: number; wallUs: number; cpuUs: number }>({ run: milliseconds });
      return { value: ran.wallUs / ran.messages, cpu: ran.cpuUs / ran.messages };
    },
  };
}
