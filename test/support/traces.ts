import type { ReceivedSpan } from '../../local/collector/otlp.ts';

/** A span as the collector receives it; only what a test is about has to be said. */
export const receivedSpan = (about: Partial<ReceivedSpan> & { name: string; spanId: string }): ReceivedSpan => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  parentSpanId: undefined,
  traceState: undefined,
  kind: 'INTERNAL',
  service: 'nedlia-api',
  resource: {},
  attributes: {},
  startMs: 0,
  endMs: 1,
  status: { code: 'UNSET' },
  events: [],
  links: [],
  ...about,
});

/** The spans of a placement's whole trace, one for each required hop, parents first. */
export function wholeTrace(): ReceivedSpan[] {
  const outline = `
POST /v1/placements
.placement.create
..placement.validate_video
...SELECT nedlia.videos
..placement.check_overlaps
...SELECT nedlia.placements
..INSERT nedlia.placements
..INSERT nedlia.outbox
.send nedlia-events (placement.created)
..process nedlia-file-generator
...file_generator.generate
....SELECT nedlia.placements
....SELECT nedlia.products
....render_template
...file_generator.upload_s3
....S3.PutObject
...send nedlia-events (placement.file_generated)
....process nedlia-notifier
.....notifier.send_notification
......POST
..process nedlia-validator
...validator.validate
....SELECT nedlia.placements
....SELECT nedlia.videos
....SELECT nedlia.products
....INSERT nedlia.validations
...send nedlia-events (placement.validated)
....process nedlia-notifier
.....notifier.send_notification
......POST
..process nedlia-notifier
...notifier.send_notification
....POST`;
  const open: string[] = [];
  return outline
    .trim()
    .split('\n')
    .map((line, index) => {
      const [, dots = '', name = ''] = /^(\.*)(.*)$/.exec(line) ?? [];
      const spanId = index.toString(16).padStart(16, '0');
      open[dots.length] = spanId;
      return receivedSpan({ name, spanId, parentSpanId: open[dots.length - 1], startMs: index, endMs: index + 1 });
    });
}
