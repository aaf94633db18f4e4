import * as pipeline from './0001_pipeline.ts';

/** Every migration in order, as a static list, so that a bundle contains them. Additive only: a rollback of code does not undo SQL. */
export const migrations = { '0001_pipeline': pipeline };
