import {
  appendFileSync,
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * A file of JSON lines that only grows, and from which a state can be replayed.
 *
 * A line is with the operating system before `append` returns, so it survives `kill -9` of every process. It is not forced
 * to the disk (fsync): a power cut may cost the last seconds. A last line without its end was never answered for and is dropped.
 */
export class Journal<Entry> {
  readonly #file: string;
  readonly #snapshot: () => Entry[];
  #fd = -1;
  #bytes = 0;
  #lines = 0;
  #linesAfterCompaction = 0;

  /** Replays what the file holds, in order, then rewrites it as `snapshot` gives it. Throws on a broken line that is not the last. */
  constructor(file: string, replay: (entry: Entry) => void, snapshot: () => Entry[]) {
    this.#file = file;
    this.#snapshot = snapshot;
    mkdirSync(dirname(file), { recursive: true });
    for (const [index, line] of readLines(file).entries()) {
      try {
        replay(JSON.parse(line) as Entry);
      } catch (error) {
        throw new Error(`${file}, line ${index + 1}: cannot be read`, { cause: error });
      }
    }
    this.#compact();
  }

  /** Writes the entries, or throws and leaves the file as it was (a full disk must not leave half a line in the middle). */
  append(entries: Entry[]): void {
    if (this.#lines > 1000 && this.#lines > 4 * this.#linesAfterCompaction) this.#compact();
    const text = toLines(entries);
    try {
      appendFileSync(this.#fd, text);
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes);
      throw error;
    }
    this.#bytes += Buffer.byteLength(text);
    this.#lines += entries.length;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #compact(): void {
    const entries = this.#snapshot();
    const text = toLines(entries);
    const fresh = `${this.#file}.new`;
    const fd = openSync(fresh, 'w');
    appendFileSync(fd, text);
    // The only fsync: a rename may reach the disk before the bytes of what it renames.
    fsyncSync(fd);
    closeSync(fd);
    renameSync(fresh, this.#file);
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = openSync(this.#file, 'a');
    this.#bytes = Buffer.byteLength(text);
    this.#lines = entries.length;
    this.#linesAfterCompaction = entries.length;
  }
}

const toLines = (entries: unknown[]): string => entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
