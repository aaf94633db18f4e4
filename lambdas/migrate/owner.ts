import * as v from 'valibot';
import type { Login } from '../../store/target.ts';

/** As RDS writes it: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html */
const secret = v.pipe(v.string(), v.parseJson(), v.object({ username: v.string(), password: v.string() }));

/** Who owns the schema, read from the secret that RDS keeps. @throws Error without a word of what it says. */
export function ownerLogin(text: string): Login {
  const read = v.safeParse(secret, text);
  if (!read.success) throw new Error("the owner's secret has no username and password");
  return { user: read.output.username, password: read.output.password };
}
