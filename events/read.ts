import * as v from 'valibot';
import { Permanent } from '../core/permanent.ts';
import { commands, events, regenerateFile } from './catalogue.ts';
import type { DataOf } from './definition.ts';

type Definitions = (typeof events)[number] | (typeof commands)[number];

/** One event or command as a story gets it: its name decides the type of its data. */
export type Said = {
  [D in Definitions as D['name']]: {
    kind: D['kind'];
    name: D['name'];
    /** The idempotency key: event_id or command_id. */
    id: string;
    /** ISO 8601; only events have it. */
    occurredAt: string | undefined;
    correlationId: string | undefined;
    data: DataOf<D>;
  };
}[Definitions['name']];

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Reads a message body, its trace context already taken out. A body with `detail-type` is an EventBridge envelope, one
 * with `command` a command, and a bare `{ placement_id }` the command `placement.regenerate_file` under the message's own id.
 * @throws Permanent `unreadable-message`, `unknown-message`, `unknown-version` or `invalid-message`: no retry can mend a body.
 */
export function read(body: unknown, messageId: string): Said {
  if (!isObject(body)) throw new Permanent('unreadable-message', 'the body is not a JSON object');
  if ('detail-type' in body) return readEvent(body['detail-type'], body['source'], body['detail']);
  if ('command' in body) return readCommand(body);
  if ('placement_id' in body) {
    const { placement_id } = body;
    return readCommand({ command: regenerateFile.name, command_version: 1, command_id: messageId, placement_id });
  }
  throw new Permanent('unknown-message', 'the body is neither an event nor a command');
}

function readEvent(name: unknown, source: unknown, detail: unknown): Said {
  const definition = events.find((known) => known.name === name && known.source === source);
  if (!definition) throw new Permanent('unknown-message', 'no event of this detail-type and source is known');
  const {
    event_id,
    event_version: _,
    occurred_at,
    correlation_id,
    ...data
  } = check(definition, 'event_version', detail);
  return said(definition, { id: event_id, occurredAt: occurred_at, correlationId: correlation_id, data });
}

function readCommand(body: Fields): Said {
  const definition = commands.find((known) => known.name === body['command']);
  if (!definition) throw new Permanent('unknown-message', 'no command of this name is known');
  const {
    command_id,
    command: _,
    command_version: __,
    correlation_id,
    ...data
  } = check(definition, 'command_version', body);
  return said(definition, { id: command_id, occurredAt: undefined, correlationId: correlation_id, data });
}

/** The fields as the schema passed them. Another version is refused by name before its fields are judged; a message names fields, never values. */
function check(definition: Definitions, versionField: string, fields: unknown): Fields {
  if (!isObject(fields)) throw new Permanent('invalid-message', `${definition.name} has no fields`);
  if (fields[versionField] !== definition.version) {
    throw new Permanent('unknown-version', `${definition.name} is known in version ${definition.version} only`);
  }
  const result = v.safeParse(definition.schema, fields);
  if (result.success) return result.output;
  const paths = result.issues.slice(0, 20).map((issue) => v.getDotPath(issue) ?? '');
  throw new Permanent('invalid-message', `${definition.name} has wrong fields: ${paths.join(', ')}`);
}

// The schema has proved these fields; TypeScript cannot follow a schema chosen at run time.
const said = ({ kind, name }: Definitions, fields: Record<keyof Omit<Said, 'kind' | 'name'>, unknown>): Said =>
  ({ kind, name, ...fields }) as unknown as Said;
