import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DayRows } from '../../engine/recording/day-rows.ts';
import type { Receipt } from '../../engine/recording/book-message.ts';
import { FeedRecorder } from '../../engine/recording/feed-recorder.ts';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';
import { readAll, withFiles } from './recording-files.ts';

const T0 = 1_723_161_255_000;
const INST = 'BTC-USDT-SWAP';
const DAY_MS = 86_400_000;

const at = (ms: number): Receipt => ({ recvNs: `${T0 + ms}000000`, ms: T0 + ms });

/** A recorder whose files are texts by day, and what it asked for. */
class Bench {
  readonly files = new Map<string, string[]>();
  readonly asked: string[] = [];
  readonly log: string[] = [];
  /** There is no room for rows. */
  isFull = false;
  readonly rows = new DayRows({
    write: (instId, day, line) => {
      if (this.isFull) return false;
      const name = `${instId} ${day}`;
      this.files.set(name, [...(this.files.get(name) ?? []), line]);
      return true;
    },
  });
  readonly recorder = new FeedRecorder([INST], 'books', this.rows, {
    resubscribe: () => void this.asked.push('resubscribe'),
    fetchBook: () => void this.asked.push('fetchBook'),
    log: (line) => void this.log.push(line),
  });

  book(
    ms: number,
    action: string,
    seqId: number,
    prevSeqId: number,
    asks: string[][] = [],
    bids: string[][] = [],
  ): void {
    const data = [{ asks, bids, ts: String(T0 + ms - 3), checksum: 0, seqId, prevSeqId }];
    this.push(ms, { arg: { channel: 'books', instId: INST }, action, data });
  }

  push(ms: number, frame: object): void {
    this.recorder.onFrame(JSON.stringify(frame), at(ms));
  }

  get lines(): string[] {
    return [...this.files.values()].flat();
  }

  /** What a reader makes of each file. */
  read() {
    const texts = Object.fromEntries([...this.files].map(([name, lines]) => [name, lines.join('\n')]));
    return withFiles(texts, async (paths) => readAll(await RecordingReader.open(paths)));
  }

  kinds = async (): Promise<string[]> => (await this.read()).map(({ kind }) => kind);
}

const level = (price: string, size: string): string[] => [price, size, '0', '1'];

