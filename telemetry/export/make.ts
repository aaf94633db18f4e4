import type { Environment } from '../settings/variables.ts';
import { withEnvironment } from '../settings/variables.ts';
import type { ExporterFactories, NamedExporter } from './exporters.ts';
import { readExporters } from './exporters.ts';
import { readOtlp } from './otlp/otlp.ts';

/** What the environment asks for, made: the exporters, and what they were made with. */
export interface Made {
  exporters: NamedExporter[];
  /** Milliseconds for one export. */
  timeoutMillis: number;
  /** What the exporters read: without what was wrong and without what was decided before. */
  rest: Environment;
}

/** Makes the exporters the environment names, as a start does; `most` is the longest an export may take whatever the environment says. */
export function makeExporters(
  env: Environment,
  factories: ExporterFactories,
  { most, isFunction }: { most: number; isFunction: boolean },
): Made {
  const { timeoutMillis, rest } = readOtlp(env, most);
  const exporters = withEnvironment(rest, () =>
    readExporters(rest, factories, { timeoutMillis, keepAlive: !isFunction }),
  );
  return { exporters, timeoutMillis, rest };
}
