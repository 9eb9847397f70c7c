import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { IndexSet } from '../../engine/base/index-set.ts';
import { Side, sideSign } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { Gate, GateReason } from '../../engine/risk/gate.ts';
import { GroupDelta, NO_GROUP } from '../../engine/risk/group-delta.ts';
import { LotWorth } from '../../engine/risk/lot-worth.ts';
import { ACCOUNT, KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';

/** Spot of a thousandth coin a lot, a linear swap of a hundredth, an inverse one of 100 dollars; another coin's swap. */
const KINDS = [
  { instId: 'BTC-USDT', kind: ContractKind.spot, lotSz: '0.001', contractValue: 1 },
  { instId: 'BTC-USDT-SWAP', kind: ContractKind.linear, lotSz: '1', contractValue: 0.01 },
  { instId: 'BTC-USD-SWAP', kind: ContractKind.inverse, lotSz: '1', contractValue: 100 },
  { instId: 'ETH-USDT-SWAP', kind: ContractKind.linear, lotSz: '1', contractValue: 0.1 },
] as const;
const INSTRUMENTS = KINDS.map(
  ({ instId, kind, lotSz, contractValue }, index) =>
    new Instrument(index, {
      instId,
      instIdCode: index + 1,
      type: kind === ContractKind.spot ? InstrumentType.spot : InstrumentType.swap,
      kind,
      state: InstrumentState.live,
      baseCcy: instId.split('-')[0]!,
      quoteCcy: 'USDT',
      settleCcy: 'USDT',
      instFamily: '',
      tickSz: '0.1',
      lotSz,
      minSz: lotSz,
      maxLmtSz: '',
      contractValue,
    }),
);
const SPOT = 0;
const SWAP = 1;
const INVERSE = 2;
const OTHER = 3;
/** 1,000 dollars a coin: an inverse lot is a tenth of one. */
const PRICE_TICKS = 10_000;
const LIMITS = {
  positionLotsMax: 1_000_000,
  orderLotsMax: 1_000_000,
  orderNotionalMax: 1e12,
  notionalMax: Infinity,
  openOrdersMax: 100,
  collarBps: 1_000,
  notionalRate: 1,
};

function inputsOf() {
  return {
    positionLots: new Float64Array(4),
    entryTicks: new Float64Array(4),
    exposureLots: new Float64Array(8),
    bestTicks: Int32Array.from({ length: 8 }, (_, list) => (list % 2 === 0 ? 0 : TICKS_MAX)),
    openCounts: new Int32Array(4),
    openTotals: new Int32Array(1),
    changed: new IndexSet(4),
  };
}

class Desk {
  readonly inputs = inputsOf();
  readonly ladder = new KillLadder(INSTRUMENTS);
  readonly gate: Gate;

  constructor(deltaCoinsMax = 1) {
    const account = { notionalMax: 1e12, openOrdersMax: 1_000, lossMax: 1e9 };
    const group = { members: [SPOT, SWAP, INVERSE], deltaCoinsMax };
    const limits = INSTRUMENTS.map(() => LIMITS);
    this.gate = new Gate(INSTRUMENTS, limits, account, this.inputs, true, this.ladder, [group]);
    for (const { index } of INSTRUMENTS) {
      this.gate.setMarket(index, PRICE_TICKS - 1, PRICE_TICKS + 1, true);
    }
  }

  get net(): number {
    const into = new Float64Array(1);
    this.gate.groups.readNet(0, into);
    return into[0]!;
  }

  place(instrument: number, side: Side, lots: number): GateReason {
    this.inputs.changed.addAll();
    const ticks = side === Side.buy ? PRICE_TICKS - 1 : PRICE_TICKS + 1;
    return this.gate.check(CommandOp.place, instrument, side, ticks, lots, lots);
  }

  amend(instrument: number, side: Side, lots: number, addedLots: number): GateReason {
    this.inputs.changed.addAll();
    return this.gate.check(CommandOp.amend, instrument, side, PRICE_TICKS - 1, lots, addedLots);
  }
}

describe('the net delta of a group', () => {
  it('adds spot, linear and inverse contracts up in coins', () => {
    const desk = new Desk();
    desk.inputs.positionLots.set([500, -20, 3, 1_000]);
    expect(desk.net).toBeCloseTo(0.5 - 0.2 + 0.3, 12);
    // Dearer coins: the dollars of the inverse contract are fewer of them.
    desk.gate.setMarket(INVERSE, PRICE_TICKS * 2 - 1, PRICE_TICKS * 2 + 1, true);
    expect(desk.net).toBeCloseTo(0.5 - 0.2 + 0.15, 12);
  });

  it('prices an inverse position by its entry before its market was seen, and is not a number without either', () => {
    const inputs = inputsOf();
    const seen = new Float64Array(4);
    const groups = new GroupDelta(
      INSTRUMENTS,
      [{ members: [SPOT, INVERSE], deltaCoinsMax: 1 }],
      inputs,
      seen,
      new LotWorth(INSTRUMENTS),
    );
    const net = new Float64Array(1);
    inputs.positionLots[INVERSE] = 2;
    groups.readNet(0, net);
    expect(net[0]).toBeNaN();
    expect(groups.isWithin(SPOT, Side.buy, 1)).toBe(false);
    expect(groups.isWithin(SPOT, Side.sell, 1)).toBe(false);
    inputs.entryTicks[INVERSE] = PRICE_TICKS;
    groups.readNet(0, net);
    expect(net[0]).toBeCloseTo(0.2, 12);
    expect(groups.isWithin(SPOT, Side.buy, 1)).toBe(true);
    // One that holds nothing has no price to wait for.
    inputs.positionLots[INVERSE] = 0;
    inputs.entryTicks[INVERSE] = 0;
    expect(groups.isWithin(SPOT, Side.buy, 1)).toBe(true);
  });

  it('belongs to its instruments alone, and can be given others', () => {
    const desk = new Desk(0.1);
    desk.inputs.positionLots[SPOT] = 100;
    expect(desk.place(SWAP, Side.buy, 1)).toBe(GateReason.groupDeltaMax);
    expect(desk.place(OTHER, Side.buy, 1_000)).toBe(GateReason.pass);
    desk.gate.groups.setGroups([{ members: [OTHER, SWAP], deltaCoinsMax: 0.5 }]);
    expect(desk.gate.groups.groupOf).toEqual(Int32Array.of(NO_GROUP, 0, NO_GROUP, 0));
    expect(desk.place(SWAP, Side.buy, 1)).toBe(GateReason.pass);
    expect(desk.place(SWAP, Side.buy, 51)).toBe(GateReason.groupDeltaMax);
  });
});

describe('the limit of a group', () => {
  it('counts positions and what is in flight on the same side, in every instrument', () => {
    const desk = new Desk(1);
    desk.inputs.positionLots[SPOT] = 400;
    desk.inputs.exposureLots[SWAP * 2 + Side.buy] = 30;
    expect(desk.place(SPOT, Side.buy, 300)).toBe(GateReason.pass);
    expect(desk.place(SPOT, Side.buy, 301)).toBe(GateReason.groupDeltaMax);
    expect(desk.place(SWAP, Side.buy, 30)).toBe(GateReason.pass);
    expect(desk.place(SWAP, Side.buy, 31)).toBe(GateReason.groupDeltaMax);
    expect(desk.place(INVERSE, Side.buy, 3)).toBe(GateReason.pass);
    expect(desk.place(INVERSE, Side.buy, 4)).toBe(GateReason.groupDeltaMax);
    // The other side has its own worst case: what is long leaves it more room.
    expect(desk.place(SWAP, Side.sell, 140)).toBe(GateReason.pass);
    expect(desk.place(SWAP, Side.sell, 141)).toBe(GateReason.groupDeltaMax);
  });

  it('lets an instrument hold more than the group may, when another hedges it', () => {
    const desk = new Desk(1);
    desk.inputs.positionLots.set([5_000, -500]);
    expect(desk.place(SPOT, Side.buy, 1_000)).toBe(GateReason.pass);
    expect(desk.place(SPOT, Side.buy, 1_001)).toBe(GateReason.groupDeltaMax);
    // To close the hedge alone is to have a delta.
    expect(desk.place(SWAP, Side.buy, 100)).toBe(GateReason.pass);
    expect(desk.place(SWAP, Side.buy, 101)).toBe(GateReason.groupDeltaMax);
  });

  it('reduce only, either leg of a hedged pair may be left first', () => {
    const desk = new Desk(1);
    desk.inputs.positionLots.set([5_000, -500]);
    desk.ladder.raise(KillTrigger.margin, KillLevel.reduceOnly, ACCOUNT);
    expect(desk.place(SWAP, Side.buy, 500)).toBe(GateReason.pass);
    expect(desk.place(SWAP, Side.buy, 501)).toBe(GateReason.reduceOnly);
  });

  it('strikes an amend that adds nothing while the group is beyond its limit: the loop then cancels', () => {
    const desk = new Desk(1);
    desk.inputs.exposureLots[SWAP * 2 + Side.buy] = 10;
    desk.inputs.positionLots[SPOT] = 900;
    expect(desk.amend(SWAP, Side.buy, 10, 0)).toBe(GateReason.pass);
    desk.inputs.positionLots[SPOT] = 901;
    expect(desk.amend(SWAP, Side.buy, 10, 0)).toBe(GateReason.groupDeltaMax);
  });

  it('an order that takes may cross the book within its slippage, and obeys everything else', () => {
    const desk = new Desk(1);
    const { gate, inputs, ladder } = desk;
    const sell = (ticks: number, lots: number): GateReason =>
      gate.checkTaking(SWAP, Side.sell, ticks, lots, 10);
    expect(sell(PRICE_TICKS - 10, 10)).toBe(GateReason.pass);
    expect(sell(PRICE_TICKS - 11, 10)).toBe(GateReason.collarBook);
    expect(sell(PRICE_TICKS - 10, 101)).toBe(GateReason.groupDeltaMax);
    inputs.bestTicks[SWAP * 2] = PRICE_TICKS - 10;
    expect(sell(PRICE_TICKS - 10, 10)).toBe(GateReason.selfCross);
    expect(sell(PRICE_TICKS - 9, 10)).toBe(GateReason.pass);
    gate.setMarkPrice(SWAP, PRICE_TICKS * 1.2);
    expect(sell(PRICE_TICKS - 9, 10)).toBe(GateReason.collarMark);
    gate.setMarkPrice(SWAP, PRICE_TICKS);
    ladder.raise(KillTrigger.operator, KillLevel.paused, ACCOUNT);
    expect(sell(PRICE_TICKS - 9, 10)).toBe(GateReason.killed);
  });

  it('no sequence of orders that it passes, filled in whatever order, ever leads beyond it', () => {
    const limit = 1;
    const step = fc.record({
      instrument: fc.constantFrom(SPOT, SWAP, INVERSE),
      side: fc.constantFrom(Side.buy, Side.sell),
      coins: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      /** What is filled and what is cancelled of what is open, before the order. */
      fill: fc.double({ min: 0, max: 1, noNaN: true }),
      cancels: fc.boolean(),
    });
    let passed = 0;
    let struck = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const desk = new Desk(limit);
        const { positionLots, exposureLots } = desk.inputs;
        for (const { instrument, side, coins, fill, cancels } of steps) {
          const list = instrument * 2 + side;
          const filled = Math.floor(exposureLots[list]! * fill);
          positionLots[instrument]! += sideSign(side) * filled;
          exposureLots[list] = cancels ? 0 : exposureLots[list]! - filled;
          expect(Math.abs(desk.net)).toBeLessThanOrEqual(limit + 1e-9);
          const lots = Math.ceil(coins / desk.gate.groups.coinsOf(instrument));
          const before = desk.net;
          const result = desk.place(instrument, side, lots);
          const coinsAfter = before + sideSign(side) * lots * desk.gate.groups.coinsOf(instrument);
          const isReducing = Math.abs(coinsAfter) <= Math.abs(before) + 1e-12;
          const hasInFlight = exposureLots.some((open) => open > 0);
          if (isReducing && !hasInFlight) expect(result).toBe(GateReason.pass);
          if (result === GateReason.pass) {
            exposureLots[list]! += lots;
            passed++;
          } else struck++;
          // Whatever of one side fills now, the limit holds.
          for (const [buys, sells] of [
            [1, 0],
            [0, 1],
          ] as const) {
            let worst = 0;
            for (const member of [SPOT, SWAP, INVERSE]) {
              const lotsThen =
                positionLots[member]! +
                buys * exposureLots[member * 2]! -
                sells * exposureLots[member * 2 + 1]!;
              worst += lotsThen * desk.gate.groups.coinsOf(member);
            }
            expect(Math.abs(worst)).toBeLessThanOrEqual(limit + 1e-9 + Math.max(0, Math.abs(before) - limit));
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(passed).toBeGreaterThan(100);
    expect(struck).toBeGreaterThan(100);
  });
});
