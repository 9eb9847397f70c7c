import { describe, expect, it } from 'vitest';
import { FILL_SUM_CELLS, FillRowOf, FillSum, HorizonSum } from '../../engine/attribution/fill-sums.ts';
import { QuotedCell } from '../../engine/attribution/quoted-time.ts';
import type { Attribution } from '../../engine/attribution/attribution.ts';
import { PROFIT_PARTS, ProfitPart, ageGroup, levelGroup, modelGroup } from '../../engine/base/fill-groups.ts';
import { Side } from '../../engine/base/side.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { ACCOUNT_LIMITS, EPOCH_MS } from './loop-world.ts';
import { ScriptedWorld } from './scripted-venue.ts';
import type { HeldOrder } from './scripted-venue.ts';

function truthOf({ loop }: ScriptedWorld): Attribution {
  return loop.truth.instruments[0]!;
}

/** Those that are not 0, marked exactly. */
function partsOf(world: ScriptedWorld): Record<string, number> {
  const truth = truthOf(world);
  truth.mark();
  const values = new Float64Array(PROFIT_PARTS);
  truth.read(values);
  return Object.fromEntries(
    Object.entries(ProfitPart).flatMap(([name, part]) => (values[part] === 0 ? [] : [[name, values[part]!]])),
  );
}

function fillsOf(world: ScriptedWorld, row: number): number {
  return truthOf(world).sums.cells[row * FILL_SUM_CELLS + FillSum.fills]!;
}

/** The venue tells the fill of now. */
function fill(world: ScriptedWorld, order: HeldOrder, lots?: number): void {
  world.frame(
    Connection.private,
    world.fill(order, lots).replace(/"uTime":"\d+"/, `"uTime":"${Math.floor(world.nowMs)}"`),
  );
}

/** An engine that finds a position when it starts. */
function holding(lots: number, entryTicks: number): ScriptedWorld {
  const world = new ScriptedWorld();
  for (const connection of [Connection.public, Connection.private, Connection.trade])
    world.loop.onSessionUp(connection, world.nowNs);
  world.loop.onWorkerReady([0], world.nowNs);
  world.recover(lots, entryTicks);
  world.snapshot();
  return world;
}

function funding(total: string, openedMs = EPOCH_MS): string {
  return JSON.stringify({
    arg: { channel: 'positions', instType: 'ANY', uid: '1' },
    data: [
      {
        instId: 'BTC-USDT-SWAP',
        posSide: 'net',
        pos: '10',
        fundingFee: total,
        cTime: String(openedMs),
        uTime: String(EPOCH_MS),
      },
    ],
  });
}

