/** The pool with real piscina threads, which run compiled: `npm run build` first. */
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { MarketBells, QuoteBell, WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { WorkerControl } from '../../engine/handoff/worker-status.ts';
import { QuoterPool, SeatState } from '../../workers/pool.ts';
import type { QuoterPoolOptions } from '../../workers/pool.ts';
import { PLAIN_LADDER } from './markets.ts';

const INSTRUMENTS = 3;
const PARAMETERS = Array.from({ length: INSTRUMENTS }, () => PLAIN_LADDER);
const CHECK_EVERY_MS = 10;
/** Real threads start and die in tens of milliseconds; on a busy machine in seconds. */
const PATIENCE_MS = 15_000;

type Event = readonly [
  kind: 'lost' | 'ready',
  worker: number,
  instruments: readonly number[],
  reason: string,
];

/** A pool that is checked by a real timer, and what it reported. */
class World {
  readonly handoff = new Handoff(
    createHandoff({ instrumentCount: INSTRUMENTS, workerCount: 2, marketLevels: 2, quoteLevels: 4 }),
  );
  readonly clock = new SystemClock();
  readonly events: Event[] = [];
  readonly pool: QuoterPool;
  readonly bell = new QuoteBell(this.handoff);
  readonly #bells = new MarketBells(this.handoff);
  readonly #writers = PARAMETERS.map((_, instrument) => new MarketWriter(this.handoff, instrument));
  readonly readers = PARAMETERS.map((_, instrument) => new QuoteReader(this.handoff, instrument));

  constructor(options: Partial<QuoterPoolOptions> = {}) {
    const { events } = this;
    new ConfigurationWriter(this.handoff).publish({ strategies: PARAMETERS }, 1);
    this.pool = new QuoterPool(
      { handoff: this.handoff, wait: WaitStrategy.block, ...options },
      {
        onWorkerLost: (worker, instruments, reason) => events.push(['lost', worker, instruments, reason]),
        onWorkerReady: (worker, instruments) => events.push(['ready', worker, instruments, '']),
      },
    );
  }

  publish(instrument: number, bid: number): number {
    const writer = this.#writers[instrument];
    writer.begin();
    writer.bidTicks[0] = bid;
    writer.bidLots[0] = 1;
    writer.askTicks[0] = bid + 2;
    writer.askLots[0] = 1;
    writer.recvNs = this.clock.nowNs();
    writer.positionLots = 0;
    const version = writer.publish(1, 1, true, 1);
    this.#bells.ring(instrument);
    return version;
  }

  /** Checks the pool until it is so. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const deadlineNs = this.clock.nowNs() + PATIENCE_MS * 1e6;
    for (;;) {
      this.pool.check(this.clock.nowNs());
      if (isSo()) return;
      if (this.clock.nowNs() > deadlineNs) throw new Error(`expected ${what} within ${PATIENCE_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, CHECK_EVERY_MS));
    }
  }

  async untilReady(times = 1): Promise<void> {
    const readies = (worker: number): number =>
      this.events.filter(([kind, of]) => kind === 'ready' && of === worker).length;
    await this.until(
      'both workers to run',
      () => readies(0) >= times && this.pool.isReady(0) && this.pool.isReady(1),
    );
  }

  /** The quote of this market version, once it is there. */
  async quoteOf(instrument: number, version: number): Promise<QuoteView> {
    const quote = new QuoteView(4);
    await this.until(`a quote of version ${version}`, () => {
      const isNew = this.readers[instrument].read(quote);
      return isNew && quote.marketVersion === version;
    });
    return quote;
  }
}

let world: World | undefined;

function openWorld(options: Partial<QuoterPoolOptions> = {}): World {
  world = new World({ stuckAfterMs: 300, ...options });
  return world;
}

afterEach(async () => {
  await world?.pool.close();
  world = undefined;
});

describe('QuoterPool', () => {
  it.each(Object.entries(WaitStrategy))('quotes every instrument with workers that %s', async (_, wait) => {
    const { pool, events, ...rest } = openWorld({ wait });
    expect([pool.workerCount, rest.handoff.workerCount]).toEqual([2, 2]);
    await world!.untilReady();
    expect(events.toSorted(([, a], [, b]) => a - b)).toEqual([
      ['ready', 0, [0, 2], ''],
      ['ready', 1, [1], ''],
    ]);
    for (let instrument = 0; instrument < INSTRUMENTS; instrument++) {
      const beforeNs = world!.clock.nowNs();
      const quote = await world!.quoteOf(instrument, world!.publish(instrument, 9_999));
      expect([...quote.bidTicks].slice(0, quote.bidCount)).toEqual([9_995, 9_993, 9_991]);
      expect([...quote.askTicks].slice(0, quote.askCount)).toEqual([10_005, 10_007, 10_009]);
      // The threads tell one time, to the millisecond at the very least.
      expect(quote.computedNs).toBeGreaterThan(beforeNs - 1e6);
      expect(quote.computedNs).toBeLessThan(world!.clock.nowNs() + 1e6);
    }
    expect(pool.quotes(0) + pool.quotes(1)).toBe(INSTRUMENTS);
    expect([pool.restarts(0), pool.restarts(1)]).toEqual([0, 0]);
  });

  it('quotes at once what was published before its workers ran', async () => {
    openWorld();
    const version = world!.publish(2, 20_000);
    await world!.untilReady();
    const quote = new QuoteView(4);
    expect(world!.readers[2].read(quote)).toBe(true);
    expect(quote.marketVersion).toBe(version);
  });

  it.each([
    ['fails', WorkerControl.fail, WaitStrategy.block, 'the quote worker was told to fail'],
    ['hangs', WorkerControl.hang, WaitStrategy.block, "the worker's heart stood still"],
    ['hangs while it spins', WorkerControl.hang, WaitStrategy.spin, "the worker's heart stood still"],
    ['stops while it spins', WorkerControl.stop, WaitStrategy.spin, 'the worker stopped'],
    ['stops', WorkerControl.stop, WaitStrategy.spinThenBlock, 'the worker stopped'],
  ])(
    'replaces a worker that %s, its quotes void meanwhile, while the other goes on',
    async (_, control, wait, reason) => {
      const { pool, events, readers } = openWorld({ wait });
      await world!.untilReady();
      await world!.quoteOf(0, world!.publish(0, 9_999));
      // This one is left unread: nobody may read it once its worker is lost.
      const unread = world!.publish(2, 9_999);
      await world!.until('the quote that stays unread', () => readers[2].hasChanged());
      events.length = 0;

      pool.setControl(0, control);
      await world!.until('the worker to be lost', () => events.length > 0);
      expect(events).toEqual([['lost', 0, [0, 2], reason]]);
      expect(pool.isReady(0)).toBe(false);
      await world!.until('the seat to rest', () => pool.state(0) === SeatState.resting);
      const quote = new QuoteView(4);
      expect(readers[2].read(quote)).toBe(true);
      expect([quote.marketVersion, quote.bidCount, quote.askCount]).toEqual([0, 0, 0]);
      expect(unread).toBe(1);

      // The neighbour has not noticed.
      const other = await world!.quoteOf(1, world!.publish(1, 30_000));
      expect(other.bidCount).toBe(3);

      // What moved while the seat was empty is quoted as soon as it is taken.
      const version = world!.publish(0, 11_111);
      await world!.until('a new worker', () => pool.isReady(0));
      expect(events.slice(1)).toEqual([['ready', 0, [0, 2], '']]);
      expect((await world!.quoteOf(0, version)).fairTicks).toBe(11_112);
      expect((await world!.quoteOf(2, world!.publish(2, 22_222))).fairTicks).toBe(22_223);
      expect([pool.restarts(0), pool.restarts(1)]).toEqual([1, 0]);
    },
  );

  it('rests longer after every failure in a row', async () => {
    const { pool, events, clock } = openWorld({ backoffMinMs: 100, backoffMaxMs: 250 });
    await world!.untilReady();
    const rests: number[] = [];
    for (let failure = 1; failure <= 3; failure++) {
      pool.setControl(0, WorkerControl.fail);
      await world!.until('the loss', () => events.filter(([kind]) => kind === 'lost').length === failure);
      const lostNs = clock.nowNs();
      await world!.until('the next term', () => pool.state(0) !== SeatState.resting);
      rests.push((clock.nowNs() - lostNs) / 1e6);
      await world!.until('a new worker', () => pool.isReady(0));
    }
    // The rest counts from the check before the loss, up to a check or so earlier.
    const slackMs = 60;
    expect(rests[0]).toBeGreaterThan(100 - slackMs);
    expect(rests[1]).toBeGreaterThan(200 - slackMs);
    expect(rests[2]).toBeGreaterThan(250 - slackMs);
    expect(pool.restarts(0)).toBe(3);
  });

  it('ends a worker that does not start in time, and tries again', async () => {
    const { pool, events } = openWorld({ startTimeoutMs: 1, backoffMinMs: 0, backoffMaxMs: 0 });
    // Two checks with nothing in between: the second finds the time over, and no thread is as fast as that.
    pool.check(0);
    pool.check(2e6);
    expect(events).toEqual([
      ['lost', 0, [0, 2], 'the worker did not start in time'],
      ['lost', 1, [1], 'the worker did not start in time'],
    ]);
    expect([pool.isReady(0), pool.isReady(1)]).toEqual([false, false]);
    await world!.until('further terms', () => pool.restarts(0) > 0 && pool.restarts(1) > 0);
  });

  it('does not take a pause of the whole process for a stuck worker', async () => {
    const { pool, events, clock } = openWorld();
    await world!.untilReady();
    pool.check(clock.nowNs() + 3_600e9);
    expect(pool.isReady(0) && pool.isReady(1)).toBe(true);
    expect(events.map(([kind]) => kind)).toEqual(['ready', 'ready']);
  });

  it.each([
    ['running', WorkerControl.run],
    ['stuck', WorkerControl.hang],
  ])('closes with a %s worker, reports no loss, and starts nothing any more', async (_, control) => {
    const { pool, events, clock } = openWorld();
    await world!.untilReady();
    pool.setControl(1, control);
    events.length = 0;
    await pool.close();
    await pool.close();
    pool.check(clock.nowNs() + 60e9);
    expect(events).toEqual([]);
    expect([pool.state(0), pool.state(1)]).toEqual([SeatState.closed, SeatState.closed]);
  });

  it('closes before its workers ran', async () => {
    const { pool } = openWorld();
    pool.check(0);
    await pool.close();
    expect(pool.state(0)).toBe(SeatState.closed);
  });
});
