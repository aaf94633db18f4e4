import type { Environment } from '../../settings/variables.ts';
import type { CredentialChain } from './endpoint.ts';

/** The credentials Lambda gives a function, where it gives them; the other links of AWS's chain have nothing to find there. */
export const functionCredentials = (env: Environment): CredentialChain => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  return async () => {
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) };
    throw new Error('no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  };
};
