import { randomUUID } from 'node:crypto';
import { ServiceError, type Fail } from './errors.ts';
import { MIB } from './message-limits.ts';
import { toPredicate } from './pattern.ts';
import { ACCOUNT, REGION } from './account.ts';
import type { Rule } from './plan.ts';
import type { Queue } from './queue.ts';

interface Entry {
  Source?: string;
  DetailType?: string;
  Detail?: string;
  EventBusName?: string;
  /** Epoch seconds. */
  Time?: number;
  Resources?: string[];
  TraceHeader?: string;
}

/**
 * PutEvents on these buses and rules. An entry is in every queue it matched before the answer names its id.
 *
 * An entry's `TraceHeader` becomes the message's `AWSTraceHeader`. Without one there is none here; AWS adds a header of its own
 * with `Sampled=0`. Throws at once when a rule's pattern holds an operator it does not know.
 */
export function events(plan: { buses: string[]; rules: Rule[] }, queues: ReadonlyMap<string, Queue>, fail: Fail) {
  const buses = new Set(['default', ...plan.buses]);
  const rules = plan.rules.map(({ name, bus, pattern, targets }) => {
    const queuesOfRule = targets.map((target) => {
      const queue = queues.get(target);
      if (!queue) throw new Error(`rule ${name}: its target ${target} is not a queue of this template`);
      return queue;
    });
    return { bus, matches: toPredicate(pattern, `rule ${name}: EventPattern`), queues: queuesOfRule };
  });

  const put = (entry: Entry): { EventId: string } => {
    const failure = fail('events', 'PutEvents.Entry', entry);
    if (failure) throw new ServiceError(failure.code, 'Refused on request.');
    const detail = readDetail(entry);
    const bus = nameOfBus(entry.EventBusName);
    if (!buses.has(bus)) throw new ServiceError('InvalidArgument', `Event bus ${bus} does not exist.`);
    const event = {
      version: '0',
      id: randomUUID(),
      'detail-type': entry.DetailType,
      source: entry.Source,
      account: ACCOUNT,
      time: new Date(entry.Time === undefined ? Date.now() : entry.Time * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
      region: REGION,
      resources: entry.Resources ?? [],
      detail,
    };
    const message = { body: JSON.stringify(event), attributes: {}, traceHeader: entry.TraceHeader };
    for (const rule of rules) {
      if (rule.bus === bus && rule.matches(event)) for (const queue of rule.queues) queue.send(message);
    }
    return { EventId: event.id };
  };

  return {
    PutEvents({ Entries: entries = [] }: { Entries?: Entry[] }) {
      if (entries.length < 1 || entries.length > 10) {
        const bound = entries.length < 1 ? 'greater than or equal to 1' : 'less than or equal to 10';
        throw new ServiceError(
          'ValidationException',
          `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`,
        );
      }
      if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MIB) {
        throw new ServiceError('ValidationException', 'Total size of the entries in the request is over the limit.');
      }
      const answers = entries.map((entry) => {
        try {
          return put(entry);
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          return { ErrorCode: error.code, ErrorMessage: error.message };
        }
      });
      return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
    },
  };
}

function readDetail(entry: Entry): Record<string, unknown> {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (!entry[name])
      throw new ServiceError(
        'InvalidArgument',
        `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      );
  }
  if (entry.Source?.startsWith('aws.'))
    throw new ServiceError('NotAuthorizedForSourceException', 'Not authorized for the source.');
  try {
    const detail: unknown = JSON.parse(entry.Detail ?? '');
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail))
      return detail as Record<string, unknown>;
  } catch {
    // Refused below, like JSON that is not an object.
  }
  throw new ServiceError('MalformedDetail', 'Detail is malformed.');
}

const nameOfBus = (nameOrArn = 'default'): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-calculate-entry-size (the trace header is not in that sum) */
const sizeOf = ({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: Entry): number =>
  (Time === undefined ? 0 : 14) + Buffer.byteLength(Source + DetailType + Detail + Resources.join(''));
