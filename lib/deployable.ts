import { choiceNames } from './choices.ts';
import { isStageName, stages, type StageName } from './stages.ts';

/** A word was typed in a way that cannot be understood. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

/** A stage that lives in an AWS account. */
export type AwsStage = Exclude<StageName, 'local'>;

/** @throws WrongUse when there is no such stage, or when it is the one of this machine. */
export function readStage(name: string): AwsStage {
  if (name === 'local') throw new WrongUse('stage local is for this machine: npm start, or npm run localstack');
  if (isStageName(name) && name !== 'local') return name;
  const others = Object.keys(stages).filter((stage) => stage !== 'local');
  throw new WrongUse(`there is no stage ${JSON.stringify(name)}; there is: ${others.join(', ')}`);
}

const settings: readonly string[] = choiceNames;

/**
 * Reads what stands behind `-c`, each `name=value`. Names of the CDK's own contain a colon or a slash.
 * @throws WrongUse for a name there is not: it would be ignored without a word.
 */
export function readSettings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
      if (!key || value === undefined) throw new WrongUse(`--context takes key=value, not ${pair}`);
      if (settings.includes(key) || /[:/]/.test(key)) return [key, value];
      throw new WrongUse(`there is no setting ${key}; there is: ${settings.join(', ')}`);
    }),
  );
}
