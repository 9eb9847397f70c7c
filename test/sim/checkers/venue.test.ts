import { describe, expect, test } from 'vitest';
import { Side } from '../../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import { DepthAction } from '../../../engine/base/depth-rows.ts';
import { BookState } from '../../../engine/book/book.ts';
import type { Book } from '../../../engine/book/book.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../../engine/risk/kill-ladder.ts';
import { Balances } from './balances.ts';
import { BookTruth } from './book-truth.ts';
import { Healed } from './healed.ts';
import { LossLimit } from './loss-limit.ts';
import { Money } from './money.ts';
import { Shared } from './shared.ts';
import { HandEngine, HandWorld, INVERSE, SPOT, SWAP, change, nameOf, place } from '../hand-world.ts';
import { StepKind } from '../sim-types.ts';
import { at } from '../../time-cell.ts';

/** One level a side. */
function fillBook(book: Book, bidTicks: number, askTicks: number, bidLots = 10): void {
  book.replace({
    action: DepthAction.snapshot,
    askTicks: Int32Array.of(askTicks),
    askLots: Float64Array.of(20),
    askCount: 1,
    bidTicks: Int32Array.of(bidTicks),
    bidLots: Float64Array.of(bidLots),
    bidCount: 1,
    tsMs: 0,
    seqId: 0,
    prevSeqId: -1,
  });
  book.state = BookState.synced;
}

const [A, B] = [nameOf(1), nameOf(2)];

