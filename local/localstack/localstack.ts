import { readEnv } from '../../core/env.ts';
import { env as contract } from './env.ts';

/** A LocalStack that answers, and what a program needs to use it and nothing else. */
export interface LocalStack {
  endpoint: string;
  region: string;
  version: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** For a process started from here: no profile and no key of the user's gets in. */
  environment: Record<string, string>;
}

/** The last version whose image starts without a token: docs/localstack.md. */
const VERSION = '4.14';
const ANSWERS_WITHIN_MS = 5000;

/**
 * Looks for LocalStack and refuses whatever might be the real AWS: an endpoint that is not this machine's, a profile, a key
 * that looks like one of AWS.
 * @throws Error in one line that says what is wrong and what to do.
 */
export async function findLocalStack(source: NodeJS.ProcessEnv): Promise<LocalStack> {
  const { AWS_ENDPOINT_URL, AWS_REGION: region } = readEnv(contract, source);
  const { hostname, origin } = new URL(AWS_ENDPOINT_URL);
  if (!isLoopback(hostname)) {
    throw new Error(
      `AWS_ENDPOINT_URL is not this machine (${origin}): only loopback is used here; unset it, or set http://127.0.0.1:4566`,
    );
  }
  refuseRealCredentials(source);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    throw new Error(`AWS_REGION is no region of AWS (${region}): unset it, or set one like eu-central-1`);
  }
  const version = await askVersion(origin);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return {
    endpoint: origin,
    region,
    version,
    credentials,
    environment: {
      AWS_ENDPOINT_URL: origin,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SESSION_TOKEN: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  };
}

/** Names that mean this machine whatever a resolver says. */
const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/** Key ids of AWS begin with what they are for; these two are for access (IAM User Guide, "Unique identifiers"). */
const REAL_KEY = /^(AKIA|ASIA)[A-Z0-9]{12,}$/;

function refuseRealCredentials(source: NodeJS.ProcessEnv): void {
  const profile = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'].find((name) => source[name]);
  if (profile) throw new Error(`${profile} is set: LocalStack needs no profile, and none is read here; unset it`);
  if (REAL_KEY.test(source['AWS_ACCESS_KEY_ID'] ?? '')) {
    throw new Error('AWS_ACCESS_KEY_ID looks like a key of a real account: unset it, or set "test"');
  }
}

async function askVersion(origin: string): Promise<string> {
  const start = 'docker compose -f docker-compose.localstack.yml up -d --wait';
  const answer = await fetch(`${origin}/_localstack/health`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).catch(
    () => undefined,
  );
  if (!answer) throw new Error(`nothing answers at ${origin}: start LocalStack (${start}) or set AWS_ENDPOINT_URL`);
  const { version } = (await answer.json().catch(() => ({}))) as { version?: string };
  if (!version) throw new Error(`what answers at ${origin} is not LocalStack: stop it, or set AWS_ENDPOINT_URL`);
  if (!version.startsWith(`${VERSION}.`)) {
    throw new Error(`LocalStack ${version} answers at ${origin}, and this is made for ${VERSION}: ${start}`);
  }
  return version;
}
