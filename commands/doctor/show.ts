import type { BundleCheck } from '../../local/bundle-check/judge.ts';
import type { BackendCheck } from '../../telemetry/doctor/backend.ts';
import type { ClockCheck } from '../../telemetry/doctor/clock.ts';
import type { CarrierCheck } from '../../telemetry/doctor/propagation.ts';
import type { EffectiveSettings } from '../../telemetry/doctor/settings.ts';
import type { Report } from './report.ts';
import { wrongs } from './report.ts';
import { showDefaults, showSettings } from './show-settings.ts';
import { type Mark, typesetter, why } from './typeset.ts';

/** Everything the doctor says to a person, as text, a section at a time. */
export function doctorShower(colour: boolean) {
  const set = typesetter(colour);
  const { paint, dim, heading, line } = set;

  return {
    settings: (settings: EffectiveSettings): string => showSettings(settings, set),

    backends: (checks: BackendCheck[], { enabled, variables }: EffectiveSettings): string => {
      const nothing =
        variables.find(({ name }) => name === 'OTEL_TRACES_EXPORTER')?.value === 'none'
          ? 'OTEL_TRACES_EXPORTER=none'
          : 'no exporter could be made';
      return [
        heading('Backends: one span named "nedlia doctor" to each'),
        ...(checks.length === 0 && enabled
          ? [line('note', `${nothing}: no span leaves this machine, contexts are still passed on`)]
          : []),
        ...(enabled ? [] : [line('note', 'not tried: telemetry is switched off (OTEL_SDK_DISABLED)')]),
        ...checks.flatMap((check) => [
          line(
            markOf(check),
            check.exporter.padEnd(9),
            check.target ?? '',
            outcome(check),
            check.state === 'accepted' || check.state === 'sent' ? dim(`trace ${check.traceId}`) : '',
          ),
          ...(check.note ? [`      ${check.note}`] : []),
          ...why(check.diagnosis),
        ]),
      ].join('\n');
    },

    propagation: (checks: CarrierCheck[]): string => {
      const right = checks.filter(({ ok }) => ok).map(({ carrier }) => carrier);
      return [
        heading('Propagation: a context through each carrier and back'),
        ...(right.length > 0 ? [line('right', right.join(', '))] : []),
        ...checks
          .filter(({ ok }) => !ok)
          .flatMap(({ carrier, diagnosis }) => [line('wrong', carrier), ...why(diagnosis)]),
      ].join('\n');
    },

    bundles: (checks: BundleCheck[] | undefined, dist: string): string =>
      [
        heading(`Bundles: each handler of ${dist}, run with a placement of its own`),
        ...(checks ?? []).flatMap(({ bundle, state, seen, diagnosis }) => [
          line(
            state === 'ok' ? 'right' : state === 'failed' ? 'wrong' : 'none',
            bundle.padEnd(14),
            dim(seen.join(', ')),
          ),
          ...why(diagnosis),
        ]),
        ...(checks ? [] : [line('none', 'left out (--no-bundles)')]),
      ].join('\n'),

    clock: ({ state, against, aheadMs = 0, diagnosis }: ClockCheck): string => {
      const off = `within ${Math.max(1, Math.ceil(Math.abs(aheadMs) / 1000))} s of ${against}`;
      const text = {
        ok: off,
        off: against ?? 'this machine',
        unknown: 'nothing to compare with: no backend answered over HTTP',
      }[state];
      const mark = ({ ok: 'right', off: 'wrong', unknown: 'none' } as const)[state];
      return [heading('Clock'), line(mark, text), ...why(diagnosis)].join('\n');
    },

    defaults: (settings: EffectiveSettings, all: boolean): string => showDefaults(settings, set, all),

    summary: (report: Report): string => {
      const found = wrongs(report);
      const took = dim(`(${(report.tookMs / 1000).toFixed(1)} s)`);
      const isAbsent = report.backends.some(({ state }) => state === 'absent');
      const fine = isAbsent ? 'All fine, but no backend is set: no trace leaves this machine.' : 'All fine.';
      if (found.length === 0) return `\n${paint('green', fine)} ${took}`;
      const many = found.length === 1 ? 'One thing is wrong' : `${found.length} things are wrong`;
      return `\n${paint('red', `${many}: ${[...new Set(found.map(({ what }) => what))].join(', ')}.`)} ${took}`;
    },
  };
}

const markOf = ({ state, note }: BackendCheck): Mark => {
  if (state === 'failed') return 'wrong';
  if (state === 'skipped' || state === 'absent') return 'none';
  return note ? 'note' : 'right';
};

function outcome({ state, tookMs }: BackendCheck): string {
  if (state === 'skipped') return '';
  const words = {
    accepted: `accepted in ${tookMs} ms`,
    sent: `sent in ${tookMs} ms`,
    failed: `failed after ${tookMs} ms`,
    absent: 'nobody listens there',
  };
  return words[state];
}
