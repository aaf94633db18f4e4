import { configureEdges } from '../edges/configure.ts';
import { readQueueLimits } from '../export/limits.ts';
import { makeExporters } from '../export/make.ts';
import type { ExporterFactories, NamedExporter } from '../export/exporters.ts';
import { LEVELS } from '../log.ts';
import { readPropagator } from '../propagators/propagator.ts';
import { showValue } from './show-value.ts';
import { readSampler } from '../sampling/sampler.ts';
import { namesBackend, resolveAliases } from '../settings/aliases.ts';
import { readDiagnosticLevel } from '../settings/diagnostics.ts';
import type { KnownVariable } from '../settings/known.ts';
import { KNOWN } from '../settings/known.ts';
import { readResource } from '../settings/resource.ts';
import type { Settings } from '../settings/settings.ts';
import { attributesOf, complete } from '../settings/settings.ts';
import type { Environment, Finding } from '../settings/variables.ts';
import { readFlag, readName, said, watchReaders } from '../settings/variables.ts';
import type { OtherName } from './other-names.ts';
import { tellOthers } from './other-names.ts';

/** One variable as it counts, safe to be shown. */
export interface EffectiveSetting {
  name: string;
  /** What counts; `undefined` for nothing. */
  value: string | undefined;
  /** Who said it: `environment`, `alias <NAME>`, `program` or `default`. */
  origin: string;
  /** False where it is for an exporter that is not used. */
  used: boolean;
  /** What is wrong with what was said, and what is done instead. */
  problems: string[];
  notes: string[];
}

export interface EffectiveSettings {
  variables: EffectiveSetting[];
  /** Aliases that were met, and names nobody here reads. */
  others: OtherName[];
  /** `service.name`. */
  service: string;
  enabled: boolean;
  /** False where nothing says where traces are to go, so that the default is tried. */
  named: boolean;
  exporters: NamedExporter[];
  /** Milliseconds one export may take. */
  timeoutMillis: number;
}

export interface Asked {
  env: Environment;
  /** Variables whose names look like telemetry's, and which others read. */
  elsewhere?: readonly string[];
  /** The exporters there are to choose from. */
  factories: ExporterFactories;
  /** `service.name` where nothing says another. */
  service: string;
  /** What the program wants where the environment is silent. */
  settings?: Settings;
  /** Milliseconds one export may take here. */
  timeoutMillis: number;
}

/**
 * Reads every setting by the readers a start uses, and tells the effective value of each, who said it, and what was wrong.
 */
export function readEffectiveSettings({
  env: given,
  elsewhere = [],
  factories,
  service,
  settings = {},
  timeoutMillis,
}: Asked): EffectiveSettings {
  const findings: Finding[] = [];
  return watchReaders(
    (finding) => findings.push(finding),
    () => {
      const aliased = resolveAliases(given);
      const env = complete(aliased, settings);
      readName(env, 'LOG_LEVEL', { here: LEVELS, elsewhere: [], otherwise: 'info' });
      readDiagnosticLevel(env);
      const enabled = !readFlag(env, 'OTEL_SDK_DISABLED');
      const { exporters, rest, ...made } = makeExporters(env, factories, { most: timeoutMillis, isFunction: false });
      readQueueLimits(env, false);
      const targets = exporters.map(({ name }) => name);
      const resource = readResource(env, {
        service: settings.serviceName ?? service,
        targets,
        attributes: attributesOf(settings),
      });
      readSampler(env, { rules: settings.samplingRules, resource: resource.attributes });
      readPropagator(env);
      configureEdges(env);
      // Timeouts are decided before the exporters read, so `rest` is without them.
      const counts = { ...env, ...rest };
      const tell = (known: KnownVariable) => tellVariable(known, { given, aliased, env, counts, findings, targets });
      return {
        variables: noteWhatIsDropped(KNOWN.map(tell)),
        others: tellOthers(findings, given, elsewhere),
        service: String(resource.attributes['service.name']),
        enabled,
        named: namesBackend(env),
        exporters,
        timeoutMillis: made.timeoutMillis,
      };
    },
  );
}

interface Stages {
  given: Environment;
  aliased: Environment;
  env: Environment;
  counts: Environment;
  findings: Finding[];
  targets: string[];
}

function tellVariable(known: KnownVariable, stages: Stages): EffectiveSetting {
  const { counts, findings, targets } = stages;
  const { name, otherwise, holds } = known;
  const about = findings.filter(({ variable }) => variable === name);
  const problems = about.flatMap(({ problem }) => problem ?? []);
  const read = about.findLast((finding) => 'value' in finding);
  const value = read ? read.value : said(counts, name);
  const counted = value ?? otherwise;
  return {
    name,
    value: counted === undefined ? undefined : showValue(counted, holds),
    origin: value === undefined ? 'default' : originOf(name, stages),
    used: known.for === undefined || known.for.some((exporter) => targets.includes(exporter)),
    problems,
    notes: about.flatMap(({ note }) => note ?? []),
  };
}

/** A sampler that keeps nothing is a setting like any other, and the first thing to know of when no trace appears. */
function noteWhatIsDropped(variables: EffectiveSetting[]): EffectiveSetting[] {
  const valueOf = (name: string) => variables.find((one) => one.name === name)?.value ?? '';
  const sampler = valueOf('OTEL_TRACES_SAMPLER');
  const isNone =
    sampler.endsWith('always_off') ||
    (sampler.endsWith('ratio') && Number(valueOf('OTEL_TRACES_SAMPLER_ARG') || 1) === 0);
  if (!isNone) return variables;
  const note = 'keeps no trace that begins here; the test span is sent all the same';
  return variables.map((one) => (one.name === 'OTEL_TRACES_SAMPLER' ? { ...one, notes: [...one.notes, note] } : one));
}

function originOf(name: string, { given, aliased, env, findings }: Stages): string {
  const [own, translated, all] = [given, aliased, env].map((stage) => said(stage, name));
  if (own !== translated) {
    const alias = `alias ${findings.findLast(({ aliasOf }) => aliasOf?.includes(name))?.variable}`;
    return own === undefined ? alias : `environment and ${alias}`;
  }
  if (own !== undefined) return 'environment';
  return all === undefined ? 'default' : 'program';
}
