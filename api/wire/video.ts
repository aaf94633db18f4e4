import { type Static, Type } from 'typebox';
import { toSeconds } from '../../core/placement.ts';
import type { Video } from '../../store/videos.ts';
import { Duration, Id, Moment, Name } from './fields.ts';

const title = Name('What people call it.', 'Opening night');

export const NewVideo = Type.Object(
  { id: Type.Optional(Id('Your own id; made by us if not given.')), title, duration: Duration },
  { additionalProperties: false },
);

export const VideoAnswer = Type.Object({
  id: Id('What names the video.'),
  title,
  duration: Duration,
  created_at: Moment('When it was created.'),
});

/** A row as its resource. */
export const videoAnswer = (video: Video): Static<typeof VideoAnswer> => ({
  id: video.id,
  title: video.title,
  duration: toSeconds(video.durationMs),
  created_at: video.createdAt.toISOString(),
});
