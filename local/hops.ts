/** What a placement's trace must contain, a level of indentation for each generation: the tree of docs/overview.md. */
export const REQUIRED = `
POST /v1/placements
  placement.create
    placement.validate_video
      SELECT nedlia.videos
    placement.check_overlaps
      SELECT nedlia.placements
    INSERT nedlia.placements
    INSERT nedlia.outbox
  send nedlia-events (placement.created)
    process nedlia-file-generator
      file_generator.generate
        SELECT nedlia.placements
        SELECT nedlia.products
        render_template
      file_generator.upload_s3
        S3.PutObject
      send nedlia-events (placement.file_generated)
        process nedlia-notifier
          notifier.send_notification
            POST
    process nedlia-validator
      validator.validate
        SELECT nedlia.placements
        SELECT nedlia.videos
        SELECT nedlia.products
        INSERT nedlia.validations
      send nedlia-events (placement.validated)
        process nedlia-notifier
          notifier.send_notification
            POST
    process nedlia-notifier
      notifier.send_notification
        POST
`;

interface Hop {
  name: string;
  parent: Hop | undefined;
}

const hops: Hop[] = parse(REQUIRED);

interface Node {
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
}

/** The required hops that a trace lacks, each as its path from the root; empty when the tree is complete. */
export function missingHops(spans: Node[]): string[] {
  const matches = new Map<Hop, Set<string>>();
  const here = new Set(spans.map(({ spanId }) => spanId));
  for (const hop of hops) {
    const parents = hop.parent && matches.get(hop.parent);
    const found = spans.filter(
      (span) =>
        // The request itself may be a child of its caller, whose spans are elsewhere.
        span.name === hop.name && (parents ?? here).has(span.parentSpanId ?? '') === (parents !== undefined),
    );
    matches.set(hop, new Set(found.map((span) => span.spanId)));
  }
  return hops.filter((hop) => matches.get(hop)?.size === 0).map(path);
}

const path = (hop: Hop): string => (hop.parent ? `${path(hop.parent)} → ${hop.name}` : hop.name);

function parse(text: string): Hop[] {
  const open: Hop[] = [];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const depth = line.search(/\S/) / 2;
      const hop = { name: line.trim(), parent: open[depth - 1] };
      open[depth] = hop;
      return hop;
    });
}
