import { env as api } from '../api/env.ts';
import { tellOthers } from '../telemetry/doctor/other-names.ts';

/** Variables that nothing reads and whose names are nearly those of settings, as `npm run doctor` says it of them. */
export const misspelt = (env: NodeJS.ProcessEnv): string[] =>
  tellOthers([], env, Object.keys(api.entries))
    .filter(({ note }) => note.includes('did you mean'))
    .map(({ name, note }) => `${name} ${note}`);
