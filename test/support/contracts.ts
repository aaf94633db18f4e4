import { env as api } from '../../api/env.ts';
import type { Contract } from '../../core/env.ts';
import { env as fileGenerator } from '../../lambdas/file-generator/env.ts';
import { env as migrate } from '../../lambdas/migrate/env.ts';
import { env as notifier } from '../../lambdas/notifier/env.ts';
import { env as receiver } from '../../lambdas/receiver/env.ts';
import { env as relay } from '../../lambdas/relay/env.ts';
import { env as validator } from '../../lambdas/validator/env.ts';
import type { ServiceName } from '../../lib/entries.ts';

/** What each deployed function wants of its environment, by its name. */
export const contracts: Readonly<Record<string, Contract>> = {
  'nedlia-api': api,
  'nedlia-file-generator': fileGenerator,
  'nedlia-validator': validator,
  'nedlia-notifier': notifier,
  'nedlia-relay': relay,
  'nedlia-migrate': migrate,
  'nedlia-receiver': receiver,
} satisfies Record<ServiceName, Contract>;
