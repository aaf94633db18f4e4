import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What is kept beside an object's bytes. */
export interface About {
  key: string;
  size: number;
  etag: string;
  /** ISO 8601. */
  modified: string;
  /** Content type, user metadata and the like, as they are answered. */
  headers: Record<string, string>;
  crc32: string | undefined;
}

/** Where an object's bytes are: the key as a path, each segment percent-encoded, so that no key leaves the folder. */
export const objectPath = (directory: string, bucket: string, key: string): string =>
  [directory, 'objects', bucket, ...key.split('/').map(toFileName)].join('/');

const aboutFolder = (directory: string, bucket: string) => `${directory}/object-metadata/${bucket}`;

const aboutPath = (directory: string, bucket: string, key: string) =>
  `${[aboutFolder(directory, bucket), ...key.split('/').map(toFileName)].join('/')}.json`;

/** Stores an object by two renames: the bytes first, because what has no metadata does not exist yet. */
export function writeObject(directory: string, bucket: string, content: Buffer, about: About): void {
  const path = aboutPath(directory, bucket, about.key);
  replace(objectPath(directory, bucket, about.key), `${path}.new`, content);
  replace(path, `${path}.new`, JSON.stringify(about));
}

/** `undefined` when there is no such object. */
export const readAbout = (directory: string, bucket: string, key: string): About | undefined =>
  readJson(aboutPath(directory, bucket, key));

export function removeObject(directory: string, bucket: string, key: string): void {
  rmSync(aboutPath(directory, bucket, key), { force: true });
  rmSync(objectPath(directory, bucket, key), { force: true });
}

/** Every object of the bucket, by key. */
export function listObjects(directory: string, bucket: string): About[] {
  const folder = aboutFolder(directory, bucket);
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  const found = files.map((name) => readJson(`${folder}/${name}`)).filter((about) => about !== undefined);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const toFileName = (segment: string): string =>
  segment === '' ? '%' : encodeURIComponent(segment).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));

function replace(path: string, fresh: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(dirname(fresh), { recursive: true });
  writeFileSync(fresh, content);
  renameSync(fresh, path);
}

function readJson(path: string): About | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as About;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
