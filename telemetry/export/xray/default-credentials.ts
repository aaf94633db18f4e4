import type { CredentialChain } from './endpoint.ts';

/**
 * AWS's default chain: environment, shared files with single sign-on, a token file, the container's or the machine's role.
 * It remembers what it found and renews it in time.
 */
export const defaultCredentials = (): CredentialChain => {
  let chain: CredentialChain | undefined;
  return async () => {
    // Loaded with the first export that has to be signed: 20 to 40 ms that nobody else pays for.
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    chain ??= defaultProvider();
    return chain();
  };
};
