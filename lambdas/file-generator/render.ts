import { createHash } from 'node:crypto';
import { toSeconds } from '../../core/placement.ts';
import type { Placement } from '../../store/placements.ts';
import type { Product } from '../../store/products.ts';

/** A rendered file and what names it: the content alone decides the key, so rendering twice gives one object. */
export interface RenderedFile {
  content: string;
  /** Lower-case hexadecimal, of the UTF-8 bytes. */
  sha256: string;
  key: string;
}

export const CONTENT_TYPE = 'text/vtt; charset=utf-8';

/**
 * The placement as a WebVTT metadata track with one cue. Nothing but the arguments goes in, no time of generation either:
 * the same placement and product always give the same bytes.
 */
export function render(placement: Placement, product: Product): RenderedFile {
  const { id, videoId, startMs, endMs } = placement;
  const payload = {
    placement_id: id,
    video_id: videoId,
    product: { id: product.id, name: product.name },
    start_time: toSeconds(startMs),
    end_time: toSeconds(endMs),
  };
  const content = ['WEBVTT', '', id, `${timestamp(startMs)} --> ${timestamp(endMs)}`, cueText(payload), ''].join('\n');
  const sha256 = createHash('sha256').update(content, 'utf8').digest('hex');
  return { content, sha256, key: `placements/${id}/${sha256}.vtt` };
}

/** `hh:mm:ss.ttt`; hours take as many digits as they need, at least two (WebVTT §4.1, "WebVTT timestamp"). */
function timestamp(milliseconds: number): string {
  const hours = digits(milliseconds / 3_600_000, 2);
  const minutes = digits((milliseconds / 60_000) % 60, 2);
  const seconds = digits((milliseconds / 1000) % 60, 2);
  return `${hours}:${minutes}:${seconds}.${digits(milliseconds % 1000, 3)}`;
}

const digits = (value: number, length: number): string => String(Math.floor(value)).padStart(length, '0');

/**
 * JSON that is safe as a cue's payload. WebVTT ends a payload at a blank line and forbids `-->` in it: JSON has no line
 * terminators of its own, and `<`, `>`, `&` and the separators U+2028/2029 are written as escapes, which any JSON reader undoes.
 */
const cueText = (value: unknown): string =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
