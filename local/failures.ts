import { bundleOf, type ServiceName } from '../lib/entries.ts';
import { DEAD_LETTER_SUFFIX } from '../events/catalogue.ts';
import type { ReceivedSpan } from './collector/otlp.ts';

/** A message whose work is not done, though its hop is in the trace. */
export interface Failure {
  span: string;
  service: string;
  message_id: string | undefined;
  /** `error.type` of the span. */
  error_type: string;
  /** What the code said went wrong. */
  error: string | undefined;
  /** Whether no retry comes: it lies in the dead-letter queue. Otherwise it comes again. */
  given_up: boolean;
}

/** A `Permanent`'s reason is in kebab case; what is tried again is the name of an error or a system's code. */
const REASON = /^[a-z]+(-[a-z]+)+$/;

/** What no attempt in these spans has done; what a later one mended is left out. */
export function failuresOf(spans: ReceivedSpan[]): Failure[] {
  const attempts = spans.filter(({ kind }) => kind === 'CONSUMER').toSorted((a, b) => a.startMs - b.startMs);
  const last = new Map(attempts.map((span) => [keyOf(span), span]));
  return [...last.values()]
    .filter(({ status }) => status.code === 'ERROR')
    .map((span) => {
      const { name, service, attributes, status } = span;
      const type = String(attributes['error.type']);
      return {
        span: name,
        service,
        message_id: messageId(span),
        error_type: type,
        error: status.message,
        given_up: REASON.test(type),
      };
    });
}

const messageId = ({ attributes }: ReceivedSpan) => attributes['messaging.message.id'] as string | undefined;
const keyOf = (span: ReceivedSpan): string => `${span.name} ${messageId(span) ?? span.spanId}`;

/** The same for people: a line for all that failed alike, and what to do where nothing happens by itself. `awsUrl` is absent where AWS ends with this run. */
export function failuresAsText(failures: Failure[], awsUrl: string | undefined): string[] {
  const counts = new Map<string, number>();
  for (const failure of failures) {
    const line = asLine(failure);
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const lost = new Set(failures.filter((failure) => failure.given_up).map(({ service }) => service));
  const how = awsUrl
    ? `then: AWS_ENDPOINT_URL=${awsUrl}`
    : 'start again and give the address of "AWS on loopback": AWS_ENDPOINT_URL=…';
  return [
    ...[...counts].map(([line, count]) => (count > 1 ? `${count} × ${line}` : line)),
    ...[...lost].map((name) => `Mend the cause, ${how} npm run redrive -- ${bundleOf(name as ServiceName)}`),
  ];
}

function asLine({ span, service, error_type, error, given_up }: Failure): string {
  const cause = [error_type, error].filter(Boolean).join(': ');
  return given_up
    ? `${span} failed (${cause}); its message is given up and lies in ${service}${DEAD_LETTER_SUFFIX}.`
    : `${span} failed (${cause}); its message comes again.`;
}