describe('money', () => {
  function made(instId: string): { world: HandWorld; engine: HandEngine; checker: Money } {
    const world = new HandWorld([instId]);
    const engine = world.start(new HandEngine(7, world.instIds));
    const checker = new Money(new Shared());
    expect(world.look(checker)).toBe(null);
    return { world, engine, checker };
  }
  const sizes = {
    [SWAP]: { sz: '0.3', lots: 30 },
    [INVERSE]: { sz: '0.5', lots: 5 },
    [SPOT]: { sz: '0.3', lots: 30_000_000 },
  } as const;

  test.each([SWAP, INVERSE, SPOT] as const)('%s: each fill once, to the last unit', (instId) => {
    const { world, engine, checker } = made(instId);
    const { ledger } = engine.loop;
    const { sz, lots } = sizes[instId];
    const fillRows = world.venue.exchange.accountOf(world.uid).fillRows as unknown as Record<
      string,
      string
    >[];
    const tell = (side: Side): void => {
      const { fee, feeCcy, fillPx } = fillRows.at(-1)!;
      ledger.onTrade(0, side, Math.round(Number(fillPx) * 10), lots);
      ledger.onFee(0, Number(fee), instId === SPOT && feeCcy === 'BTC');
    };
    world.arrive('place', [place(A, 'buy', sz, '78000.1', { instId })]);
    world.take(instId, 'sell', sz, '78000.1');
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toMatch(/0 fills booked, of 1 that the venue knows/);
    tell(Side.buy);
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toBe(null);
    world.arrive('place', [place(B, 'sell', sz, '78100.3', { instId })]);
    world.take(instId, 'buy', sz, '78100.3');
    tell(Side.sell);
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toBe(null);
    tell(Side.sell);
    expect(world.look(checker)).toMatch(/3 fills booked, of 2/);
  });

  test.each([
    ['another price', 780_002, 30, /cash off by -0\.03 after 1 fills/],
    ['another size', 780_001, 29, /position 0\.29, of the venue's 0\.3/],
  ])('%s is seen at once', (_, ticks, lots, said) => {
    const { world, engine, checker } = made(SWAP);
    world.arrive('place', [place(A, 'buy', '0.3', '78000.1')]);
    world.take(SWAP, 'sell', '0.3', '78000.1');
    engine.loop.ledger.onTrade(0, Side.buy, ticks, lots);
    expect(world.look(checker)).toMatch(said);
  });

  test('a missing fee or fill is waited for, but not for ever', () => {
    const { world, engine, checker } = made(SWAP);
    world.arrive('place', [place(A, 'buy', '0.3', '78000.1')]);
    world.take(SWAP, 'sell', '0.3', '78000.1');
    engine.loop.ledger.onTrade(0, Side.buy, 780_001, 30);
    const seconds = (count: number): string | null => {
      let said = null;
      for (let second = 0; second < count; second++) {
        world.pass(1_000);
        said ??= world.look(checker, StepKind.engineTimer);
      }
      return said;
    };
    expect(seconds(60)).toBe(null);
    world.isNetworkDown = true;
    expect(seconds(300)).toBe(null);
    world.isNetworkDown = false;
    expect(seconds(5)).toMatch(/fees 0, of the venue's -0\.0468/);
  });
});

describe('balances', () => {
  test.each([SWAP, INVERSE, SPOT])('%s: what fills make them', (instId) => {
    const world = new HandWorld([instId]);
    const shared = new Shared();
    const checker = new Balances(shared);
    expect(world.look(checker)).toBe(null);
    const { exchange } = world.venue;
    world.arrive('place', [place(A, 'buy', '0.5', '78000.1', { instId })]);
    world.take(instId, 'sell', '0.5', '78000.1');
    expect(world.look(checker)).toBe(null);
    expect(checker.end(world)).toBe(null);
    world.arrive('place', [place(B, 'sell', '0.4', '78100.3', { instId })]);
    world.take(instId, 'buy', '0.4', '78100.3');
    expect(world.look(checker)).toBe(null);
    expect(exchange.accountOf(world.uid).fillRows.length).toBe(2);
    expect(checker.end(world)).toBe(null);
    exchange.accountOf(world.uid).book('BTC', 10n ** 9n, 0);
    expect(checker.end(world)).toMatch(/BTC: the balance is 1(\.0+1)?e-9 off/);
  });
});

describe('loss limit', () => {
  test('a loss by the venue’s fills halts, unless an operator has seen it', () => {
    const world = new HandWorld([SWAP], {}, { lossMax: 0.1 });
    const engine = world.start(new HandEngine(7, world.instIds));
    const checker = new LossLimit(new Shared());
    const seconds = (count: number): string | null => {
      let said = null;
      for (let second = 0; second < count; second++) {
        world.pass(1_000);
        said ??= world.look(checker, StepKind.engineTimer);
      }
      return said;
    };
    expect(seconds(100)).toBe(null);
    world.make(SWAP, '0.2', '77000', '79500');
    // A tenth of a contract of 0.01 BTC, bought dear and sold cheap.
    world.arrive('place', [place(A, 'buy', '0.1', '78500')]);
    world.take(SWAP, 'sell', '0.1', '78500');
    world.arrive('place', [place(B, 'sell', '0.1', '78000')]);
    world.take(SWAP, 'buy', '0.1', '78000');
    expect(seconds(60)).toBe(null);
    expect(seconds(5)).toMatch(/lost 0\.5\d of at most 0\.1, and not halted/);
    engine.loop.ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(seconds(100)).toBe(null);
    engine.loop.ladder.resume();
    world.commandsGiven = 1;
    world.commandDone = 'resume';
    expect(seconds(100)).toBe(null);
  });
});

describe('book', () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: BookTruth } {
    const world = new HandWorld([SWAP], { bookAgeMsMax: 5_000 });
    const engine = world.start(new HandEngine(7, world.instIds));
    world.arrive('place', [place('other1', 'buy', '0.1', '78000'), place('other2', 'sell', '0.2', '78010')]);
    return { world, engine, checker: new BookTruth(new Shared()) };
  }
  /** What the venue has, or something else. */
  function fill(world: HandWorld, engine: HandEngine, bidLots = 10, askTicks = 780_100): void {
    const book = engine.loop.market.books[0]!;
    fillBook(book, 780_000, askTicks, bidLots);
    book.seqId = world.venue.market.publisher(SWAP)!.seqId;
  }

  test('a whole book is the venue’s', () => {
    const { world, engine, checker } = made();
    fill(world, engine);
    expect(world.look(checker)).toBe(null);
    world.pass(20_000);
    fill(world, engine, 9);
    expect(world.look(checker)).toBe(null);
    world.pass(9_000);
    expect(world.look(checker)).toMatch(/bid 0 is 78000 × 0\.09, of the venue's 78000 × 0\.1/);
    engine.loop.market.books[0]!.seqId--;
    expect(world.look(checker)).toBe(null);
  });

  test('nothing is placed or moved towards the market on one that is not whole, or crossed', () => {
    const { world, engine, checker } = made();
    fill(world, engine);
    expect(world.look(checker)).toBe(null);
    world.arrive('place', [place(A, 'buy', '0.1', '77000')]);
    engine.loop.market.books[0]!.state = BookState.broken;
    world.say('amend-order', [change(A, { newPx: '76000' })]);
    expect(world.look(checker)).toBe(null);
    world.say('amend-order', [change(A, { newPx: '77500' })]);
    expect(world.look(checker)).toMatch(/amend of .* on a book that is not whole/);
    fill(world, engine, 10, 779_000);
    world.say('order', [place(B, 'buy', '0.1', '77000')]);
    expect(world.look(checker)).toMatch(/place of .* on a crossed book/);
  });

  test('nor on one that the venue has long left behind', () => {
    const { world, engine, checker } = made();
    fill(world, engine);
    const said: (string | null)[] = [];
    for (let second = 0; second < 26; second++) {
      if (second < 5) world.arrive('place', [place(`other${second + 3}`, 'buy', '0.1', '75000')]);
      world.say('order', [place(nameOf(second), 'buy', '0.01', '77000')]);
      said.push(world.look(checker));
      world.pass(1_000);
    }
    expect(said.slice(0, 18).every((each) => each === null)).toBe(true);
    expect(said.at(-1)).toMatch(/place of .* on a book at \d+, when the venue was past \d+ 17000 ms before/);
  });
});

describe('healed', () => {
  function made(): { world: HandWorld; engine: HandEngine; checker: Healed } {
    const world = new HandWorld();
    const engine = world.start(new HandEngine(7, world.instIds));
    return { world, engine, checker: new Healed(new Shared()) };
  }

  test('orders are the venue’s, with price and size', () => {
    const { world, engine, checker } = made();
    const { table } = engine.loop;
    const slot = table.open(0, Side.buy, 780_000, 10, at(world.nowNs));
    const name = nameOf(slot, table.generation[slot]);
    expect(checker.end(world)).toMatch(/the engine has 1\d{18} 0 10 of 10 at 780000; the venue no other/);
    world.arrive('place', [place(name, 'buy', '0.1', '78000')]);
    expect(checker.end(world)).toMatch(/nothing is offered/);
    world.arrive('amend', [change(name, { newPx: '78000.1' })]);
    expect(checker.end(world)).toMatch(/orders differ/);
  });

  test('quotes stand, unless the ladder forbids it', () => {
    const { world, engine, checker } = made();
    const { table } = engine.loop;
    expect(checker.end(world)).toMatch(/no quote stands/);
    const bid = table.open(0, Side.buy, 780_000, 10, at(world.nowNs));
    world.arrive('place', [place(nameOf(bid, table.generation[bid]), 'buy', '0.1', '78000')]);
    expect(checker.end(world)).toMatch(/nothing is offered/);
    const ask = table.open(0, Side.sell, 790_000, 10, at(world.nowNs));
    world.arrive('place', [place(nameOf(ask, table.generation[ask]), 'sell', '0.1', '79000')]);
    expect(checker.end(world)).toBe(null);
    const paused = made();
    paused.engine.loop.ladder.raise(KillTrigger.operator, KillLevel.paused, ACCOUNT);
    expect(paused.checker.end(paused.world)).toBe(null);
  });

  test('an engine runs, and knows its position', () => {
    const { world, engine, checker } = made();
    engine.loop.ledger.onTrade(0, Side.buy, 780_000, 3);
    expect(checker.end(world)).toMatch(/position 3 lots, of the venue's 0/);
    world.engine = null;
    expect(checker.end(world)).toBe('no engine runs');
    expect(world.nowNs).toBeGreaterThan(NS_PER_SECOND);
  });
});
