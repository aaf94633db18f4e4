import type { EffectiveSettings } from '../../telemetry/doctor/settings.ts';
import type { EffectiveSetting } from '../../telemetry/doctor/variable.ts';
import { paragraph } from './paragraph.ts';
import { remedyFor } from './report.ts';
import { type Mark, type Typesetter, why } from './typeset.ts';

/** What somebody said, or what is worth knowing, on a line each: what is wrong before everything else. */
export function showSettings(
  { variables, others, service, enabled }: EffectiveSettings,
  { heading, line, dim }: Typesetter,
): string {
  const setting = (mark: Mark, { name, value = '(nothing)', origin, problems, notes }: EffectiveSetting): string[] => [
    line(mark, `${name.padEnd(36)}  ${value}`, dim(`(${origin})`)),
    ...problems.flatMap((cause) => why({ cause, remedy: remedyFor(name) })),
    ...notes.map((note) => `      ${note}`),
  ];
  const unusual = variables.filter((one) => !isWrong(one) && !isDefault(one));
  const lines = [
    ...variables.filter(isWrong).flatMap((one) => setting('wrong', one)),
    ...others.filter(({ wrong }) => wrong).map(({ name, note }) => line('wrong', name, note)),
    ...(enabled ? [] : [line('note', 'telemetry is switched off: nothing is recorded, contexts are still passed on')]),
    ...unusual.flatMap((one) => setting(one.notes.length > 0 ? 'note' : 'right', one)),
    ...others.filter(({ wrong }) => !wrong).map(({ name, note }) => line('note', name, note)),
  ];
  return [
    heading(`Settings (service ${service})`),
    ...(lines.length > 0 ? lines : [line('none', 'nothing is set: all is at its default')]),
  ].join('\n');
}

/** Everything nobody said anything about: the few that decide where traces go, and how many more there are, or all of them. */
export function showDefaults(
  { variables }: EffectiveSettings,
  { heading, line, dim }: Typesetter,
  all: boolean,
): string {
  const defaults = variables.filter((one) => !isWrong(one) && isDefault(one));
  const effective = defaults.filter(({ value, used }) => value !== undefined && used);
  const unused = defaults.filter((one) => !effective.includes(one));
  const shown = effective.filter(({ name }) => all || CENTRAL.has(name)).map(({ name, value }) => `${name}=${value}`);
  const left = `${effective.length - shown.length} more, and ${unused.length} that are not set and need not be`;
  return [
    heading('At their defaults'),
    ...paragraph(shown).map(dim),
    ...(all
      ? [heading('Not set, and need not be'), ...paragraph(unused.map(({ name }) => name)).map(dim)]
      : [line('none', dim(`${left}: --all lists them`))]),
  ].join('\n');
}

/** What decides whether a trace appears, and where. */
const CENTRAL = new Set([
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_TRACES_SAMPLER',
  'OTEL_PROPAGATORS',
]);

const isWrong = ({ problems }: EffectiveSetting): boolean => problems.length > 0;
const isDefault = ({ origin, notes }: EffectiveSetting): boolean => origin === 'default' && notes.length === 0;
