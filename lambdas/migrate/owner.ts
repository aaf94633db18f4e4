import * as v from 'valibot';
import type { Login } from '../../store/target.ts';

/** As RDS writes it: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html */
const secret = v.pipe(v.string(), v.parseJson(), v.object({ username: v.string(), password: v.string() }));

/** Who owns the schema, read from the secret that RDS keeps. @throws Error without a word of what it says. */
export function ownerLogin(text: string): Required<Login> {
  const read = v.safeParse(secret, text);
  if (!read.success) throw new Error("the owner's secret has no username and password");
  return { user: read.output.username, password: read.output.password };
}

/**
 * Signs in as the owner: by password the first time, by a token ever after. Since PostgreSQL 16 whoever makes a role is a member
 * of it, so the owner is a member of `rds_iam` too as soon as it has let the functions' user in, and RDS then takes no password.
 * @see https://github.com/movetokube/postgres-operator/issues/315
 */
export async function asOwner<T>(login: Required<Login>, open: (login: Login) => Promise<T>): Promise<T> {
  try {
    return await open(login);
  } catch (error) {
    if (!isRefused(error)) throw error;
    return open({ user: login.user });
  }
}

/** 28P01 for a wrong password, 28000 where a token is wanted. */
const isRefused = (error: unknown): boolean =>
  error instanceof Error && (error.cause as { code?: string } | undefined)?.code?.startsWith('28') === true;
