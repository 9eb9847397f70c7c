import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordingError } from '../../engine/recording/recording-error.ts';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';
import { RecordingReader, type RecordingOptions } from '../../engine/recording/recording-reader.ts';
import { tar, tarGz, zip } from './archives.ts';
import { readAll, withFiles } from './recording-files.ts';

const CUT = new URL('../fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz', import.meta.url).pathname;
/** A snapshot and some updates and trades of a real feed, its snapshot made short. */
const LINES = gunzipSync(readFileSync(CUT)).toString('utf8').split('\n').slice(0, 60).map(shortened);
const TEXT = `${LINES.join('\n')}\n`;
const HISTORICAL = LINES.filter((line) => line.includes('"action"')).map((line) =>
  line.replace(/"recvNs":"\d+",/, ''),
);
const HISTORICAL_TEXT = `${HISTORICAL.join('\n')}\n`;
const TRADES_HEADER = 'instrument_name,trade_id,side,price,size,created_time';
const TRADES = LINES.filter((line) => line.includes('"trades"')).map((line) => {
  const { instId, tradeId, side, px, sz, ts } = JSON.parse(line) as Record<string, string>;
  return [instId, tradeId, side, px, sz, ts].join(',');
});
const TRADES_TEXT = `${[TRADES_HEADER, ...TRADES].join('\n')}\n`;

/** Files of every kind, and how many rows they hold. */
const KINDS: readonly { kind: string; bytes: Buffer; rows: number }[] = [
  { kind: 'plain', bytes: Buffer.from(TEXT), rows: LINES.length },
  { kind: 'gz', bytes: gzipSync(TEXT), rows: LINES.length },
  { kind: 'gz of many members', bytes: members(LINES), rows: LINES.length },
  { kind: 'tar', bytes: tar({ 'a.data': HISTORICAL_TEXT }), rows: HISTORICAL.length },
  { kind: 'tar.gz', bytes: tarGz({ 'a.data': HISTORICAL_TEXT }), rows: HISTORICAL.length },
  { kind: 'csv', bytes: Buffer.from(TRADES_TEXT), rows: TRADES.length },
  { kind: 'zip', bytes: zip('trades.csv', TRADES_TEXT), rows: TRADES.length },
  { kind: 'zip with a descriptor', bytes: zip('trades.csv', TRADES_TEXT, true), rows: TRADES.length },
];
/** Some of these bytes may be lost without harm: they hold no rows and no checksum of them. */
const HAS_NO_END = ['plain', 'csv'];

function shortened(line: string): string {
  const row = JSON.parse(line) as { action?: string; asks: unknown[]; bids: unknown[] };
  if (row.action !== 'snapshot') return line;
  return JSON.stringify({ ...row, asks: row.asks.slice(0, 5), bids: row.bids.slice(0, 5) });
}

function members(lines: readonly string[]): Buffer {
  const parts = [lines.slice(0, 20), lines.slice(20, 21), lines.slice(21)];
  return Buffer.concat(parts.map((part) => gzipSync(`${part.join('\n')}\n`)));
}

interface Outcome {
  readonly events: RecordingEvent[];
  readonly error: RecordingError | undefined;
  readonly cuts: readonly RecordingError[];
}

/** Reads to the end or to the first error, which must be one that was foreseen. */
async function outcomeOf(bytes: Uint8Array, options: RecordingOptions = {}): Promise<Outcome> {
  return withFiles({ file: bytes }, async ([path]) => {
    const events: RecordingEvent[] = [];
    let reader: RecordingReader | undefined;
    try {
      reader = await RecordingReader.open([path!], options);
      for (;;) {
        if (reader.needsFill) await reader.fill();
        const event = reader.next();
        if (event === null) return { events, error: undefined, cuts: reader.cuts };
        events.push({ ...event, file: '' });
      }
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      return { events, error, cuts: reader?.cuts ?? [] };
    } finally {
      await reader?.close();
    }
  });
}

