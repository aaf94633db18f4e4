import type { EffectiveSettings } from '../../telemetry/doctor/settings.ts';
import type { EffectiveSetting } from '../../telemetry/doctor/variable.ts';
import { paragraph } from './paragraph.ts';
import { remedyFor } from './report.ts';
import { type Typesetter, why } from './typeset.ts';

/** The settings: what counts on a line each, with who said it; the rest in two paragraphs. */
export function showSettings(
  { variables, others, service, enabled }: EffectiveSettings,
  { heading, line, dim }: Typesetter,
): string {
  const variable = ({ name, value = '(nothing)', origin, problems, notes }: EffectiveSetting): string[] => {
    const isDefault = origin === 'default' && problems.length === 0 && notes.length === 0;
    const mark = problems.length > 0 ? 'wrong' : notes.length > 0 ? 'note' : isDefault ? 'none' : 'right';
    const text = `${name.padEnd(36)}  ${value}`;
    return [
      line(mark, isDefault ? dim(text) : text, dim(`(${origin})`)),
      ...problems.flatMap((cause) => why({ cause, remedy: remedyFor(name) })),
      ...notes.map((note) => `      ${note}`),
    ];
  };

  const rest = variables.filter((one) => !isLine(one));
  const defaults = rest.filter(({ value, used }) => value !== undefined && used);
  const unused = rest.filter((one) => !defaults.includes(one));
  return [
    heading(`Settings (service ${service})`),
    ...(enabled ? [] : [line('note', 'telemetry is switched off: nothing is recorded, contexts are still passed on')]),
    ...variables.filter(isLine).flatMap(variable),
    ...others.map(({ name, note, wrong }) => line(wrong ? 'wrong' : 'note', name, note)),
    ...paragraph(
      'at their defaults:',
      defaults.map(({ name, value }) => `${name}=${value}`),
    ).map(dim),
    ...paragraph(
      'not set, and need not be:',
      unused.map(({ name }) => name),
    ).map(dim),
  ].join('\n');
}

/** Shown on a line each, whoever said them. */
const CENTRAL = new Set([
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_TRACES_SAMPLER',
  'OTEL_PROPAGATORS',
]);

const isLine = ({ name, origin, problems }: EffectiveSetting): boolean =>
  CENTRAL.has(name) || origin !== 'default' || problems.length > 0;
