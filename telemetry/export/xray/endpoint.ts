import type { ExporterOptions, TraceExporter } from '../exporters.ts';
import type { Environment } from '../../settings/variables.ts';
import { otlpPostExporter } from '../otlp/otlp-post.ts';
import { forXRay } from './attributes.ts';

/** Keys of AWS's, and until when they are good. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

/** Finds credentials; asked before every export, so it is its own matter to remember them. */
export type CredentialChain = () => Promise<AwsCredentials>;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html */
const MOST = { bytes: 5_000_000, spans: 10_000 };
const HOST = /^xray(?:-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/;

/**
 * The region of X-Ray's OTLP endpoint (`https://xray.<region>.amazonaws.com/v1/traces`); `undefined` for any other address. Whoever
 * deploys permits functions to write exactly there (lib/choices.ts); test/lib/choices.test.ts compares the two.
 */
export const xrayRegion = (url: URL | undefined): string | undefined => HOST.exec(url?.hostname ?? '')?.[1];

/** Sends spans to X-Ray's OTLP endpoint: every request signed over the bytes that are sent, compressed or not. */
export function xrayEndpointExporter(
  { url, region, credentials }: { url: URL; region: string; credentials: CredentialChain },
  options: ExporterOptions,
  env: Environment,
): TraceExporter {
  const headersFor = async (body: Uint8Array, headers: Record<string, string>): Promise<Record<string, string>> => {
    // Loaded with the first export: node:crypto alone is 6 ms of a cold start, and most never sign.
    const { sign } = await import('./sigv4.ts');
    return sign({ url, headers, body }, { service: 'xray', region, credentials });
  };
  return otlpPostExporter({ url, most: MOST, headersFor, view: forXRay }, options, env);
}
