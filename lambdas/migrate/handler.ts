import { secretReader } from '../../aws/secrets.ts';
import { readEnv } from '../../core/env.ts';
import { admit } from '../../store/access.ts';
import { type Database, openDatabase, ping } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import type { Login } from '../../store/target.ts';
import { env } from './env.ts';
import { asOwner, ownerLogin } from './owner.ts';
import { prepare } from './prepare.ts';

// Once, when the process starts: the environment is read, nothing is connected yet.
const { DATABASE_URL: url, DATABASE_OWNER_SECRET_ARN: ownerSecret } = readEnv(env, process.env);
const user = decodeURIComponent(new URL(url).username);
const readSecret = secretReader();

/** Called by CDK's provider, at every deployment that brings migrations nobody has seen. */
export const handler = prepare(async () => {
  const db = ownerSecret ? await asOwner(ownerLogin(await readSecret(ownerSecret)), open) : await open();
  return {
    migrate: () => migrate(db),
    ...(ownerSecret && { admit: () => admit(db, user) }),
    close: () => db.destroy(),
  };
});

async function open(login?: Login): Promise<Database> {
  // A paused Aurora resumes in 15 to 35 s, a new one takes longer to let anybody in.
  const db = openDatabase({ url, login, max: 1, connectTimeoutMs: 90_000 });
  try {
    await ping(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
