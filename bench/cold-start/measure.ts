import { dirname, join } from 'node:path';
import { startChild } from '../child.ts';
import { interleave, type Sample, type Variant } from '../interleave.ts';
import { aRecord } from '../records.ts';
import type { Section } from '../section.ts';
import type { Setting } from '../setting.ts';

const RUNNER = join(import.meta.dirname, 'runner.cjs');

/** One way of starting a function. */
interface ColdVariant {
  name: string;
  bundle: string;
  /** Loaded before the bundle: the stock SDK. */
  setup?: string;
  environment?: Record<string, string>;
  /** Under which name the peers keep its spans; its own unless said. */
  slug?: string;
}

/** What the runner says: milliseconds from the first line of the bundle to the answer of the first call, and the parts of it. */
interface ColdStart {
  answer: { batchItemFailures: unknown[] };
  loadMs: number;
  totalMs: number;
  loadCpuMs: number;
  cpuMs: number;
}

/** From nothing to the answer of the first call, which ends with its spans exported: load and invocation, without Node's own start. */
export async function measureColdStarts(
  setting: Setting,
  entry: 'notifier' | 'file-generator',
  { rounds, tick }: { rounds: number; tick: () => void },
): Promise<Section> {
  const [without, ours, stock] = (['without', 'ours', 'stock'] as const).map((kind) => setting.bundle(kind, entry));
  const variants: ColdVariant[] = [
    { name: 'without', bundle: without ?? '' },
    { name: 'without, again', bundle: without ?? '' },
    { name: 'ours, disabled', bundle: ours ?? '', environment: { OTEL_SDK_DISABLED: 'true' } },
    { name: 'ours', bundle: ours ?? '' },
    { name: 'ours, X-Ray', bundle: ours ?? '', environment: toDaemon(setting), slug: 'daemon' },
    { name: 'stock', bundle: stock ?? '', setup: setting.stock.function },
    { name: 'stock, bundled', bundle: without ?? '', setup: setting.stock.function },
  ];
  const figures = await interleave(
    await Promise.all(variants.map((variant) => ready(setting, entry, variant))),
    rounds,
    tick,
  );
  return {
    name: `cold start of ${entry}`,
    unit: 'ms',
    figures,
    budgets: ['ours', 'ours, X-Ray'].map((variant) => ({
      variant,
      says: `cold start, ${variant}`,
      of: 'ratio',
      limit: 1.1,
      bound: 'most',
    })),
    notes: [],
  };
}

/** Starts it once before anything counts: it must do its work, and tells how many spans that makes. */
async function ready(setting: Setting, entry: string, variant: ColdVariant): Promise<Variant> {
  const { slug = `cold-${entry}-${variant.name.replaceAll(/\W+/g, '-')}` } = variant;
  const environment = { ...environmentOf(setting, entry, slug), ...variant.environment, ...lambda(variant.bundle) };
  const sample = async (): Promise<Sample> => {
    const event = JSON.stringify({ Records: [aRecord()] });
    const child = await startChild(RUNNER, [variant.bundle, variant.setup ?? '', event], environment);
    const { answer, totalMs, cpuMs } = child.ready as ColdStart;
    if (answer.batchItemFailures.length > 0)
      throw new Error(`${entry}, ${variant.name}: the first call failed its message`);
    return { value: totalMs, cpu: cpuMs };
  };
  await setting.spans(slug);
  await sample();
  return { name: variant.name, spans: await setting.spans(slug), sample };
}

/** As a function on AWS exports unless told otherwise. */
const toDaemon = ({ daemon }: Setting) => ({ OTEL_TRACES_EXPORTER: 'xray', AWS_XRAY_DAEMON_ADDRESS: daemon });

/** What instrumentation-aws-lambda looks for the handler by. */
const lambda = (bundle: string) => ({ _HANDLER: 'index.handler', LAMBDA_TASK_ROOT: dirname(bundle) });

const environmentOf = ({ url, databaseUrl }: Setting, entry: string, slug: string): Record<string, string> => ({
  AWS_LAMBDA_FUNCTION_NAME: `nedlia-${entry}`,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL: url,
  OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/${slug}`,
  STAGE: 'local',
  QUEUE_URL: `${url}/queue`,
  DEAD_LETTER_QUEUE_URL: `${url}/queue-dlq`,
  RELAY_QUEUE_URL: `${url}/relay`,
  EVENT_BUS_NAME: 'nedlia-events',
  BUCKET_NAME: 'files',
  DATABASE_URL: databaseUrl,
  WEBHOOK_URL: `${url}/webhooks`,
  WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  WEBHOOK_ALLOW_LOOPBACK: 'true',
});
