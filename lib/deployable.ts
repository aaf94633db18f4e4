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
