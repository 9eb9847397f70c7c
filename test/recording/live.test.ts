import { statSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';
import { RunningProcess, until } from '../e2e/running-process.ts';
import { VenueProcess } from '../e2e/venue-process.ts';
import { recordedBytes, recordedFiles, startRecorder } from './recorder-process.ts';
import { readAll, withFiles } from './recording-files.ts';

/** The command and the venue in processes of their own; the compiled ones, as `npm test` builds them first. */

const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'];

afterEach(() => RunningProcess.endAll());

interface VenueBook {
  readonly instId: string;
  readonly seqId: number;
  readonly asks: string[][];
  readonly bids: string[][];
}

/** The venue's own word, by another road than the recorder's. */
async function bookOf(venue: VenueProcess, instId: string): Promise<VenueBook> {
  const answer = await fetch(`${venue.rest}/api/v5/market/books?instId=${instId}&sz=400`);
  const { data } = (await answer.json()) as { data: [Omit<VenueBook, 'instId'>] };
  return { instId, ...data[0] };
}

/** What a recorder has flushed; a member that it is writing is left out. */
async function readSoFar(folder: string): Promise<RecordingEvent[]> {
  const files = recordedFiles(folder).filter((path) => statSync(path).size > 0);
  return files.length === 0 ? [] : readAll(await RecordingReader.open(files, { isPartial: true }));
}

/** The recorded books at these numbers of the venue's; those that no recorded book passed through are left out. */
function recordedAt(events: readonly RecordingEvent[], wanted: readonly VenueBook[]): VenueBook[] {
  const sides = new Map<string, { asks: Map<string, string[]>; bids: Map<string, string[]> }>();
  const found: VenueBook[] = [];
  for (const event of events) {
    const { kind, instId, seqId } = event;
    if (kind !== 'snapshot' && kind !== 'update') continue;
    const known = sides.get(instId);
    const book =
      kind === 'snapshot' || known === undefined
        ? { asks: new Map<string, string[]>(), bids: new Map<string, string[]>() }
        : known;
    sides.set(instId, book);
    for (const side of ['asks', 'bids'] as const) {
      for (const level of event[side]) {
        if (Number(level[1]) === 0) book[side].delete(level[0]!);
        else book[side].set(level[0]!, [level[0]!, level[1]!, '0', level[2]!]);
      }
    }
    if (wanted.some((each) => each.instId === instId && each.seqId === seqId)) {
      const asks = [...book.asks.values()].sort((left, right) => Number(left[0]) - Number(right[0]));
      const bids = [...book.bids.values()].sort((left, right) => Number(right[0]) - Number(left[0]));
      found.push({ instId, seqId, asks, bids });
    }
  }
  return found;
}

const key = ({ instId, seqId }: VenueBook): string => `${instId} ${seqId}`;

/**
 * Looks at the venue's books until three of each instrument were recorded, all of which must be equal. What REST shows may be
 * between two pushes, so not every look finds its row.
 */
async function provesEqual(venue: VenueProcess, folder: string): Promise<void> {
  const looked = new Map<string, VenueBook>();
  await until(
    'recorded books that the venue showed',
    async () => {
      for (const instId of INSTRUMENTS) {
        const book = await bookOf(venue, instId);
        looked.set(key(book), book);
      }
      const recorded = recordedAt(await readSoFar(folder), [...looked.values()]);
      for (const book of recorded) {
        const { asks, bids } = looked.get(key(book))!;
        expect(book).toMatchObject({ asks, bids });
      }
      const found = new Set(recorded.map(key));
      const isProven = INSTRUMENTS.every(
        (instId) => [...found].filter((each) => each.startsWith(`${instId} `)).length >= 3,
      );
      return isProven ? true : undefined;
    },
    40_000,
  );
}

describe('record, on a venue that misbehaves', () => {
  it('keeps what the venue had, through a gap, a disconnect and a reset', async () => {
    await withFiles({}, async (_, folder) => {
      const venue = await VenueProcess.start(
        0,
        INSTRUMENTS.flatMap((instId) => ['--market', instId]),
      );
      const recorder = startRecorder(venue, INSTRUMENTS, folder);
      await recorder.said(/connected/);
      await provesEqual(venue, folder);
      await venue.fault({ kind: 'gap', instId: 'BTC-USDT' });
      await recorder.said(/BTC-USDT: gap \(expected prevSeqId/);
      await provesEqual(venue, folder);
      await venue.fault({ kind: 'disconnect' });
      await recorder.said(/disconnected[\s\S]*connected/);
      await provesEqual(venue, folder);
      await venue.fault({ kind: 'reset', instId: 'BTC-USDT-SWAP' });
      await provesEqual(venue, folder);
      recorder.kill('SIGTERM');
      expect(await recorder.ended()).toMatchObject({ code: 0 });

      const events = await readAll(await RecordingReader.open(recordedFiles(folder)));
      for (const instId of INSTRUMENTS) {
        const kinds = events.filter((event) => event.instId === instId).map(({ kind }) => kind);
        expect(kinds.slice(0, 2)).toEqual(['instrument', 'snapshot']);
        expect(kinds.filter((kind) => kind === 'gap').length).toBeGreaterThanOrEqual(
          instId === 'BTC-USDT' ? 2 : 1,
        );
        expect(kinds).toContain('trade');
        expect(kinds.includes('mark')).toBe(instId === 'BTC-USDT-SWAP');
        expect(kinds.includes('funding')).toBe(instId === 'BTC-USDT-SWAP');
      }
      await venue.stop();
    });
  }, 200_000);

  it('killed, keeps what it has flushed, and goes on with its file', async () => {
    await withFiles({}, async (_, folder) => {
      const venue = await VenueProcess.start(0, ['--market', 'BTC-USDT']);
      const first = startRecorder(venue, ['BTC-USDT'], folder);
      await first.said(/connected/);
      let bytes = 0;
      for (let flush = 0; flush < 3; flush++) {
        await until('another flush', () => (recordedBytes(folder) > bytes ? true : undefined));
        bytes = recordedBytes(folder);
      }
      const before = await readSoFar(folder);
      first.kill('SIGKILL');
      await first.ended();
      const killed = await readSoFar(folder);
      expect(before.length).toBeGreaterThan(10);
      expect(killed.slice(0, before.length)).toEqual(before);

      const second = startRecorder(venue, ['BTC-USDT'], folder);
      await second.said(/connected/);
      await until('another flush', () => (recordedBytes(folder) > bytes ? true : undefined));
      await until('a snapshot', async () => {
        const later = (await readSoFar(folder)).slice(killed.length);
        return later.some(({ kind }) => kind === 'snapshot') ? true : undefined;
      });
      second.kill('SIGTERM');
      expect(await second.ended()).toMatchObject({ code: 0 });
      expect(recordedFiles(folder)).toHaveLength(1);
      const events = await readAll(await RecordingReader.open(recordedFiles(folder)));
      expect(events.slice(0, killed.length)).toEqual(killed);
      const kinds = events.slice(killed.length).map(({ kind }) => kind);
      expect(kinds.slice(0, 3)).toEqual(['gap', 'instrument', 'snapshot']);
      await venue.stop();
    });
  }, 90_000);

  it('is one to a folder, and names what it cannot record', async () => {
    await withFiles({}, async (_, folder) => {
      const venue = await VenueProcess.start(0, ['--market', 'BTC-USDT']);
      const first = startRecorder(venue, ['BTC-USDT'], folder);
      await first.said(/connected/);
      const second = startRecorder(venue, ['BTC-USDT'], folder);
      expect(await second.ended()).toMatchObject({ code: 1 });
      expect(second.stderr).toContain(`process ${first.pid} records into it`);
      first.kill('SIGINT');
      expect(await first.ended()).toMatchObject({ code: 0 });
      const third = startRecorder(venue, ['BTC-USDT', 'NO-SUCH'], folder);
      expect(await third.ended()).toMatchObject({ code: 78 });
      expect(third.stderr).toContain('expected instruments that the venue lists, was NO-SUCH');
      await venue.stop();
      const fourth = startRecorder(venue, ['BTC-USDT'], folder);
      expect(await fourth.ended()).toMatchObject({ code: 75 });
    });
  }, 90_000);
});
