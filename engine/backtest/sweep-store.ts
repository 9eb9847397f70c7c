/**
 * What a sweep has found so far, a line a point: written as each ends, so that an interrupted sweep goes on where it was.
 *
 * Invariants: the first line says which sweep it is; results of another one are never mixed in. A line that was cut by the
 *             end of a process is taken off before the next is written.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { SweepError } from './sweep-space.ts';

const FORMAT = 'okx-mm-sweep/1';
const END = '\n';

export class SweepStore<Row extends { readonly id: number }> {
  readonly rows: Row[] = [];
  readonly #file: number;
  /** Bytes of whole lines. */
  #end: number;

  /**
   * @param path created when it is not there
   * @param identity of the sweep: data, configuration, points
   * @throws SweepError when the file holds another sweep, or is none
   */
  constructor(path: string, identity: Readonly<Record<string, string>>) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf(END) + 1);
    const firstLine = `${JSON.stringify({ format: FORMAT, ...identity })}${END}`;
    const [head, ...lines] = whole.split(END).slice(0, -1);
    if (head !== undefined) {
      checkHead(path, head, identity);
      for (const [index, line] of lines.entries()) this.rows.push(readRow(path, line, index + 2));
    } else if (!firstLine.startsWith(text)) throw notASweep(path);
    this.#file = openSync(path, head === undefined ? 'w' : 'r+');
    const bytes = Buffer.byteLength(whole);
    ftruncateSync(this.#file, bytes);
    this.#end = bytes;
    if (head === undefined) this.#write(firstLine);
  }

  add(row: Row): void {
    this.rows.push(row);
    this.#write(`${JSON.stringify(row)}${END}`);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: string): void {
    const bytes = Buffer.from(line);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#end + written);
    }
    fdatasyncSync(this.#file);
    this.#end += bytes.length;
  }
}

function checkHead(path: string, line: string, identity: Readonly<Record<string, string>>): void {
  const head = parseObject(line);
  if (head === undefined || head['format'] !== FORMAT) throw notASweep(path);
  const other = Object.keys(identity).find((key) => head[key] !== identity[key]);
  if (other === undefined) return;
  throw new SweepError(
    `${path}: expected the results of this sweep, its ${other} is another one; name another file with --out, or delete this one`,
  );
}

function readRow<Row extends { readonly id: number }>(path: string, line: string, number: number): Row {
  const row = parseObject(line);
  if (typeof row?.['id'] !== 'number') {
    throw new SweepError(
      `${path}:${number}: expected a result of a sweep, was "${line.slice(0, 60)}"; delete the file`,
    );
  }
  return row as unknown as Row;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function notASweep(path: string): SweepError {
  return new SweepError(
    `${path}: expected a file of results of a sweep, or none; name another one with --out`,
  );
}
