import type { BundleCheck } from '../../local/bundle-check/judge.ts';
import type { BackendCheck } from '../../telemetry/doctor/backend.ts';
import type { Diagnosis } from '../../telemetry/doctor/diagnosis.ts';
import type { ClockCheck } from '../../telemetry/doctor/clock.ts';
import type { CarrierCheck } from '../../telemetry/doctor/propagation.ts';
import type { EffectiveSettings } from '../../telemetry/doctor/settings.ts';

/** All that the doctor found. */
export interface Report {
  settings: EffectiveSettings;
  backends: BackendCheck[];
  propagation: CarrierCheck[];
  /** `undefined` when they were not asked for. */
  bundles: BundleCheck[] | undefined;
  clock: ClockCheck;
  tookMs: number;
}

/** Everything that is wrong, each with its remedy; empty when all is fine. */
export function wrongs({
  settings,
  backends,
  propagation,
  bundles = [],
  clock,
}: Report): ({ what: string } & Diagnosis)[] {
  return [
    ...settings.variables.flatMap(({ name, problems }) =>
      problems.map((cause) => ({ what: name, cause, remedy: remedyFor(name) })),
    ),
    ...settings.others
      .filter(({ wrong }) => wrong)
      .map(({ name, note }) => ({ what: name, cause: note, remedy: remedyFor(name) })),
    ...backends.flatMap(({ exporter, diagnosis }) => of(exporter, diagnosis)),
    ...propagation.flatMap(({ carrier, diagnosis }) => of(carrier, diagnosis)),
    ...bundles.filter(({ state }) => state === 'failed').flatMap(({ bundle, diagnosis }) => of(bundle, diagnosis)),
    ...of('clock', clock.diagnosis),
  ];
}

const of = (what: string, diagnosis: Diagnosis | undefined) => (diagnosis ? [{ what, ...diagnosis }] : []);

export const remedyFor = (variable: string): string => `correct ${variable}, or take it away (docs/telemetry.md)`;

/** The report as `--json` prints it. Members are added, never renamed: docs/telemetry.md says what they are. */
export function toJson(report: Report): object {
  const { settings, backends, propagation, bundles, clock, tookMs } = report;
  const found = wrongs(report);
  return {
    healthy: found.length === 0,
    wrong: found,
    service: settings.service,
    enabled: settings.enabled,
    settings: settings.variables.map(({ name, value = null, origin, used, problems, notes }) => ({
      name,
      value,
      origin,
      used,
      problems,
      notes,
    })),
    other_names: settings.others,
    backends: backends.map(({ exporter, target = null, state, tookMs: took, traceId, note, diagnosis }) => ({
      exporter,
      target,
      state,
      took_ms: took,
      trace_id: traceId,
      ...(note && { note }),
      ...diagnosis,
    })),
    propagation: propagation.map(({ carrier, ok, diagnosis }) => ({ carrier, ok, ...diagnosis })),
    bundles: bundles?.map(({ diagnosis, ...rest }) => ({ ...rest, ...diagnosis })) ?? null,
    clock: {
      state: clock.state,
      against: clock.against ?? null,
      ahead_ms: clock.aheadMs ?? null,
      jumped_ms: clock.jumpedMs,
      ...clock.diagnosis,
    },
    took_ms: tookMs,
  };
}