describe('the recorded book', () => {
  it('follows the feed, and its keep-alives', async () => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], [level('100', '1')]);
    bench.book(100, 'update', 12, 10, [level('101', '0')], []);
    bench.book(200, 'update', 12, 12);
    bench.book(300, 'update', 15, 12, [level('102', '5')], []);
    const events = await bench.read();
    expect(events.map(({ kind, seqId }) => `${kind} ${seqId}`)).toEqual([
      'snapshot 10',
      'update 12',
      'update 15',
    ]);
    expect(events[0]!.asks).toEqual([['101', '1', '1']]);
    expect(bench.recorder).toMatchObject({ snapshots: 1, gaps: 0, malformed: 0, isSynced: true });
  });

  it('has a gap where an update is missing, and begins again with the snapshot', async () => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], []);
    bench.book(100, 'update', 14, 12, [level('101', '9')], []);
    expect(bench.asked).toEqual(['resubscribe']);
    // Still of the old subscription.
    bench.book(200, 'update', 16, 14, [level('101', '8')], []);
    expect(bench.recorder.isSynced).toBe(false);
    bench.book(300, 'snapshot', 20, -1, [level('103', '1')], []);
    bench.book(400, 'update', 21, 20, [level('103', '2')], []);
    expect(await bench.kinds()).toEqual(['snapshot', 'gap', 'snapshot', 'update']);
    expect(bench.log).toEqual([`${INST}: gap (expected prevSeqId 10, was 12)`]);
  });

  it('goes on where the venue numbers anew', async () => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], []);
    bench.book(100, 'update', 3, 10, [level('101', '2')], []);
    bench.book(200, 'update', 4, 3, [level('101', '3')], []);
    expect(await bench.kinds()).toEqual(['snapshot', 'update', 'update']);
  });

  it('comes from REST where the feed has no snapshot', async () => {
    const bench = new Bench();
    bench.book(0, 'update', 12, 10, [level('101', '1')], []);
    bench.book(100, 'update', 14, 12, [level('102', '2')], []);
    bench.book(200, 'update', 17, 14, [level('103', '3')], []);
    expect(bench.asked).toEqual(['fetchBook']);
    const answer = (seqId: number) => ({ asks: [level('101', '1')], bids: [], ts: String(T0 + 250), seqId });
    // Too old: what is between it and the first update is lost.
    bench.recorder.onRestBook(INST, answer(9), at(250));
    expect(bench.recorder.isSynced).toBe(false);
    bench.recorder.tick(at(1_300));
    expect(bench.asked).toEqual(['fetchBook', 'fetchBook']);
    bench.recorder.onRestBook(INST, answer(15), at(1_350));
    bench.book(1_400, 'update', 18, 17, [level('104', '4')], []);
    const events = await bench.read();
    // 14 to 17 straddles 15: it is written as what follows 15, so that the file's chain holds.
    expect(events.map(({ kind, seqId, prevSeqId }) => `${kind} ${prevSeqId} ${seqId}`)).toEqual([
      'snapshot -1 15',
      'update 15 17',
      'update 17 18',
    ]);
  });

  it('that is silent is begun anew', async () => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], []);
    bench.recorder.tick(at(60_000));
    expect(bench.asked).toEqual([]);
    bench.recorder.tick(at(76_000));
    bench.recorder.tick(at(80_000));
    expect(bench.asked).toEqual(['resubscribe']);
    bench.recorder.tick(at(87_000));
    expect(bench.asked).toEqual(['resubscribe', 'resubscribe']);
    expect(await bench.kinds()).toEqual(['snapshot', 'gap']);
  });

  it('that does not come is asked for again, ever more seldom', () => {
    const bench = new Bench();
    bench.recorder.tick(at(500_000));
    // Not connected yet: nobody can be asked.
    expect(bench.asked).toEqual([]);
    bench.recorder.onUp([INST], at(500_000));
    const times: number[] = [];
    for (let second = 501; second < 4_000; second++) {
      bench.recorder.tick(at(second * 1_000));
      if (bench.asked.splice(0).length > 0) times.push(second - 500);
    }
    expect(times.slice(0, 7)).toEqual([11, 32, 73, 154, 315, 636, 1_237]);
    expect(times.at(-1)! - times.at(-2)!).toBe(601);
  });

  it('of an instrument that is gone ends, and the others go on', async () => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], []);
    expect(bench.recorder.drop(INST, 'it expired', at(5))).toBe(false);
    bench.book(10, 'update', 11, 10, [level('101', '2')], []);
    expect(await bench.kinds()).toEqual(['snapshot', 'gap']);
  });

  it('ends with the session', async () => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], []);
    bench.recorder.onLost([INST], 'disconnected', at(50));
    bench.recorder.onLost([INST], 'disconnected', at(60));
    bench.book(100, 'snapshot', 30, -1, [level('101', '1')], []);
    expect(await bench.kinds()).toEqual(['snapshot', 'gap', 'snapshot']);
  });

  it.each([
    ['a level without a size', { asks: [['101']] }],
    ['a price that is none', { asks: [['x', '1', '0', '1']] }],
    ['no numbers', { seqId: undefined }],
    ['no time', { ts: '' }],
  ])('is begun anew after a message that is broken: %s', async (_, fields) => {
    const bench = new Bench();
    bench.book(0, 'snapshot', 10, -1, [level('101', '1')], []);
    const data = [{ asks: [], bids: [], ts: String(T0), seqId: 11, prevSeqId: 10, ...fields }];
    bench.push(10, { arg: { channel: 'books', instId: INST }, action: 'update', data });
    expect(bench.recorder.malformed).toBe(1);
    expect(bench.asked).toEqual(['resubscribe']);
    expect(await bench.kinds()).toEqual(['snapshot', 'gap']);
  });
});

