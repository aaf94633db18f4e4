import { readEnv } from '../../core/env.ts';
import { env } from './env.ts';

readEnv(env, process.env);

export const handler = () => Promise.resolve({ batchItemFailures: [] });
