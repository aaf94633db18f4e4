import { type Context, createContextKey } from '@opentelemetry/api';

const UNDECIDED = createContextKey('nedlia-telemetry sampling undecided');

/** Says of a remote parent that whether to sample is still open: the sampler decides as for a root, within the parent's trace. */
export const undecided = (parent: Context): Context => parent.setValue(UNDECIDED, true);

/** True for a context of which `undecided` said so. */
export const isUndecided = (parent: Context): boolean => parent.getValue(UNDECIDED) === true;