// A contract is 0.01 BTC: ten of them gain 0.01 USDT a tick. The ladder is 999.5 999.3 999.1 and 1000.5 1000.7 1000.9.
describe('the truth about fills, in the loop', () => {
  it('says of which level and how old the quote was, and what the fill captured', () => {
    const world = new ScriptedWorld().quoting();
    world.pass(3_000);
    fill(world, world.open('buy')[1]!, 10);
    expect(partsOf(world)).toEqual({ spread: 0.07, fees: -0.01 });
    expect(fillsOf(world, FillRowOf.level + 1)).toBe(1);
    expect(fillsOf(world, FillRowOf.side + Side.buy)).toBe(1);
    expect(fillsOf(world, FillRowOf.age + ageGroup(3))).toBe(1);
    expect(world.loop.truth.residuals[0]).toBe(0);
  });

  it('counts by the model that is configured', () => {
    const world = new ScriptedWorld().quoting();
    world.loop.truth.configure({ models: ['glft'] });
    fill(world, world.open('sell')[0]!);
    expect(fillsOf(world, FillRowOf.model + modelGroup('glft'))).toBe(1);
  });

  it('tells the first second after a fill from what comes later, and both add up with the ledger', () => {
    const world = new ScriptedWorld().quoting();
    fill(world, world.open('buy')[0]!);
    expect(partsOf(world)).toEqual({ spread: 0.05, fees: -0.01 });
    world.move('999.9', '1000.1', '999.7', '999.9');
    world.pass(4_000);
    // Ten contracts, two ticks down.
    expect(partsOf(world)).toEqual({ spread: 0.05, adverseSelection: -0.02, fees: -0.01 });
    world.move('999.7', '999.9', '999.6', '999.8');
    world.pass(60_000);
    expect(partsOf(world)).toEqual({ spread: 0.05, adverseSelection: -0.02, inventory: -0.01, fees: -0.01 });
    const { cells } = truthOf(world).sums;
    const markout = cells[FillSum.horizons + 3 * HorizonSum.count]!;
    expect(markout).toBeCloseTo(0.02, 9);
    expect(world.loop.truth.residuals[0]).toBe(0);
    expect(world.loop.ledger.netProfit(0, 9_997)).toBeCloseTo(0.05 - 0.02 - 0.01 - 0.01, 12);
  });

  it('keeps what it costs to close a position apart from what quotes earn', () => {
    const world = new ScriptedWorld().quoting();
    fill(world, world.open('buy')[0]!);
    const earned = partsOf(world);
    world.loop.command(OperatorCommand.flatten, world.nowNs);
    for (let round = 0; round < 10 && world.open('sell').every(({ px }) => Number(px) > 1_000); round++) {
      world.pass(500);
      world.settle();
    }
    const [closing] = world.open('sell');
    world.frame(Connection.private, world.fill(closing!, 10, '999.9'));
    // A tick below the middle, and its fee.
    expect(partsOf(world)).toEqual({ ...earned, hedging: -0.02 });
    expect(fillsOf(world, FillRowOf.level + levelGroup(-1))).toBe(1);
    expect(world.loop.ledger.positionLots[0]).toBe(0);
  });

  it('takes a position that recovery finds at the middle, whatever it was entered at', () => {
    const world = holding(-50, 9_000);
    world.pass(61_000);
    expect(partsOf(world)).toEqual({});
    expect(truthOf(world).parts.lots).toBe(-50);
    world.move('999.9', '1000.1', '1000.0', '1000.2');
    world.pass(61_000);
    expect(partsOf(world)).toEqual({ inventory: -0.05 });
    expect(world.loop.truth.residuals[0]).toBe(0);
  });

  it('counts a trade that only REST tells, with the age that its order had then', () => {
    const world = new ScriptedWorld().quoting();
    world.pass(1_000);
    const order = world.open('sell')[0]!;
    world.fill(order);
    world.audit({ trades: [world.tradeOf(order, 10, { tsMs: world.nowMs })] });
    expect(partsOf(world)).toEqual({ spread: 0.05, fees: -0.01 });
    expect(fillsOf(world, FillRowOf.age + ageGroup(1))).toBe(1);
  });

  it('begins anew with every run: what a former one has left is no profit of this', () => {
    const former = new ScriptedWorld().quoting();
    fill(former, former.open('buy')[0]!);
    const world = new ScriptedWorld();
    world.loop.restore({ kill: [], ledger: former.loop.ledger.rows(), loss: null, trades: [] });
    world.connect().snapshot();
    world.pass(61_000);
    expect(partsOf(world)).toEqual({});
    world.move('999.9', '1000.1', '999.8', '1000.0');
    world.pass(61_000);
    expect(partsOf(world)).toEqual({ inventory: -0.01 });
    expect(world.loop.truth.residuals[0]).toBe(0);
  });

  it('knows how long each side was quoted, and how far from the middle', () => {
    const world = new ScriptedWorld().quoting();
    world.pass(10_000);
    const { seconds, bpsSeconds } = truthOf(world).quoted;
    expect(seconds[QuotedCell.total]).toBeGreaterThan(9);
    expect(seconds[QuotedCell.both]).toBeCloseTo(seconds[QuotedCell.bid]!, 9);
    expect(bpsSeconds[Side.buy]! / seconds[QuotedCell.bid]!).toBeCloseTo(5, 6);
    expect(bpsSeconds[Side.sell]! / seconds[QuotedCell.ask]!).toBeCloseTo(5, 6);
  });

  it('shows a trade that the ledger has booked and nobody told as a residual, and does not take it for a position', () => {
    const world = new ScriptedWorld().quoting();
    fill(world, world.open('buy')[0]!);
    world.loop.ledger.onTrade(0, Side.buy, 9_990, 10);
    world.pass(61_000);
    expect(world.loop.truth.residuals[0]).toBeCloseTo(0.1, 9);
    fill(world, world.open('sell')[0]!, 1);
    world.pass(61_000);
    expect(Math.abs(world.loop.truth.residuals[0]!)).toBeGreaterThan(0.05);
  });

  it('compares the first fill with the ledger, too', () => {
    const world = new ScriptedWorld().quoting();
    world.pass(1_000);
    const order = world.open('buy')[0]!;
    // The ledger books another price than the one that is told.
    const { ledger, truth } = world.loop;
    const book = ledger.onTrade.bind(ledger);
    ledger.onTrade = (instrument, side, ticks, lots) => book(instrument, side, ticks - 1, lots);
    fill(world, order);
    truth.check(0);
    expect(truth.residuals[0]).toBeCloseTo(0.01, 9);
  });

  it('keeps what is missing when a position is found', () => {
    const world = new ScriptedWorld().quoting();
    fill(world, world.open('buy')[0]!);
    world.loop.ledger.onFee(0, -0.5, false);
    world.loop.truth.check(0);
    expect(world.loop.truth.residuals[0]).toBeCloseTo(-0.5, 9);
    world.loop.ledger.setPosition(0, 70, 9_000);
    world.loop.truth.check(0);
    expect(world.loop.truth.foundCount).toBeGreaterThan(0);
    expect(world.loop.truth.residuals[0]).toBeCloseTo(-0.5, 9);
  });

  it('does not go on when a unit is missing', () => {
    const world = new ScriptedWorld().quoting();
    fill(world, world.open('buy')[0]!);
    truthOf(world).parts.spread += 1n;
    expect(() => world.pass(61_000)).toThrow('the parts of the profit add up to it');
  });
});

