import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Journal } from '../../engine/journal/journal.ts';
import type { JournalOptions } from '../../engine/journal/journal.ts';
import { JournalErrorCode } from '../../engine/journal/journal-error.ts';
import { JournalReader, recordText } from '../../engine/journal/journal-reader.ts';
import { RingCount, RingMemory, createRing } from '../../engine/journal/journal-ring.ts';
import type { JournalThreadData } from '../../engine/journal/journal-thread.ts';
import { JournalWriter } from '../../engine/journal/journal-writer.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { patternOf } from './record-pattern.ts';

// Threads and processes: on a machine that does much else, many seconds.
vi.setConfig({ testTimeout: 120_000 });

const THREAD = new URL('../../dist/engine/journal/journal-thread.js', import.meta.url);

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'okxmm-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function optionsOf(changes: Partial<JournalOptions> = {}): JournalOptions {
  return {
    directory: join(directory, 'journal'),
    run: 12,
    megabytesMax: 64,
    segmentMegabytes: 1,
    ringMegabytes: 1,
    processOriginMs: performance.timeOrigin,
    onTrouble: (line) => {
      throw new Error(line);
    },
    ...changes,
  };
}

/** Waits for what another thread does: each look is a turn of the event loop. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Every record is the one that was written under its sequence, and gaps say what is missing. */
function checkPattern(path: string, run: number): { records: number; missing: number; next: number } {
  let records = 0;
  let missing = 0;
  let next = 0;
  for (const record of JournalReader.open(path).records(run)) {
    expect(record.sequence).toBe(next);
    if (record.kind === RecordKind.gap) missing += record.value;
    else records++;
    if (record.kind === RecordKind.frame && recordText(record) !== patternOf(record.sequence)) {
      expect(recordText(record)).toBe(patternOf(record.sequence));
    }
    next += record.kind === RecordKind.gap ? record.value : 1;
  }
  return { records, missing, next };
}

