import type { Delivery } from '../../aws/consume.ts';
import { Permanent } from '../../core/permanent.ts';
import { service } from '../../events/catalogue.ts';
import type { Said } from '../../events/read.ts';
import { span } from '../../telemetry/span.ts';
import type { WebhookMessage } from './webhook.ts';

/** What the story is handed. */
export interface Notifies {
  send: (webhook: WebhookMessage, signal: AbortSignal) => Promise<void>;
}

/** Something was said: tell the subscriber, with the same id and the same bytes however often it takes. */
export const notify =
  ({ send }: Notifies) =>
  async (said: Said, { receives, signal }: Delivery): Promise<void> => {
    if (said.kind === 'command') {
      throw new Permanent('unexpected-message', `${said.name} is nothing for ${service.notifier}`);
    }
    const { id, name, occurredAt, data } = said;
    const body = JSON.stringify({ type: name, timestamp: occurredAt, data });
    const attributes = { 'placement.id': data.placement_id, 'nedlia.event.name': name };
    await span('notifier.send_notification', attributes, () => send({ id, body, attempt: receives }, signal));
  };