describe('the other channels', () => {
  const push = (bench: Bench, ms: number, channel: string, data: object): void =>
    bench.push(ms, {
      arg: { channel, instId: INST },
      data: [{ instId: INST, ts: String(T0 + ms), ...data }],
    });

  it('come as they are', async () => {
    const bench = new Bench();
    bench.recorder.onInstrument({ instId: INST, tickSz: '0.1' }, at(0));
    push(bench, 1, 'trades', { tradeId: '1', px: '100.1', sz: '2', side: 'sell', count: '1' });
    push(bench, 2, 'mark-price', { markPx: '100.2' });
    push(bench, 3, 'funding-rate', { fundingRate: '-0.0001', fundingTime: '1723190400000' });
    // The same again is no news; a change is.
    push(bench, 4, 'instruments', {});
    const events = await bench.read();
    expect(events.map(({ kind, px, sz, side }) => [kind, px, sz, side])).toEqual([
      ['instrument', '', '', 'buy'],
      ['trade', '100.1', '2', 'sell'],
      ['mark', '100.2', '', 'buy'],
      ['funding', '-0.0001', '', 'buy'],
      ['instrument', '', '', 'buy'],
    ]);
    bench.recorder.onInstrument({ instId: INST, ts: String(T0 + 4) }, at(5));
    expect(bench.lines).toHaveLength(5);
  });

  it('leave out what no reader would take', async () => {
    const bench = new Bench();
    push(bench, 1, 'trades', { tradeId: '1', px: '', sz: '2', side: 'sell' });
    push(bench, 2, 'mark-price', { markPx: 'NaN' });
    push(bench, 3, 'funding-rate', { fundingRate: '', fundingTime: '' });
    push(bench, 4, 'trades', { ts: 'x' });
    bench.recorder.onFrame('{', at(5));
    expect(bench.lines).toEqual([]);
    expect(bench.recorder.malformed).toBe(5);
  });

  it('of other instruments are none of ours', () => {
    const bench = new Bench();
    bench.push(1, { arg: { channel: 'instruments', instType: 'SWAP' }, data: [{ instId: 'ETH-USDT-SWAP' }] });
    bench.push(1, { arg: { channel: 'books', instId: 'X' }, action: 'update', data: [{}] });
    bench.push(1, { event: 'subscribe', arg: { channel: 'books', instId: INST } });
    expect(bench.lines).toEqual([]);
    expect(bench.recorder.malformed).toBe(0);
  });
});

describe('files of a day', () => {
  it('begin with all that is needed to read them alone', async () => {
    const bench = new Bench();
    const midnight = Math.ceil(T0 / DAY_MS) * DAY_MS - T0;
    bench.recorder.onInstrument({ instId: INST, tickSz: '0.1' }, at(0));
    bench.book(1, 'snapshot', 10, -1, [level('102', '1'), level('101', '1')], [level('99', '2')]);
    bench.push(2, {
      arg: { channel: 'mark-price', instId: INST },
      data: [{ instId: INST, markPx: '5', ts: String(T0) }],
    });
    bench.book(midnight - 1, 'update', 11, 10, [level('101', '0')], [level('100', '3')]);
    bench.book(midnight, 'update', 12, 11, [level('103', '7')], []);
    bench.book(midnight + 5, 'update', 13, 12, [], [level('99', '0')]);
    expect([...bench.files.keys()]).toEqual([`${INST} 2024-08-08`, `${INST} 2024-08-09`]);
    const [, second] = bench.files.values();
    const texts = { second: second!.join('\n') };
    const events = await withFiles(texts, async (paths) => readAll(await RecordingReader.open(paths)));
    expect(events.map(({ kind, seqId }) => `${kind} ${seqId}`)).toEqual([
      'instrument -1',
      'snapshot 11',
      'mark -1',
      'update 12',
      'update 13',
    ]);
    expect(events[1]).toMatchObject({
      asks: [['102', '1', '1']],
      bids: [
        ['100', '3', '1'],
        ['99', '2', '1'],
      ],
    });
    expect(events[0]!.row!['tickSz']).toBe('0.1');
    // And both one after the other.
    expect(await bench.kinds()).toHaveLength(9);
  });

  it('in a gap begin without a book', async () => {
    const bench = new Bench();
    const midnight = Math.ceil(T0 / DAY_MS) * DAY_MS - T0;
    bench.book(1, 'snapshot', 10, -1, [level('102', '1')], []);
    bench.recorder.onLost([INST], 'disconnected', at(midnight - 10));
    bench.push(midnight + 5, {
      arg: { channel: 'trades', instId: INST },
      data: [{ instId: INST, tradeId: '1', px: '1', sz: '1', side: 'buy', ts: String(T0) }],
    });
    bench.book(midnight + 10, 'snapshot', 20, -1, [level('105', '1')], []);
    expect(await bench.kinds()).toEqual(['snapshot', 'gap', 'trade', 'snapshot']);
  });

  it('after rows for which there was no room begin anew behind a gap', async () => {
    const bench = new Bench();
    bench.book(1, 'snapshot', 10, -1, [level('102', '1')], []);
    bench.isFull = true;
    bench.book(2, 'update', 11, 10, [level('102', '2')], []);
    bench.book(3, 'update', 12, 11, [level('102', '3')], []);
    bench.isFull = false;
    bench.book(4, 'update', 13, 12, [level('104', '4')], []);
    bench.book(5, 'update', 14, 13, [level('104', '5')], []);
    const events = await bench.read();
    expect(events.map(({ kind, seqId }) => `${kind} ${seqId}`)).toEqual([
      'snapshot 10',
      'gap -1',
      'snapshot 12',
      'update 13',
      'update 14',
    ]);
    expect(events[2]!.asks).toEqual([['102', '3', '1']]);
    expect(bench.rows.lost).toBe(2);
  });
});

