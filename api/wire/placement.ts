import { type Static, Type } from 'typebox';
import { intervalProblem, wireFields } from '../../core/placement.ts';
import type { File as FileRow } from '../../store/files.ts';
import type { Placement } from '../../store/placements.ts';
import type { Validation as ValidationRow } from '../../store/validations.ts';
import type { Wanted } from '../placements/create.ts';
import { fieldProblem } from '../problems/problem.ts';
import { Id, milliseconds, Moment, Seconds } from './fields.ts';

const about = {
  video_id: Id('The video it is placed in.'),
  product_id: Id('The product that is placed.'),
  start_time: Seconds('Where it begins', 12.5),
  end_time: Seconds('Where it ends, exclusive', 20),
};

export const NewPlacement = Type.Object(about, { additionalProperties: false });

/** Seconds become milliseconds (400 for finer ones); the interval must make sense (422). */
export function readPlacement(body: Static<typeof NewPlacement>): Wanted {
  const startMs = milliseconds('start_time', body.start_time);
  const endMs = milliseconds('end_time', body.end_time);
  const problem = intervalProblem({ startMs, endMs });
  if (problem === 'empty') throw invalidInterval('end_time must be after start_time.', problem);
  if (problem === 'too-late') throw invalidInterval('end_time must be within seven days.', problem);
  return { videoId: body.video_id, productId: body.product_id, startMs, endMs };
}

const invalidInterval = (detail: string, why: string) => fieldProblem('invalid-interval', detail, 'end_time', why);

const item = {
  id: Id('What names the placement.'),
  ...about,
  status: Type.Union([Type.Literal('active'), Type.Literal('cancelled')], {
    description: 'A cancelled placement has freed its interval.',
  }),
  created_at: Moment('When it was created.'),
  cancelled_at: Type.Union([Moment('When it was cancelled.'), Type.Null()]),
};

const File = Type.Object(
  {
    bucket: Type.String({ examples: ['nedlia-local-files'] }),
    key: Type.String({ examples: ['placements/0198a3c2/9f86d081.vtt'] }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { description: 'The newest file made for it.' },
);

const Validation = Type.Object(
  { verdict: Type.Union([Type.Literal('valid'), Type.Literal('rejected')]), reasons: Type.Array(Type.String()) },
  { description: 'The newest verdict about it.' },
);

export const PlacementItem = Type.Object(item);

export const PlacementAnswer = Type.Object({
  ...item,
  file: Type.Union([File, Type.Null()]),
  validation: Type.Union([Validation, Type.Null()]),
});

/** What has become of a placement so far. */
interface Outcome {
  file?: FileRow | undefined;
  validation?: ValidationRow | undefined;
}

export const CommandAnswer = Type.Object({
  placement_id: Id('The placement.'),
  command_id: Id('The command: the file it leads to names it as its cause.'),
});

/** A row as it stands in a list. */
export const placementItem = (placement: Placement): Static<typeof PlacementItem> => ({
  id: placement.id,
  ...wireFields(placement),
  status: placement.cancelledAt ? 'cancelled' : 'active',
  created_at: placement.createdAt.toISOString(),
  cancelled_at: placement.cancelledAt?.toISOString() ?? null,
});

/** A row with what came of it so far: `null` where nothing did yet. */
export const placementAnswer = (
  placement: Placement,
  { file, validation }: Outcome = {},
): Static<typeof PlacementAnswer> => ({
  ...placementItem(placement),
  file: file ? { bucket: file.bucket, key: file.key, sha256: file.sha256 } : null,
  validation: validation ? { verdict: validation.verdict, reasons: validation.reasons } : null,
});
