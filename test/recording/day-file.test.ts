import { readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DayFile } from '../../engine/recording/day-file.ts';
import { DayWriter } from '../../engine/recording/day-writer.ts';
import { lockFolder } from '../../engine/recording/folder-lock.ts';
import { withFiles } from './recording-files.ts';

const TEXTS = ['first\n', 'second\nthird\n', `${'long '.repeat(500)}\n`];

async function writeTexts(path: string): Promise<number[]> {
  const file = await DayFile.open(path);
  const ends = [0];
  for (const text of TEXTS) {
    await file.append(text);
    ends.push(file.bytes);
  }
  await file.close();
  return ends;
}

describe('a day file', () => {
  it('is gzip for every reader', async () => {
    await withFiles({}, async (_, folder) => {
      const path = join(folder, 'a.gz');
      await writeTexts(path);
      expect(gunzipSync(readFileSync(path)).toString()).toBe(TEXTS.join(''));
    });
  });

  it('cut anywhere, is gone on with behind its last whole member', async () => {
    await withFiles({}, async (_, folder) => {
      const whole = join(folder, 'whole.gz');
      const ends = await writeTexts(whole);
      const bytes = readFileSync(whole);
      for (let length = 0; length <= bytes.length; length++) {
        const path = join(folder, 'cut.gz');
        writeFileSync(path, bytes.subarray(0, length));
        const members = ends.filter((end) => end <= length).length - 1;
        const file = await DayFile.open(path);
        expect(file.bytes).toBe(ends[members]);
        expect(file.cutBytes).toBe(length - ends[members]!);
        await file.append('next\n');
        await file.close();
        expect(gunzipSync(readFileSync(path)).toString()).toBe(
          [...TEXTS.slice(0, members), 'next\n'].join(''),
        );
      }
    });
  });

  it('with damage behind whole members, is cut back to them', async () => {
    await withFiles({}, async (_, folder) => {
      const whole = join(folder, 'whole.gz');
      const ends = await writeTexts(whole);
      const bytes = readFileSync(whole);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: ends[2]!, max: bytes.length - 1 }), async (at) => {
          const changed = Buffer.from(bytes);
          changed[at]! ^= 0x55;
          const path = join(folder, 'changed.gz');
          writeFileSync(path, changed);
          const file = await DayFile.open(path);
          expect(file.bytes).toBe(ends[2]);
          expect(file.lastLine).toBe('third');
          await file.close();
          expect(statSync(path).size).toBe(ends[2]);
        }),
        { numRuns: 50 },
      );
    });
  });

  it('that another program wrote is left alone', async () => {
    await withFiles({ 'a.gz': 'something that is not gzip at all' }, async ([path]) => {
      await expect(DayFile.open(path!)).rejects.toThrow('expected a file that record wrote');
      expect(readFileSync(path!, 'utf8')).toContain('something');
    });
  });
});

const line = (ns: string): string => JSON.stringify({ recvNs: ns, instId: 'A-B', ts: '1723161256501' });

describe('a writer of days', () => {
  const options = (folder: string, log: string[] = []) => ({
    folder,
    isNew: false,
    log: (text: string) => void log.push(text),
  });

  it('goes on with a torn file, says so, and begins with a gap', async () => {
    await withFiles({}, async (_, folder) => {
      const path = join(folder, 'A-B-2024-08-08.ndjson.gz');
      const first = new DayWriter(options(folder));
      first.write('A-B', '2024-08-08', line('1723161255319702566'));
      await first.flush();
      first.write('A-B', '2024-08-08', line('1723161255319702567'));
      await first.close();
      truncateSync(path, statSync(path).size - 3);
      const log: string[] = [];
      const second = new DayWriter(options(folder, log));
      second.write('A-B', '2024-08-08', line('1723161255319702568'));
      await second.close();
      const rows = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
      expect(rows.map((row) => (JSON.parse(row) as { recvNs: string; channel?: string }).recvNs)).toEqual([
        '1723161255319702566',
        '1723161255319702568',
        '1723161255319702568',
      ]);
      expect(JSON.parse(rows[1]!)).toMatchObject({ channel: 'gap', reason: 'the recorder was not running' });
      expect(log).toEqual([expect.stringMatching(/cut back by \d+ bytes/)]);
    });
  });

  it('refuses a clock that is before the file', async () => {
    await withFiles({}, async (_, folder) => {
      const first = new DayWriter(options(folder));
      first.write('A-B', '2024-08-08', line('1723161255319702566'));
      await first.close();
      const second = new DayWriter(options(folder));
      second.write('A-B', '2024-08-08', line('1723161255319702565'));
      await expect(second.flush()).rejects.toMatchObject({ code: 'MISORDERED' });
    });
  });

  it('bounds what waits', async () => {
    await withFiles({}, async (_, folder) => {
      const writer = new DayWriter(options(folder));
      const long = 'x'.repeat(1024 * 1024);
      let taken = 0;
      while (taken < 1_000 && writer.write('A-B', '2024-08-08', long)) taken++;
      expect(taken).toBe(63);
      await writer.flush();
      expect(writer.waiting).toBe(0);
      expect(writer.write('A-B', '2024-08-08', long)).toBe(true);
      await writer.close();
    });
  });

  it('that cannot write keeps the rows, says it once, and writes them later', async () => {
    await withFiles({}, async (_, folder) => {
      const path = join(folder, 'A-B-2024-08-08.ndjson.gz');
      const log: string[] = [];
      // It answers every write as a full disk does.
      symlinkSync('/dev/full', path);
      const writer = new DayWriter(options(folder, log));
      writer.write('A-B', '2024-08-08', line('1723161255319702566'));
      await writer.flush();
      await writer.flush();
      expect(log).toEqual([expect.stringContaining('expected to be written, got ENOSPC')]);
      writer.write('A-B', '2024-08-08', line('1723161255319702567'));
      rmSync(path);
      await writer.flush();
      expect(log).toEqual([expect.anything(), `${folder}: can be written again`]);
      await writer.close();
      const rows = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
      expect(rows).toEqual([line('1723161255319702566'), line('1723161255319702567')]);
    });
  });

  it('says at the end what it could not write', async () => {
    await withFiles({}, async (_, folder) => {
      symlinkSync('/dev/full', join(folder, 'A-B-2024-08-08.ndjson.gz'));
      const writer = new DayWriter(options(folder));
      writer.write('A-B', '2024-08-08', line('1723161255319702566'));
      await expect(writer.close()).rejects.toThrow('could not be written');
    });
  });
});

describe('a folder', () => {
  it('is of one recorder', async () => {
    await withFiles({}, async (_, folder) => {
      // A process that lives as long as this test: its parent.
      writeFileSync(join(folder, 'record.lock'), `${process.ppid}\n`);
      await expect(lockFolder(folder)).rejects.toThrow(`process ${process.ppid} records into it`);
    });
  });

  it('is free after a recorder that was killed', async () => {
    await withFiles({}, async (_, folder) => {
      writeFileSync(join(folder, 'record.lock'), '999999999\n');
      const unlock = await lockFolder(folder);
      expect(readFileSync(join(folder, 'record.lock'), 'utf8')).toBe(`${process.pid}\n`);
      await unlock();
      await (
        await lockFolder(folder)
      )();
    });
  });
});