/** A feed of random changes to one side, of which some messages are lost, as the venue sends it. */
const feedStep = fc.record({
  price: fc.integer({ min: 1, max: 12 }),
  size: fc.integer({ min: 0, max: 5 }),
  fault: fc.constantFrom('', '', '', '', '', '', 'lost', 'disconnect', 'full', 'midnight'),
});

describe('whatever happens', () => {
  it('the recorded book is the venue’s at every number that both have', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(feedStep, { minLength: 1, maxLength: 80 }), async (steps) => {
        const bench = new Bench();
        const venue = new Map<string, string>();
        const history = new Map<number, string>();
        let seqId = 1;
        let ms = 0;
        const shown = (book: ReadonlyMap<string, string>): string => JSON.stringify([...book].sort());
        const snapshot = (): void =>
          bench.book(
            ms,
            'snapshot',
            seqId,
            -1,
            [...venue].map(([price, size]) => level(price, size)),
          );
        history.set(seqId, shown(venue));
        snapshot();
        for (const { price, size, fault } of steps) {
          ms += fault === 'midnight' ? DAY_MS : 100;
          const previous = seqId++;
          if (size === 0) venue.delete(String(price));
          else venue.set(String(price), String(size));
          history.set(seqId, shown(venue));
          bench.isFull = fault === 'full';
          if (fault === 'disconnect') {
            bench.recorder.onLost([INST], 'disconnected', at(ms));
            snapshot();
          } else if (fault !== 'lost') {
            bench.book(ms, 'update', seqId, previous, [level(String(price), String(size))]);
          }
          if (bench.asked.splice(0).length > 0) snapshot();
        }
        bench.isFull = false;
        // Everything heals with the next messages.
        ms += 100;
        bench.book(ms, 'update', seqId + 1, seqId, []);
        if (bench.asked.splice(0).length > 0) snapshot();
        const book = new Map<string, string>();
        let last = 0;
        for (const event of await bench.read()) {
          if (event.kind === 'snapshot') book.clear();
          for (const [price, size] of event.asks) {
            if (size === '0') book.delete(price!);
            else book.set(price!, size!);
          }
          if (event.seqId < 0) continue;
          last = event.seqId;
          expect(shown(book)).toBe(history.get(last) ?? shown(venue));
        }
        expect(last).toBeGreaterThanOrEqual(seqId);
      }),
      { numRuns: 150 },
    );
  });
});
