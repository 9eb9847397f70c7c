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

const read = async (folder: string): Promise<RecordingEvent[]> =>
  readAll(await RecordingReader.open(recordedFiles(folder)));

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

/** Looks at the venue's books some times over. */
async function look(venue: VenueProcess, times: number): Promise<VenueBook[]> {
  const books: VenueBook[] = [];
  for (let time = 0; time < times; time++) {
    for (const instId of INSTRUMENTS) books.push(await bookOf(venue, instId));
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return books;
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
      const looked = await look(venue, 15);
      await venue.fault({ kind: 'gap', instId: 'BTC-USDT' });
      await recorder.said(/BTC-USDT: gap \(expected prevSeqId/);
      looked.push(...(await look(venue, 15)));
      await venue.fault({ kind: 'disconnect' });
      await recorder.said(/disconnected[\s\S]*connected/);
      looked.push(...(await look(venue, 15)));
      await venue.fault({ kind: 'reset', instId: 'BTC-USDT-SWAP' });
      looked.push(...(await look(venue, 15)));
      recorder.kill('SIGTERM');
      expect(await recorder.ended()).toMatchObject({ code: 0 });

      const events = await read(folder);
      const recorded = recordedAt(events, looked);
      const key = ({ instId, seqId }: VenueBook): string => `${instId} ${seqId}`;
      const byKey = new Map(looked.map((book) => [key(book), book]));
      for (const book of recorded) {
        const { asks, bids } = byKey.get(key(book))!;
        expect(book).toMatchObject({ asks, bids });
      }
      // Nearly all that were looked at: a gap or a disconnect costs some, and REST shows some between two pushes.
      expect(new Set(recorded.map(key)).size).toBeGreaterThan(40);
      for (const instId of INSTRUMENTS) {
        const kinds = events.filter((event) => event.instId === instId).map(({ kind }) => kind);
        expect(kinds[0]).toBe('instrument');
        expect(kinds[1]).toBe('snapshot');
        expect(kinds.filter((kind) => kind === 'gap').length).toBeGreaterThanOrEqual(1);
        expect(kinds.filter((kind) => kind === 'trade').length).toBeGreaterThan(10);
      }
      const ofSwap = new Set(
        events.filter(({ instId }) => instId === 'BTC-USDT-SWAP').map(({ kind }) => kind),
      );
      expect(ofSwap).toContain('mark');
      expect(ofSwap).toContain('funding');
      await venue.stop();
    });
  }, 60_000);

  it('killed, loses less than a second, and goes on with its file', async () => {
    await withFiles({}, async (_, folder) => {
      const venue = await VenueProcess.start(0, ['--market', 'BTC-USDT']);
      const first = startRecorder(venue, ['BTC-USDT'], folder);
      await first.said(/connected/);
      let bytes = 0;
      for (let flush = 0; flush < 3; flush++) {
        await until('another flush', () => (recordedBytes(folder) > bytes ? true : undefined));
        bytes = recordedBytes(folder);
      }
      const killedMs = Date.now();
      first.kill('SIGKILL');
      await first.ended();
      const killed = await readAll(await RecordingReader.open(recordedFiles(folder), { isPartial: true }));
      // On a machine whose clock is the recorder's own. A busy one may be late: the flush has its timer, not its time.
      expect(killedMs - killed.at(-1)!.tsMs).toBeLessThan(1_500);

      const second = startRecorder(venue, ['BTC-USDT'], folder, ['--duration', '2s']);
      expect(await second.ended()).toMatchObject({ code: 0 });
      expect(recordedFiles(folder)).toHaveLength(1);
      const events = await read(folder);
      expect(events.slice(0, killed.length)).toEqual(killed);
      const kinds = events.slice(killed.length).map(({ kind }) => kind);
      expect(kinds.slice(0, 3)).toEqual(['gap', 'instrument', 'snapshot']);
      await venue.stop();
    });
  }, 60_000);

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
  }, 60_000);
});
