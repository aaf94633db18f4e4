import type { KnownVariable } from '../settings/known.ts';
import type { Environment, Finding } from '../settings/variables.ts';
import { said } from '../settings/variables.ts';
import { closestTo } from './closest.ts';
import { showValue } from './show-value.ts';

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

/** The environment as it was given, with its aliases read, completed by the program, and as the exporters read it; and what the readers found. */
interface Stages {
  given: Environment;
  aliased: Environment;
  env: Environment;
  counts: Environment;
  findings: Finding[];
  targets: string[];
}

/** Tells of one variable what counts, and who said it. */
export function tellVariable(known: KnownVariable, stages: Stages): EffectiveSetting {
  const { counts, findings, targets } = stages;
  const { name, otherwise, holds } = known;
  const about = findings.filter(({ variable }) => variable === name);
  const problems = about.flatMap((finding) => problemOf(finding) ?? []);
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

/** The problem, with the name that was meant where one is near. */
function problemOf({ problem, unknown }: Finding): string | undefined {
  const meant = unknown && closestTo(unknown.said, unknown.allowed);
  return problem && meant ? `${problem}: did you mean ${meant}?` : problem;
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
