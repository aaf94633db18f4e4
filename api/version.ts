import manifest from '../package.json' with { type: 'json' };

/** The version of what is running. */
export const { version } = manifest;
