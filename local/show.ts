import path from 'node:path';
import { styleText } from 'node:util';
import { renderTree } from '../telemetry/export/console/tree.ts';
import type { ReceivedSpan } from './collector/otlp.ts';
import type { FirstPlacement } from './first-placement.ts';
import type { RequestDone } from '../api/request-log.ts';
import type { Forwarding } from '../telemetry/export/forward.ts';
import { failuresAsText, failuresOf } from './failures.ts';
import { allSentOn, sentOnAsText } from './sent-on.ts';

/** Colour where a person looks, and only there (https://no-color.org). */
export const wantsColour = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean =>
  stream.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

type Style = Parameters<typeof styleText>[0];

/** Where a placement went through, for a person who wants to look at it. */
export interface Shown {
  apiUrl: string;
  /** What `AWS_ENDPOINT_URL` is to be for whoever mends what failed; absent where AWS ends with this run. */
  awsUrl: string | undefined;
  receiver: { url: string } | undefined;
  /** The folder that holds the buckets, where there is one. */
  objects?: string;
  /** Further lines below "Try it". */
  hints: string[];
}

/** Everything `npm start` says to a person, as text. */
export function shower(colour: boolean) {
  const paint = (style: Style, text: string) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const heading = (text: string) => `\n${paint('bold', text)}\n`;

  return {
    step: (seconds: number, step: string, detail: string): string =>
      `  ${paint('dim', `${seconds.toFixed(1).padStart(4)} s`)}  ${step.padEnd(30)} ${paint('dim', detail)}`,

    request: ({ method, route = '(no route)', status, durationMs, aborted, traceId }: RequestDone): string => {
      const style: Style = status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
      const outcome = aborted ? paint('yellow', 'client gone') : paint(style, String(status));
      return `${method} ${route}  ${outcome}  ${Math.round(durationMs)} ms  ${paint('dim', `trace ${traceId ?? 'none'}`)}`;
    },

    /** A function's warning or error; with `all` every line, with what its code says beside the message. */
    functionLine: (name: string, line: string, all = false): string | undefined => {
      const entry = parse(line);
      if (!entry) return line.trim() ? `${paint('dim', name)} ${line}` : undefined;
      const isTrouble = entry.level === 'warn' || entry.level === 'error';
      if (!isTrouble && !all) return undefined;
      const { level, message, exporter, reason, error, trace_id } = entry;
      const why = [exporter, reason ?? error?.message].filter(Boolean).join(': ');
      return [
        paint(level === 'error' ? 'red' : isTrouble ? 'yellow' : 'cyan', `${name} ${level}`),
        message,
        why && `(${why})`,
        all && beside(entry),
        trace_id && paint('dim', `trace ${trace_id}`),
      ]
        .filter(Boolean)
        .join(' ');
    },

    result: (first: FirstPlacement, { receiver, objects, awsUrl }: Shown): string => {
      const { placement, file, webhooks, traceId, missing, spans } = first;
      const failures = failuresOf(spans);
      const lines = [
        heading(`One request, one trace: ${traceId}`),
        renderTree(spans, { colour, columns: process.stdout.columns }),
        '',
        ...failuresAsText(failures, awsUrl).map((line) => paint('red', line)),
        missing.length === 0
          ? paint(
              failures.length === 0 ? 'green' : 'yellow',
              `Every hop is there: ${spans.length} spans of ${new Set(spans.map(({ service }) => service)).size} services in one trace${failures.length === 0 ? '' : ', but its work is not done'}.`,
            )
          : paint('red', `Not every hop is there. Missing:\n${missing.map((hop) => `  ${hop}`).join('\n')}`),
        heading('What came out'),
      ];
      if (file) {
        lines.push(`S3 object  s3://${file.bucket}/${file.key}`);
        if (objects) lines.push(`           ${path.join(objects, file.bucket, file.key)}`);
        lines.push(
          ...file.content
            .trimEnd()
            .split('\n')
            .map((line) => `           ${paint('dim', line)}`),
        );
      }
      if (placement.validation)
        lines.push(`Validation ${[placement.validation.verdict, ...placement.validation.reasons].join(', ')}`);
      for (const { headers, body } of webhooks) {
        const { type } = JSON.parse(body) as { type: string };
        lines.push(
          `Webhook    ${type.padEnd(25)} ${paint('dim', `webhook-id ${String(headers['webhook-id'])}, signature verified`)}`,
        );
      }
      if (!receiver) lines.push(...webhookCalls(spans));
      return lines.join('\n');
    },

    sentOn: (forwarding: Forwarding): string =>
      paint(allSentOn(forwarding) ? 'green' : 'yellow', sentOnAsText(forwarding)),

    tryIt: ({ placement }: FirstPlacement, { apiUrl, receiver, hints }: Shown): string =>
      [
        heading('Try it'),
        `curl -i ${apiUrl}/v1/placements/${placement.id}`,
        `curl -i -X POST ${apiUrl}/v1/placements -H 'content-type: application/json' \\`,
        `  -d '{"video_id":"${placement.video_id}","product_id":"${placement.product_id}","start_time":30,"end_time":40}'`,
        `curl -i -X POST ${apiUrl}/v1/placements/${placement.id}/regenerate`,
        `curl -i -X DELETE ${apiUrl}/v1/placements/${placement.id}`,
        ...(receiver ? [`curl -s ${receiver.url}   # the webhooks of this run`] : []),
        ...hints.map((hint) => paint('dim', hint)),
      ].join('\n'),
  };
}

/** Webhooks as their sender saw them, where the receiver is not ours to ask. */
const webhookCalls = (spans: ReceivedSpan[]): string[] =>
  spans
    .filter(({ name, kind }) => name === 'POST' && kind === 'CLIENT')
    .map(({ attributes, status }) => {
      const code = attributes['http.response.status_code'] as number | undefined;
      const outcome = code === undefined ? `no answer (${String(attributes['error.type'])})` : `answered ${code}`;
      const delivered = status.code !== 'ERROR' && Number(code) < 300;
      return `Webhook    to ${String(attributes['server.address'])}, ${outcome}${delivered ? '' : ': not delivered'}`;
    });

/** What every line has, or is shown another way. */
const SHOWN = new Set(
  'timestamp level message service trace_id span_id trace_flags correlation_id exporter reason error'.split(' '),
);

/** The fields the code added, `name=value`. */
const beside = (entry: LogLine): string =>
  Object.entries(entry)
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');

/** A log line as `telemetry/log.ts` writes it. */
interface LogLine {
  level?: string;
  message?: string;
  exporter?: string;
  reason?: string;
  error?: { message?: string };
  trace_id?: string;
}

function parse(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
