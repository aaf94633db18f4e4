/** The account and region that every ARN and queue URL on loopback names. */
export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

export const arnOf = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
