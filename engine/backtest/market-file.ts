import { closeSync, openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { RecordedRow } from '../recording/recorded-row.ts';

/** Text that is packed at a time. */
const CHUNK_CHARS = 1 << 20;

/** A recording that is written row by row: members of one gzip file, so that a day of it never stands in memory. */
export class MarketFile {
  rows = 0;
  readonly #file: number;
  #text = '';

  /** @param path written anew */
  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(row: RecordedRow | Omit<RecordedRow, 'ts'>): void {
    this.rows++;
    this.#text += `${JSON.stringify(row)}\n`;
    if (this.#text.length >= CHUNK_CHARS) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    if (this.#text === '') return;
    const bytes = gzipSync(this.#text, { level: 1 });
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#text = '';
  }
}
