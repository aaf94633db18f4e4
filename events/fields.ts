import * as v from 'valibot';
import { ID_PATTERN } from '../core/ids.ts';
import { MAX_MS } from '../core/placement.ts';

/** The fields events and commands are made of. Readers are tolerant: what a schema does not name is dropped, not refused. */
export const id = v.pipe(v.string(), v.regex(ID_PATTERN));
export const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_MS / 1000));
export const moment = v.pipe(v.string(), v.isoTimestamp());
export const words = v.pipe(v.string(), v.maxLength(1024));

/** What a placement is, as every event about it repeats. Times in seconds, to the millisecond. */
export const placement = {
  placement_id: id,
  video_id: id,
  product_id: id,
  start_time: seconds,
  end_time: seconds,
};