describe('a journal with its thread', () => {
  it('brings everything to disk, over several segments, and ends with its end', async () => {
    const options = optionsOf();
    const journal = await Journal.open(options);
    const count = 60_000;
    for (let sequence = 0; sequence < count; sequence++) {
      journal.writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
      if (sequence % 2_000 === 1_999) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await journal.close(count);
    const { records, missing, next } = checkPattern(options.directory, 12);
    expect(next).toBe(count + 1);
    expect(missing).toBe(journal.writer.lost);
    expect(records).toBe(count + 1 - missing);
    const info = JournalReader.open(options.directory).run(12);
    expect(info).toMatchObject({ end: 'complete', damaged: 0, lost: missing });
    expect(info.files.length).toBeGreaterThan(1);
    expect(journal.counts).toMatchObject({
      segments: info.files.length,
      stored: info.storedBytes,
      isFailing: false,
    });
    expect(info.wallOffsetMs).toBeCloseTo(performance.timeOrigin, -3);
  });

  it('never waits: what a ring has no room for is counted, and a gap in what is read', async () => {
    const options = optionsOf();
    const journal = await Journal.open(options);
    const count = 40_000;
    // One turn of the event loop, many times the ring: the thread cannot follow.
    for (let sequence = 0; sequence < count; sequence++) {
      journal.writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
    }
    await journal.close(count);
    expect(journal.writer.records + journal.writer.lost).toBe(count);
    const { missing, next } = checkPattern(options.directory, 12);
    expect(next).toBe(count + 1);
    expect(missing).toBe(journal.writer.lost);
  });

  it('is for its owner alone', async () => {
    const options = optionsOf();
    await (await Journal.open(options)).close(0);
    expect(statSync(options.directory).mode & 0o777).toBe(0o700);
    const [file = ''] = readdirSync(options.directory);
    expect(statSync(join(options.directory, file)).mode & 0o777).toBe(0o600);
  });

  it('does not begin where it cannot write, and says what to do', async () => {
    writeFileSync(join(directory, 'file'), '');
    const options = optionsOf({ directory: join(directory, 'file', 'journal') });
    await expect(Journal.open(options)).rejects.toMatchObject({
      code: JournalErrorCode.failed,
      message: expect.stringContaining('journal.isOn'),
    });
  });

  it('does not write a run twice', async () => {
    await (await Journal.open(optionsOf())).close(0);
    await expect(Journal.open(optionsOf())).rejects.toMatchObject({ code: JournalErrorCode.runExists });
    await (await Journal.open(optionsOf({ run: 13 }))).close(0);
    expect(
      JournalReader.open(optionsOf().directory)
        .runs()
        .map(({ run }) => run),
    ).toEqual([12, 13]);
  });

  it('keeps the bound of its directory over runs', async () => {
    const { directory: path } = optionsOf();
    mkdirSync(path);
    // What a former run left: more than this one may have.
    writeFileSync(join(path, 'run-00000001-000000.okxj'), Buffer.alloc(5 << 20));
    writeFileSync(join(path, 'notes.txt'), 'mine');
    const journal = await Journal.open(optionsOf({ megabytesMax: 4 }));
    await journal.close(0);
    expect(readdirSync(path).sort()).toEqual(['notes.txt', 'run-00000012-000000.okxj']);
    expect(journal.counts.deleted).toBe(1);
  });
});

describe('a thread', () => {
  it('that is ended while it writes leaves what can be read, in order and unharmed', async () => {
    for (let round = 0; round < 5; round++) {
      const share = createRing(1 << 18);
      const writer = new JournalWriter(share);
      const { counts } = new RingMemory(share);
      const workerData: JournalThreadData = {
        share,
        directory,
        run: round,
        bounds: { segmentBytes: 30_000, totalBytes: 1 << 26 },
        processOriginMs: performance.timeOrigin,
      };
      const thread = new Worker(THREAD, { workerData });
      let sequence = 0;
      await until(() => {
        for (let index = 0; index < 300; index++, sequence++) {
          writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
        }
        return counts[RingCount.stored]! > 50_000 + round * 20_000;
      });
      await thread.terminate();
      const stored = counts[RingCount.stored]!;
      const { next } = checkPattern(directory, round);
      expect(next).toBeGreaterThan(0);
      expect(next).toBeLessThanOrEqual(sequence);
      const info = JournalReader.open(directory).run(round);
      expect(info).toMatchObject({ nextSequence: next, damaged: 0, firstSequence: 0 });
      expect(info.end).not.toBe('complete');
      expect(info.storedBytes).toBeGreaterThanOrEqual(stored);
    }
  });

  it('that dies costs the journal what comes after, and the engine nothing', async () => {
    const lines: string[] = [];
    const options = optionsOf({ onTrouble: (line) => lines.push(line) });
    const journal = await Journal.open(options);
    const { writer } = journal;
    for (let sequence = 0; sequence < 100; sequence++) {
      writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
    }
    await until(() => JournalReader.open(options.directory).run(12).records === 100);
    // A payload that ends before it begins: the thread finds a ring that no writer of ours would leave.
    writer.record(
      RecordKind.frame,
      0,
      0,
      new Float64Array(1),
      new Float64Array(1),
      new Uint8Array(16),
      16,
      0,
    );
    await until(() => lines.length > 0);
    expect(lines).toEqual([expect.stringContaining('its thread ended')]);
    expect(journal.counts.isFailing).toBe(true);
    for (let sequence = 0; sequence < 20_000; sequence++) {
      writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
    }
    expect(journal.counts.lost).toBeGreaterThan(0);
    await journal.close(0);
    expect(checkPattern(options.directory, 12)).toMatchObject({ records: 100, missing: 0 });
  });

  it('makes its directory anew when somebody has removed it', async () => {
    // Where a sync comes before the next segment, it says so.
    const options = optionsOf({ onTrouble: () => {} });
    const journal = await Journal.open(options);
    rmSync(options.directory, { recursive: true });
    let sequence = 0;
    await until(() => {
      for (let index = 0; index < 500; index++, sequence++) {
        journal.writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
      }
      return journal.counts.segments > 1;
    });
    await journal.close(sequence);
    const info = JournalReader.open(options.directory).run(12);
    expect(info.firstSequence).toBeGreaterThan(0);
    expect(info).toMatchObject({ end: 'complete', damaged: 0 });
  });
});

describe('a killed process', () => {
  it('loses at most what it had not written, and the rest reads', async () => {
    const file = fileURLToPath(new URL('../../dist/test/journal/journal-process.js', import.meta.url));
    expect(existsSync(file)).toBe(true);
    for (let round = 0; round < 3; round++) {
      const run = 100 + round;
      const child = spawn(process.execPath, [file, directory, String(run)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = new Promise<NodeJS.Signals | null>((resolve) => {
        child.once('exit', (_code, signal) => resolve(signal));
      });
      const safe = await new Promise<number>((resolve) => {
        child.stdout.once('data', (data: Buffer) => resolve(Number(/safe (\d+)/.exec(data.toString())![1])));
      });
      // Somewhere while it writes.
      const enough = (round + 1) * 300_000;
      const size = (): number => {
        const names = readdirSync(directory).filter((name) => name.startsWith(`run-00000${run}`));
        return names.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
      };
      await until(() => size() > enough);
      child.kill('SIGKILL');
      expect(await exited).toBe('SIGKILL');
      const { records, next } = checkPattern(directory, run);
      expect(records).toBeGreaterThanOrEqual(safe);
      const info = JournalReader.open(directory).run(run);
      expect(info).toMatchObject({ damaged: 0, nextSequence: next });
      expect(info.end).not.toBe('complete');
    }
    // A killed run is no hindrance to the next one, nor that to reading it.
    expect(JournalReader.open(directory).runs()).toHaveLength(3);
  });
});

/** A file system of one megabyte: to mount one needs rights that not every machine gives. */
function mountSmall(path: string): boolean {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o700);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]).status === 0;
}

describe('a full disk', () => {
  it('costs the journal records, counted, and nothing else; with room again it goes on', async (context) => {
    const path = join(directory, 'small');
    if (!mountSmall(path)) return context.skip();
    try {
      const lines: string[] = [];
      const hog = join(path, 'hog');
      const journal = await Journal.open(
        optionsOf({ directory: path, onTrouble: (line) => lines.push(line) }),
      );
      let sequence = 0;
      const writeSome = (): void => {
        for (let index = 0; index < 100; index++, sequence++) {
          journal.writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
        }
      };
      writeFileSync(hog, Buffer.alloc(700_000));
      await until(() => {
        writeSome();
        return journal.counts.isFailing && lines.length > 0;
      });
      expect(lines).toEqual([expect.stringContaining('ENOSPC')]);
      rmSync(hog);
      await until(() => {
        if (sequence < 200_000) writeSome();
        return !journal.counts.isFailing && lines.length > 1;
      });
      expect(lines).toEqual([expect.any(String), 'journal: the disk takes records again']);
      const { refused, errors } = journal.counts;
      expect(refused).toBeGreaterThan(0);
      expect(errors).toBeGreaterThan(0);
      await journal.close(sequence);
      const { missing, next } = checkPattern(path, 12);
      expect(next).toBe(sequence + 1);
      expect(missing).toBe(journal.writer.lost + journal.counts.refused);
    } finally {
      spawnSync('umount', [path]);
    }
  });
});
