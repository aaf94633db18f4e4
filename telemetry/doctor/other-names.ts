import { ALIASES } from '../settings/aliases.ts';
import { KNOWN } from '../settings/known.ts';
import type { Environment, Finding } from '../settings/variables.ts';
import { said } from '../settings/variables.ts';
import { closestTo } from './closest.ts';

/** A variable that is no setting, though its name looks like one. */
export interface OtherName {
  name: string;
  /** What an alias was read as, or why it counts for nothing. */
  note: string;
  /** An alias with a wrong value is, and a name that is nearly one of ours; any other may be another program's. */
  wrong: boolean;
}

/** Tells the aliases that were met, and the names of these families that nobody reads: neither telemetry nor those who read `elsewhere`. */
export const tellOthers = (findings: Finding[], given: Environment, elsewhere: readonly string[]): OtherName[] => [
  ...tellAliases(findings),
  ...tellUnread(given, elsewhere),
];

const tellAliases = (findings: Finding[]): OtherName[] =>
  findings
    .filter(({ variable, note, problem }) => ALIASES.includes(variable) && (note ?? problem) !== undefined)
    .map(({ variable, note, problem }) => ({
      name: variable,
      note: note ?? problem ?? '',
      wrong: problem !== undefined,
    }));

/** Families of names a person would expect telemetry to read. */
const OURS = /^(?:OTEL|OTLP|CX|TRACE)_/;

/** Near to ours, and right: the standard's for logs, which we do not send. */
const OF_LOGS = /^OTEL_BLRP_/;

function tellUnread(given: Environment, elsewhere: readonly string[]): OtherName[] {
  const known = [...KNOWN.map(({ name }) => name), ...ALIASES];
  return Object.keys(given)
    .filter((name) => OURS.test(name) && said(given, name) && !known.includes(name) && !elsewhere.includes(name))
    .map((name) => {
      const meant = OF_LOGS.test(name) ? undefined : closestTo(name, known);
      const question = meant ? `: did you mean ${meant}?` : '';
      return { name, note: `is read by nothing here${question}`, wrong: meant !== undefined };
    });
}
