import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_SEQUENCE } from '../../engine/base/depth-rows.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import { Book, BookState } from '../../engine/book/book.ts';
import { sideLevels } from '../model/side-levels.ts';
import { image, restSnapshot, snapshot, update } from './message.ts';

const { applied, ignored, broke, needsSnapshot } = SyncResult;

function synced(seqId: number): BookSync {
  const sync = new BookSync(new Book());
  expect(sync.apply(snapshot(seqId))).toBe(applied);
  return sync;
}

describe('the chain', () => {
  test('the documented one: normal, idle, reset, normal', () => {
    const sync = synced(10);
    expect(sync.apply(update(10, 15, [[102, 1]]))).toBe(applied);
    expect(sync.apply(update(15, 15))).toBe(ignored);
    expect(sync.apply(update(15, 3, [[103, 1]]))).toBe(applied);
    expect(sync.apply(update(3, 5, [[104, 1]]))).toBe(applied);
    expect(sync).toMatchObject({ updates: 3, keepAlives: 1, resets: 1, gaps: 0 });
    expect(sync.book).toMatchObject({ seqId: 5, epoch: 1, state: BookState.synced });
    expect(sideLevels(sync.book.asks).map(([ticks]) => ticks)).toEqual([101, 102, 103, 104]);
  });

  test('a gap breaks the book at once, before anything is applied, and is told once', () => {
    const sync = synced(10);
    expect(sync.apply(update(11, 12, [[101, 0]]))).toBe(broke);
    expect(sync.book.state).toBe(BookState.broken);
    expect(sync.book.isQuotable()).toBe(false);
    expect(sync.book.asks.bestTicks).toBe(101);
    // The old subscription goes on until the venue has taken the new one: no second alarm, no resubscription storm.
    expect(sync.apply(update(12, 13))).toBe(ignored);
    expect(sync.apply(update(99, 100))).toBe(ignored);
    expect([sync.gaps, sync.isAwaitingSnapshot]).toEqual([1, true]);
  });

  test('after a gap a snapshot makes a new book of a new epoch, without a restart', () => {
    const sync = synced(10);
    sync.apply(update(11, 12));
    expect(sync.apply(snapshot(50, [[201, 1]], [[200, 1]]))).toBe(applied);
    expect(sync.book).toMatchObject({ state: BookState.synced, epoch: 2, seqId: 50 });
    expect([sync.book.asks.count, sync.book.asks.bestTicks, sync.book.bids.bestTicks]).toEqual([1, 201, 200]);
    expect(sync.apply(update(50, 51))).toBe(applied);
  });

  test('a gap that looks like a repetition is a gap', () => {
    const sync = synced(10);
    const repeated = update(10, 11, [[102, 1]]);
    expect([sync.apply(repeated), sync.apply(repeated)]).toEqual([applied, broke]);
  });

  test('an idle message after a lost one is a gap too', () => {
    expect(synced(10).apply(update(12, 12))).toBe(broke);
  });

  test('rows under equal numbers are applied: the chain holds', () => {
    const sync = synced(10);
    expect(sync.apply(update(10, 10, [[101, 7]]))).toBe(applied);
    expect(sync.book.asks.bestLots).toBe(7);
  });

  test('a keep-alive vouches for the book at its time', () => {
    const sync = synced(10);
    sync.apply(update(10, 10, [], [], 60_000));
    expect(sync.book.tsMs).toBe(60_000);
  });

  test('a second snapshot replaces the book and voids the quotes made on the first', () => {
    const sync = synced(10);
    expect(sync.apply(snapshot(12, [[111, 1]], []))).toBe(applied);
    expect(sync.book).toMatchObject({ epoch: 2, seqId: 12 });
    expect([sync.book.asks.bestTicks, sync.book.asks.count, sync.book.bids.count]).toEqual([111, 1, 0]);
    expect(sync.snapshots).toBe(2);
  });

  test('a crossed book is counted and not quoted, but not broken', () => {
    const sync = synced(10);
    expect(sync.apply(update(10, 11, [[98, 1]]))).toBe(applied);
    expect([sync.crossed, sync.book.isQuotable(), sync.book.state]).toEqual([1, false, BookState.synced]);
    sync.apply(update(11, 12, [[98, 0]]));
    expect([sync.crossed, sync.book.isQuotable()]).toEqual([1, true]);
  });
});

