import { Webhook } from 'standardwebhooks';

/** A Standard Webhooks secret of 32 bytes, all of them this one. */
export const aSecret = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;

/** The headers of a webhook with this body, signed now unless said otherwise. */
export function signed(secret: string, body: string, { id = 'evt_1', at = new Date() } = {}): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
}
