import { configureEdges } from '../edges/configure.ts';
import { readQueueLimits } from '../export/limits.ts';
import { makeExporters } from '../export/make.ts';
import type { ExporterFactories, NamedExporter } from '../export/exporters.ts';
import { LEVELS } from '../log.ts';
import { readPropagator } from '../propagators/propagator.ts';
import { readSampler } from '../sampling/sampler.ts';
import { namesBackend, resolveAliases } from '../settings/aliases.ts';
import { readDiagnosticLevel } from '../settings/diagnostics.ts';
import type { KnownVariable } from '../settings/known.ts';
import { KNOWN } from '../settings/known.ts';
import { readResource } from '../settings/resource.ts';
import type { Settings } from '../settings/settings.ts';
import { attributesOf, complete } from '../settings/settings.ts';
import type { Environment, Finding } from '../settings/variables.ts';
import { readFlag, readName, watchReaders } from '../settings/variables.ts';
import type { OtherName } from './other-names.ts';
import { tellOthers } from './other-names.ts';
import type { EffectiveSetting } from './variable.ts';
import { tellVariable } from './variable.ts';

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
