import { secretReader } from '../../aws/secrets.ts';
import { readEnv } from '../../core/env.ts';
import { admit } from '../../store/access.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { env } from './env.ts';
import { ownerLogin } from './owner.ts';
import { type Answer, prepare, type Request } from './prepare.ts';

// Once, when the process starts: the environment is read, nothing is connected yet.
const { DATABASE_URL: url, DATABASE_OWNER_SECRET_ARN: ownerSecret } = readEnv(env, process.env);
const user = decodeURIComponent(new URL(url).username);

/** Called by CDK's provider, at every deployment that brings migrations nobody has seen. */
export async function handler(request: Request): Promise<Answer> {
  const login = ownerSecret ? ownerLogin(await secretReader()(ownerSecret)) : undefined;
  // A paused Aurora resumes in 15 to 35 s, a new one takes longer to let anybody in.
  const db: Database = openDatabase({ url, login, max: 1, connectTimeoutMs: 90_000 });
  try {
    const story = prepare({ migrate: () => migrate(db), admit: login && (() => admit(db, user)) });
    return await story(request);
  } finally {
    await db.destroy();
  }
}
