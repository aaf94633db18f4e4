import type { Environment } from '../settings/variables.ts';
import { configureRequestBodies } from './request-body.ts';
import { configureSql } from './sql-settings.ts';

/** Tells the edges what the environment wants of them. Whoever starts telemetry again tells them again. */
export function configureEdges(env: Environment): void {
  configureSql(env);
  configureRequestBodies(env);
}