describe('funding', () => {
  it('counts in the ledger and in the parts, each settlement once', () => {
    const world = new ScriptedWorld().quoting();
    fill(world, world.open('buy')[0]!);
    for (const total of ['0', '-0.3', '-0.3', '-0.5']) world.frame(Connection.private, funding(total));
    expect(world.loop.ledger.funding[0]).toBe(-0.5);
    expect(partsOf(world)).toEqual({ spread: 0.05, fees: -0.01, funding: -0.5 });
    expect(world.loop.netProfit()).toBeCloseTo(0.05 - 0.01 - 0.5, 12);
    world.pass(61_000);
    expect(world.loop.truth.residuals[0]).toBe(0);
  });

  it('counts for the loss limit, and for the drawdown', () => {
    const world = new ScriptedWorld({ account: { ...ACCOUNT_LIMITS, lossMax: 0.4 } }).quoting();
    fill(world, world.open('buy')[0]!);
    world.pass(100);
    expect(world.loop.ladder.isHalted).toBe(false);
    world.frame(Connection.private, funding('-0.5'));
    world.pass(100);
    expect(world.loop.ladder.accountReason).toBe(KillTrigger.loss);
    expect(world.loop.lossWatch.drawdown).toBeCloseTo(0.5, 9);
  });

  it('is not lost over a restart, and of what was settled before only what was not heard is new', () => {
    const former = new ScriptedWorld().quoting();
    fill(former, former.open('buy')[0]!);
    former.frame(Connection.private, funding('-0.3'));
    const world = new ScriptedWorld();
    const ledger = JSON.parse(JSON.stringify(former.loop.ledger.rows())) as typeof rows;
    const rows = former.loop.ledger.rows();
    world.loop.restore({ kill: [], ledger, loss: null, trades: [] });
    world.connect().snapshot();
    world.frame(Connection.private, funding('-0.7'));
    expect(world.loop.ledger.funding[0]).toBeCloseTo(-0.7, 12);
    expect(partsOf(world)['funding']).toBe(-0.4);
  });

  it('of a position that was found begins with what is told first', () => {
    const world = holding(50, 10_000);
    world.frame(Connection.private, funding('-3'));
    world.frame(Connection.private, funding('-3.25'));
    expect(world.loop.ledger.funding[0]).toBe(-0.25);
  });
});
