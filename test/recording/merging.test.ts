import { readdirSync, readlinkSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';
import { readAll, withFiles } from './recording-files.ts';

/** 2024-08-08 00:00 UTC. */
const DAY_MS = 1_723_075_200_000;

/** One file of trades: its instrument, and how far each is behind the one before. */
interface TradesFile {
  readonly instId: string;
  readonly stepsNs: readonly number[];
}

const tradesFile = fc.record<TradesFile>({
  instId: fc.constantFrom('A-USDT', 'B-USDT', 'C-USDT'),
  stepsNs: fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 5_000_000 })), {
    minLength: 1,
    maxLength: 40,
  }),
});

interface NaiveRow {
  readonly key: bigint;
  readonly name: string;
}

/** Each file's rows, named by file and line, with their exact times. */
function rowsOf(files: readonly TradesFile[]): NaiveRow[][] {
  return files.map(({ stepsNs }, file) => {
    let key = BigInt(DAY_MS) * 1_000_000n;
    return stepsNs.map((stepNs, index) => {
      key += BigInt(stepNs);
      return { key, name: `${file}:${index + 1}` };
    });
  });
}

function textOf(file: TradesFile, rows: readonly NaiveRow[], hasRecvNs: boolean): string {
  return rows
    .map(({ key, name }) =>
      JSON.stringify({
        ...(hasRecvNs ? { recvNs: String(key) } : {}),
        instId: file.instId,
        channel: 'trades',
        tradeId: name,
        px: '1',
        sz: '1',
        side: 'buy',
        ts: String(key / 1_000_000n),
      }),
    )
    .join('\n');
}

describe('several files', () => {
  it.each([true, false])(
    'come in the order of a naive stable sort (receive times: %s)',
    async (hasRecvNs) => {
      await fc.assert(
        fc.asyncProperty(fc.array(tradesFile, { minLength: 1, maxLength: 8 }), async (files) => {
          const rows = rowsOf(files);
          const texts = Object.fromEntries(
            files.map((file, index) => [String(index), textOf(file, rows[index]!, hasRecvNs)]),
          );
          const events = await withFiles(texts, async (paths) =>
            readAll(await RecordingReader.open(paths, { isMixed: true })),
          );
          const keyOf = ({ key }: NaiveRow): bigint => (hasRecvNs ? key : key / 1_000_000n);
          const naive = rows
            .flat()
            .sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : keyOf(left) > keyOf(right) ? 1 : 0));
          expect(events.map(({ tradeId }) => tradeId)).toEqual(naive.map(({ name }) => name));
          for (let index = 1; index < events.length; index++) {
            expect(events[index]!.timeNs).toBeGreaterThanOrEqual(events[index - 1]!.timeNs);
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it('are open only from their first event to their last', async () => {
    const files = Array.from({ length: 200 }, (_, index) => ({
      instId: 'A-USDT',
      stepsNs: [index * 100_000, 10],
    }));
    const rows = rowsOf(files);
    const texts = Object.fromEntries(
      files.map((file, index) => [String(index).padStart(4, '0'), textOf(file, rows[index]!, true)]),
    );
    await withFiles(texts, async (paths, folder) => {
      const reader = await RecordingReader.open(paths);
      const names: string[] = [];
      let openMax = 0;
      for (;;) {
        if (reader.needsFill) await reader.fill();
        const event = reader.next();
        if (event === null) break;
        names.push(event.tradeId);
        openMax = Math.max(openMax, openFilesIn(folder));
      }
      expect(names).toEqual(rows.flat().map(({ name }) => name));
      expect(openMax).toBeGreaterThan(0);
      // Closing goes on beside the reading.
      expect(openMax).toBeLessThan(20);
    });
  });

  it('that hold the same trades are refused, or played once', async () => {
    const file: TradesFile = { instId: 'A-USDT', stepsNs: [1, 10, 10] };
    const [rows] = rowsOf([file]);
    const text = textOf(file, rows!, true);
    await withFiles({ a: text, b: text }, async (paths) => {
      await expect(RecordingReader.open(paths).then(readAll)).rejects.toMatchObject({
        code: 'OVERLAPPING',
        message: `${paths[1]!}:1: expected trades of A-USDT in one file, this one is in ${paths[0]!}, too; name one of them`,
      });
      const reader = await RecordingReader.open(paths, { isPartial: true });
      const names = (await readAll(reader)).map(({ tradeId }) => tradeId);
      expect(names).toEqual(rows!.map(({ name }) => name));
      expect(reader.cuts.map(({ code }) => code)).toEqual(['OVERLAPPING']);
    });
  });

  it('of a partial set lose only the one that breaks', async () => {
    const files: TradesFile[] = [
      { instId: 'A-USDT', stepsNs: [1, 10, 10, 10] },
      { instId: 'B-USDT', stepsNs: [2, 10, 10, 10] },
    ];
    const rows = rowsOf(files);
    const broken = textOf(files[0]!, rows[0]!, true).split('\n').with(2, '{').join('\n');
    const texts = { a: broken, b: textOf(files[1]!, rows[1]!, true) };
    await withFiles(texts, async (paths) => {
      const reader = await RecordingReader.open(paths, { isPartial: true });
      const names = (await readAll(reader)).map(({ tradeId }) => tradeId);
      expect(names).toEqual(['0:1', '1:1', '0:2', '1:2', '1:3', '1:4']);
      expect(reader.cuts.map(({ code, line }) => ({ code, line }))).toEqual([{ code: 'BAD_ROW', line: 3 }]);
    });
  });
});

/** Of this process. */
function openFilesIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}