describe('missing numbers', () => {
  test('break a book that must have them', () => {
    const sync = synced(10);
    expect(sync.apply(update(NO_SEQUENCE, NO_SEQUENCE, [[102, 1]]))).toBe(broke);
    expect(sync.missingSequences).toBe(1);
    const other = synced(10);
    expect(other.apply(update(NO_SEQUENCE, 11))).toBe(broke);
    const third = synced(10);
    expect([third.apply(snapshot(NO_SEQUENCE)), third.book.state]).toEqual([broke, BookState.broken]);
  });

  test('are nothing in a capture of before 2023', () => {
    const sync = new BookSync(new Book(), { requireSequence: false });
    expect(sync.apply(update(NO_SEQUENCE, NO_SEQUENCE, [[102, 1]]))).toBe(ignored);
    expect(sync.apply(snapshot(NO_SEQUENCE))).toBe(applied);
    expect(sync.apply(update(NO_SEQUENCE, NO_SEQUENCE, [[102, 1]]))).toBe(applied);
    expect(sync).toMatchObject({ updates: 1, missingSequences: 0, gaps: 0 });
  });
});

describe('a feed without snapshots', () => {
  /** Subscribed, and updates 10→12→15→20 have come. */
  function buffering(): BookSync {
    const sync = new BookSync(new Book());
    expect(sync.apply(update(10, 12, [[101, 1]]))).toBe(needsSnapshot);
    expect(sync.apply(update(12, 15, [[101, 2]], [[99, 1]]))).toBe(ignored);
    expect(sync.apply(update(15, 20, [], [[98, 1]]))).toBe(ignored);
    expect([sync.isAwaitingRestSnapshot, sync.book.state]).toEqual([true, BookState.empty]);
    return sync;
  }

  test('drops what the snapshot holds, replays the rest and goes on', () => {
    const sync = buffering();
    expect(
      sync.applySnapshot(
        restSnapshot(
          13,
          [
            [101, 9],
            [105, 1],
          ],
          [[90, 1]],
        ),
      ),
    ).toBe(applied);
    expect(sync.book).toMatchObject({ state: BookState.synced, epoch: 1, seqId: 20 });
    expect([sync.book.asks.lotsAt(101), sync.book.bids.lotsAt(99), sync.book.bids.lotsAt(98)]).toEqual([
      2, 1, 1,
    ]);
    expect(sync.apply(update(20, 21))).toBe(applied);
    expect(sync.apply(update(22, 23))).toBe(needsSnapshot);
  });

  test('a snapshot that is too old is refused, and another asked for', () => {
    const sync = buffering();
    expect(sync.applySnapshot(restSnapshot(9, [], []))).toBe(needsSnapshot);
    expect([sync.isAwaitingRestSnapshot, sync.book.state]).toEqual([true, BookState.empty]);
    expect(sync.applySnapshot(restSnapshot(10, [], []))).toBe(applied);
    expect(sync.book.seqId).toBe(20);
  });

  test('a snapshot newer than all that was kept: late updates pass, the first past it must reach back to it', () => {
    const sync = buffering();
    expect(sync.applySnapshot(restSnapshot(23, [[101, 9]], [[99, 9]]))).toBe(applied);
    expect(sync.apply(update(20, 22, [[101, 1]]))).toBe(ignored);
    expect(sync.book.asks.lotsAt(101)).toBe(9);
    expect(sync.apply(update(22, 25, [[101, 4]]))).toBe(applied);
    expect([sync.book.seqId, sync.book.asks.lotsAt(101)]).toEqual([25, 4]);
    expect(sync.apply(update(25, 26))).toBe(applied);
  });

  test('a snapshot of before a reset that was not seen does not stay: updates later in time cannot be old', () => {
    const sync = new BookSync(new Book());
    sync.apply(update(10, 12, [[101, 1]], [[99, 1]], 5_010));
    // From a cache of before the reset: its number is far ahead of all that will come for hours.
    expect(sync.applySnapshot(restSnapshot(90_000, [[150, 9]], [[149, 9]], 5_000))).toBe(applied);
    expect(sync.apply(update(12, 12, [], [], 70_000))).toBe(ignored);
    expect(sync.apply(update(12, 14, [[101, 2]], [], 5_900))).toBe(ignored);
    expect(sync.apply(update(14, 15, [[101, 3]], [], 6_001))).toBe(needsSnapshot);
    expect([sync.book.state, sync.resets, sync.isAwaitingRestSnapshot]).toEqual([BookState.broken, 1, true]);
    expect(sync.applySnapshot(restSnapshot(15, [[101, 3]], [[99, 1]], 6_000))).toBe(applied);
    expect(sync.apply(update(15, 16, [[101, 4]], [], 6_100))).toBe(applied);
    expect([sync.book.epoch, sync.book.asks.lotsAt(101)]).toEqual([2, 4]);
  });

  test('a hole between the snapshot and the first update past it is a gap', () => {
    const sync = buffering();
    sync.applySnapshot(restSnapshot(23, [[101, 9]], [[99, 9]]));
    expect(sync.apply(update(24, 25))).toBe(needsSnapshot);
    expect([sync.gaps, sync.book.state, sync.isAwaitingRestSnapshot]).toEqual([1, BookState.broken, true]);
  });

  test('a gap among the kept updates begins again with the one after it', () => {
    const sync = buffering();
    expect(sync.apply(update(21, 22))).toBe(needsSnapshot);
    expect(sync.applySnapshot(restSnapshot(20, [], []))).toBe(needsSnapshot);
    expect(sync.applySnapshot(restSnapshot(21, [[101, 1]], []))).toBe(applied);
    expect([sync.book.seqId, sync.gaps, sync.bufferRestarts]).toEqual([22, 1, 1]);
  });

  test('after a reset no snapshot of the old numbering will do', () => {
    const sync = buffering();
    expect(sync.apply(update(20, 2, [[101, 5]], [], 5_000))).toBe(needsSnapshot);
    sync.apply(update(2, 4, [[101, 6]], [], 5_100));
    expect(sync.applySnapshot(restSnapshot(19, [], [], 4_900))).toBe(needsSnapshot);
    expect(sync.applySnapshot(restSnapshot(3, [[101, 5]], [[99, 1]], 5_050))).toBe(applied);
    expect([sync.book.seqId, sync.book.asks.lotsAt(101)]).toEqual([4, 6]);
  });

  test('more updates than there is room for: kept from the newest on', () => {
    const sync = new BookSync(new Book());
    let asked = 0;
    for (let seqId = 1; seqId <= 3_000; seqId++) {
      if (sync.apply(update(seqId - 1, seqId, [[100 + (seqId % 50), seqId]])) === needsSnapshot) asked++;
    }
    expect([asked, sync.bufferRestarts]).toEqual([3, 2]);
    expect(sync.applySnapshot(restSnapshot(2_900, [], []))).toBe(applied);
    expect([sync.book.seqId, sync.book.asks.lotsAt(100)]).toEqual([3_000, 3_000]);
  });

  test('a snapshot in the feed settles it, and REST is not wanted any more', () => {
    const sync = buffering();
    expect(sync.apply(snapshot(30))).toBe(applied);
    expect(sync.applySnapshot(restSnapshot(40, [], []))).toBe(ignored);
    expect(sync.book.seqId).toBe(30);
    expect(sync.apply(update(31, 32))).toBe(broke);
  });

  test('any split of one history between REST and the feed gives the same book', () => {
    const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(2), fc.boolean()), {
      minLength: 6,
      maxLength: 40,
    });
    fc.assert(
      fc.property(changes, fc.nat(), fc.nat(), fc.nat(), (history, seenFrom, restAt, answerAt) => {
        // Change i takes the book from number i to i + 1. The feed is seen from some change on; REST answers with the
        // book as it was after restAt changes, at some point of the feed.
        const first = seenFrom % history.length;
        const answer = first + 1 + (answerAt % (history.length - first));
        const rest = first + (restAt % (answer - first + 1));
        const change = (index: number): Parameters<typeof update> => {
          const [ticks, lots, isAsk] = history[index]!;
          const rows: [number, number][] = [[isAsk ? ticks + 100 : ticks, lots]];
          return [index, index + 1, isAsk ? rows : [], isAsk ? [] : rows];
        };
        const whole = new BookSync(new Book());
        whole.apply(snapshot(0, [], []));
        const late = new BookSync(new Book());
        let answered: SyncResult = ignored;
        const restBook = new BookSync(new Book());
        restBook.apply(snapshot(0, [], []));
        for (let index = 0; index < history.length; index++) {
          whole.apply(update(...change(index)));
          if (index < rest) restBook.apply(update(...change(index)));
          if (index >= first) late.apply(update(...change(index)));
          if (index + 1 === answer)
            answered = late.applySnapshot(restSnapshot(rest, ...sides(restBook.book)));
        }
        expect(answered).toBe(applied);
        expect(sides(late.book)).toEqual(sides(whole.book));
        expect(late.book.seqId).toBe(whole.book.seqId);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('images', () => {
  test('replace the book, are told apart from stale ones, and survive a reset', () => {
    const sync = new BookSync(new Book());
    expect(sync.apply(image(10, [[101, 1]], [[99, 1]], 1_000))).toBe(applied);
    expect(sync.apply(image(12, [[102, 1]], [[98, 1]], 1_100))).toBe(applied);
    expect(sync.apply(image(11, [[101, 1]], [[99, 1]], 1_050))).toBe(ignored);
    expect([sync.book.asks.bestTicks, sync.book.epoch, sync.staleImages]).toEqual([102, 1, 1]);
    expect(sync.apply(image(3, [[103, 1]], [[97, 1]], 1_200))).toBe(applied);
    expect([sync.book.asks.bestTicks, sync.resets, sync.book.epoch]).toEqual([103, 1, 1]);
  });
});

describe('from outside', () => {
  test('breakNow: nothing is applied until a snapshot', () => {
    const sync = synced(10);
    sync.breakNow();
    expect([sync.book.state, sync.isAwaitingSnapshot]).toEqual([BookState.broken, true]);
    expect(sync.apply(update(10, 11))).toBe(ignored);
    expect([sync.apply(snapshot(20)), sync.book.epoch]).toEqual([applied, 2]);
  });

  test('restart: the first message of the new subscription tells where the snapshot comes from', () => {
    const sync = synced(10);
    sync.restart();
    expect(sync.book.state).toBe(BookState.broken);
    expect(sync.apply(update(30, 31))).toBe(needsSnapshot);
    expect(sync.applySnapshot(restSnapshot(31, [[101, 1]], []))).toBe(applied);
    sync.restart();
    expect(sync.apply(snapshot(40))).toBe(applied);
    expect(sync.book.epoch).toBe(3);
  });

  test('breakNow where REST gives the snapshots: the next update begins again', () => {
    const sync = new BookSync(new Book());
    sync.apply(update(1, 2));
    sync.applySnapshot(restSnapshot(2, [], []));
    sync.breakNow();
    expect([sync.apply(update(2, 3)), sync.book.state]).toEqual([needsSnapshot, BookState.broken]);
  });
});

function sides(book: Book): [[number, number][], [number, number][]] {
  return [sideLevels(book.asks), sideLevels(book.bids)];
}