describe.each(KINDS)('a file that is $kind', ({ kind, bytes, rows }) => {
  it('is read whole', async () => {
    const { events, error } = await outcomeOf(bytes);
    expect(error).toBeUndefined();
    expect(events).toHaveLength(rows);
  });

  it('cut at any byte is an error, and with isPartial the whole lines before it', async () => {
    const whole = (await outcomeOf(bytes)).events;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        const cut = bytes.subarray(0, length);
        const strict = await outcomeOf(cut);
        // A time line begins with the day of its first row, which is the same for all that hold one.
        expect(strict.events).toEqual(whole.slice(0, strict.events.length));
        const isLineEnd = HAS_NO_END.includes(kind) && (length === 0 || endsLine(cut, bytes));
        const isSilent = strict.error === undefined;
        if (isSilent && !isLineEnd && !isMemberEnd(kind, length)) expect(strict.events).toHaveLength(rows);
        if (kind.includes('gz') && !isMemberEnd(kind, length)) expect(strict.error).toBeDefined();
        if (strict.error !== undefined) expect(strict.error.message).toMatch(/^\/.*expected .*, /s);

        const partial = await outcomeOf(cut, { isPartial: true });
        expect(partial.events).toEqual(whole.slice(0, partial.events.length));
        expect(partial.events.length).toBeGreaterThanOrEqual(strict.events.length);
        if (HAS_NO_END.includes(kind)) expect(partial.events).toHaveLength(wholeLines(cut, kind));
        if (strict.error !== undefined && partial.error === undefined) {
          expect(partial.cuts.length).toBeGreaterThan(0);
        }
      }),
      // The last bytes are a checksum's.
      { numRuns: 60, examples: [0, 1, bytes.length - 1, bytes.length - 5].map((length) => [length]) },
    );
  });

  it('with a byte changed is an error, or reads as rows of the same shape', async () => {
    const isChecked = !HAS_NO_END.includes(kind) && kind !== 'tar';
    const whole = (await outcomeOf(bytes)).events;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const changed = Buffer.from(bytes);
          changed[at]! ^= flip;
          const { events, error } = await outcomeOf(changed);
          // What is behind a checksum is never silently other than it was.
          if (isChecked && error === undefined) expect(events).toEqual(whole);
          if (error !== undefined) expect(error.message).toMatch(/expected .*, /s);
          await outcomeOf(changed, { isPartial: true });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('compressed files', () => {
  it('whose second member does not begin as one are damaged, not over', async () => {
    const first = gzipSync(`${LINES.slice(0, 20).join('\n')}\n`);
    for (const next of [Buffer.alloc(10), Buffer.from('something else'), members(LINES).fill(0, 0, 1)]) {
      const { error, events } = await outcomeOf(Buffer.concat([first, next]));
      expect(error?.code).toBe('CORRUPT');
      // zlib keeps to itself what it unpacked since the last 16 KB.
      expect(events.length).toBeLessThanOrEqual(20);
    }
  });

  it.each([false, true])(
    'of a zip have the checksum that it says (behind the data: %s)',
    async (isBehind) => {
      const bytes = zip('trades.csv', TRADES_TEXT, isBehind);
      const at = isBehind ? bytes.indexOf('PK\x07\x08', 0, 'latin1') + 4 : 14;
      bytes[at]! ^= 1;
      const { error } = await outcomeOf(bytes);
      expect(error?.code).toBe('CORRUPT');
      expect(error?.message).toContain('the checksum differs');
    },
  );

  it('damaged late give nearly all before', async () => {
    const many = Array.from({ length: 40 }, () => TRADES).flat();
    const text = `${[TRADES_HEADER, ...many.map((row, index) => row.replace(/\d+$/, String(1_748_707_200_000 + index)))].join('\n')}\n`;
    const bytes = gzipSync(text, { level: 1 });
    bytes.fill(0xff, bytes.length - 40, bytes.length - 20);
    const { error, events } = await outcomeOf(bytes, { isPartial: true });
    expect(error).toBeUndefined();
    const lostBytes = (text.length / many.length) * (many.length - events.length);
    expect(events.length).toBeGreaterThan(0);
    expect(lostBytes).toBeLessThan(20_000);
  });

  it('two in a zip are refused, and those that are stored', async () => {
    const directoryBytes = 51 + 22;
    const two = Buffer.concat([
      zip('a.csv', TRADES_TEXT).subarray(0, -directoryBytes),
      zip('b.csv', TRADES_TEXT),
    ]);
    expect((await outcomeOf(two)).error?.code).toBe('BAD_ARCHIVE');
    const stored = zip('a.csv', TRADES_TEXT).fill(0, 8, 9);
    expect((await outcomeOf(stored)).error?.code).toBe('BAD_ARCHIVE');
  });
});

/** Whole rows of a text; a last one without its newline counts when it is whole. */
function wholeLines(cut: Buffer, kind: string): number {
  const lines = cut.toString('utf8').split('\n');
  const tail = lines.pop()!;
  const isTailWhole = kind === 'csv' ? /,\d{13}$/.test(tail) : tail.endsWith('}') && isJson(tail);
  const rows = lines.length + (isTailWhole ? 1 : 0);
  return Math.max(0, kind === 'csv' ? rows - 1 : rows);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Nothing shows that text is missing when it ends with a line. */
function endsLine(cut: Buffer, whole: Buffer): boolean {
  return cut.at(-1) === 10 || whole[cut.length] === 10;
}

/** Nor when a gzip file ends with a member. */
function isMemberEnd(kind: string, length: number): boolean {
  if (kind !== 'gz of many members') return false;
  const first = gzipSync(`${LINES.slice(0, 20).join('\n')}\n`).length;
  return length === first || length === first + gzipSync(`${LINES[20]}\n`).length;
}

describe('files that are no recording', () => {
  const [snapshot, update] = LINES.filter((line) => line.includes('"action"'));
  const cases: readonly [string, string, string][] = [
    ['empty', '', 'EMPTY'],
    ['blank lines only', '\n\n', 'EMPTY'],
    ['another format', 'hello\nworld\n', 'BAD_ROW'],
    ['a list', '[1]\n', 'BAD_ROW'],
    ['mis-ordered', `${snapshot}\n${LINES[5]}\n${LINES[3]}\n`, 'MISORDERED'],
    ['an update before a snapshot', `${update}\n`, 'NO_SNAPSHOT'],
    ['rows of two instruments', `${snapshot}\n${update!.replace('BTC-', 'ETH-')}\n`, 'MIXED_INSTRUMENTS'],
    ['a price that is none', `${snapshot}\n${update!.replace(/\[\["\d/, '[["x')}\n`, 'BAD_ROW'],
    ['recvNs in some rows', `${snapshot}\n${update!.replace(/"recvNs":"\d+",/, '')}\n`, 'BAD_ROW'],
    ['a row that is missing', `${numbered(snapshot!, 1, -1)}\n${numbered(update!, 3, 2)}\n`, 'SEQUENCE_GAP'],
  ];

  it.each(cases)('%s', async (_, text, code) => {
    const { error } = await outcomeOf(Buffer.from(text));
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(/expected .*, .*; /s);
  });

  it('names file and line', async () => {
    await withFiles({ 'some.ndjson': `${snapshot}\n\n{"instId":1}\n` }, async ([path]) => {
      const reading = RecordingReader.open([path!]).then(readAll);
      await expect(reading).rejects.toThrow(`${path}:3: expected instId as text, found 1`);
    });
  });

  it('shows nothing that a terminal would obey', async () => {
    await withFiles({ a: '\u001b[2J\uFEFF{"a":1}\n' }, async ([path]) => {
      await expect(RecordingReader.open([path!])).rejects.toThrow('found ?[2J?{"a":1}; correct');
    });
  });

  it('a file that is not there', async () => {
    await expect(RecordingReader.open(['/nowhere/x.gz'])).rejects.toThrow(
      '/nowhere/x.gz: expected a readable file, got ENOENT',
    );
  });

  it('files with and without receive times', async () => {
    await withFiles({ a: TEXT, b: HISTORICAL_TEXT }, async (paths) => {
      await expect(RecordingReader.open(paths)).rejects.toMatchObject({ code: 'MIXED_CLOCKS' });
    });
  });
});

function numbered(line: string, seqId: number, prevSeqId: number): string {
  return JSON.stringify({ ...(JSON.parse(line) as object), seqId, prevSeqId });
}
