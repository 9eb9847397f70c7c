import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { Gate, GateReason } from '../../engine/risk/gate.ts';
import type { AccountLimits, RiskLimits } from '../../engine/risk/gate.ts';
import { KillReason, KillSwitch } from '../../engine/risk/kill-switch.ts';

const INSTRUMENTS = [0, 1].map(
  (index) =>
    new Instrument(index, {
      instId: `COIN${index}-USDT-SWAP`,
      instIdCode: index + 1,
      type: InstrumentType.swap,
      kind: ContractKind.linear,
      state: InstrumentState.live,
      baseCcy: 'COIN',
      quoteCcy: 'USDT',
      settleCcy: 'USDT',
      instFamily: '',
      tickSz: '1',
      lotSz: '1',
      minSz: '2',
      maxLmtSz: '1000',
      contractValue: 1,
    }),
);
const LIMITS: RiskLimits = {
  positionLotsMax: 100,
  orderLotsMax: 50,
  orderNotionalMax: 40_000,
  openOrdersMax: 3,
  collarBps: 1_000,
  notionalRate: 1,
};
const ACCOUNT: AccountLimits = { notionalMax: 1_000_000, lossMax: 500 };
const { place, amend, cancel } = CommandOp;

class Desk {
  readonly killSwitch = new KillSwitch();
  readonly inputs = {
    positionLots: new Float64Array(2),
    exposureLots: new Float64Array(4),
    bestTicks: Int32Array.of(0, TICKS_MAX, 0, TICKS_MAX),
    openCounts: new Int32Array(2),
  };
  readonly gate: Gate;

  constructor(limits: Partial<RiskLimits> = {}, account: Partial<AccountLimits> = {}, hasTag = true) {
    const own = { ...LIMITS, ...limits };
    const all = { ...ACCOUNT, ...account };
    this.gate = new Gate(INSTRUMENTS, [own, own], all, this.inputs, hasTag, this.killSwitch);
    this.gate.setMarket(0, 999, 1_001, true);
    this.gate.setMarket(1, 999, 1_001, true);
  }

  place(side: Side, ticks: number, lots: number): GateReason {
    return this.gate.check(place, 0, side, ticks, lots, lots);
  }
}

describe('the gate', () => {
  it('lets a plain order pass, and counts what it says', () => {
    const desk = new Desk();
    expect(desk.place(Side.buy, 999, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.sell, 1_000, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.sell, 999, 10)).toBe(GateReason.wouldCross);
    expect([desk.gate.strikes[GateReason.pass], desk.gate.strikes[GateReason.wouldCross]]).toEqual([2, 1]);
  });

  it('lets nothing but cancels pass when halted, untagged, paused, or on a book that is not quotable', () => {
    const halted = new Desk();
    halted.killSwitch.halt(KillReason.operator);
    const untagged = new Desk({}, {}, false);
    const paused = new Desk();
    paused.gate.isPaused[0] = 1;
    const broken = new Desk();
    broken.gate.setMarket(0, 999, 1_001, false);
    const expected: readonly [Desk, GateReason][] = [
      [halted, GateReason.halted],
      [untagged, GateReason.noTag],
      [paused, GateReason.instrumentPaused],
      [broken, GateReason.notQuotable],
    ];
    for (const [desk, reason] of expected) {
      expect(desk.place(Side.buy, 990, 10)).toBe(reason);
      expect(desk.gate.check(amend, 0, Side.buy, 990, 10, 0)).toBe(reason);
      expect(desk.gate.check(cancel, 0, Side.buy, 990, 0, 0)).toBe(GateReason.pass);
    }
  });

  it('is closed before the first book', () => {
    const { killSwitch, inputs } = new Desk();
    const gate = new Gate(INSTRUMENTS, [LIMITS, LIMITS], ACCOUNT, inputs, true, killSwitch);
    expect(gate.check(place, 0, Side.buy, 990, 10, 10)).toBe(GateReason.notQuotable);
  });

  it.each([
    ['below the least size', 990, 1, GateReason.sizeMin],
    ['at the least size', 990, 2, GateReason.pass],
    ['of the largest size', 990, 40, GateReason.pass],
    ['worth too much', 990, 41, GateReason.orderNotionalMax],
    ['too large', 990, 51, GateReason.sizeMax],
    ['of no size', 990, NaN, GateReason.sizeMin],
    ['at the collar', 900, 10, GateReason.pass],
    ['beyond the collar', 899, 10, GateReason.collarBook],
    ['at the best ask', 1_001, 10, GateReason.wouldCross],
  ])('judges a buy %s', (_, ticks, lots, reason) => {
    expect(new Desk().place(Side.buy, ticks, lots)).toBe(reason);
  });

  it('counts open orders for places only', () => {
    const desk = new Desk();
    desk.inputs.openCounts[0] = 3;
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.openOrdersMax);
    expect(desk.gate.check(amend, 0, Side.buy, 990, 10, 5)).toBe(GateReason.pass);
  });

  it('counts position and everything in flight, each side by itself', () => {
    const desk = new Desk();
    desk.inputs.positionLots[0] = 40;
    desk.inputs.exposureLots[0] = 50;
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.buy, 990, 11)).toBe(GateReason.positionMax);
    desk.inputs.exposureLots[1] = 100;
    expect(desk.place(Side.sell, 1_010, 39), 'sells lead out of it').toBe(GateReason.pass);
    desk.inputs.positionLots[0] = -40;
    expect(desk.place(Side.sell, 1_010, 10)).toBe(GateReason.positionMax);
    desk.inputs.positionLots[0] = 120;
    expect(desk.gate.check(amend, 0, Side.buy, 990, 10, 0), 'a price is a new risk too').toBe(
      GateReason.positionMax,
    );
  });

  it('counts the account in one currency, and lets what leads out pass', () => {
    const desk = new Desk({ notionalRate: 2 }, { notionalMax: 100_000 });
    desk.inputs.positionLots[1] = -30;
    // 30 × 1000 × 2 are taken; 40,000 are left for 20 lots at 1000.
    expect(desk.place(Side.buy, 990, 20)).toBe(GateReason.pass);
    expect(desk.place(Side.buy, 990, 21)).toBe(GateReason.accountNotionalMax);
    desk.inputs.exposureLots[3] = 30;
    expect(desk.place(Side.buy, 990, 2)).toBe(GateReason.accountNotionalMax);
    expect(desk.gate.check(place, 1, Side.buy, 990, 30, 30), 'back to flat at most').toBe(GateReason.pass);
  });

  it('keeps inside the price limits of the venue', () => {
    const desk = new Desk();
    desk.gate.setPriceLimits(0, 995, 1_005);
    expect(desk.place(Side.buy, 995, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.buy, 996, 10)).toBe(GateReason.priceLimit);
    expect(desk.place(Side.sell, 1_005, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.sell, 1_004, 10)).toBe(GateReason.priceLimit);
  });

  it('never crosses our own orders, those in flight included', () => {
    const desk = new Desk();
    desk.gate.setMarket(0, 950, 1_050, true);
    desk.inputs.bestTicks[0] = 990;
    desk.inputs.bestTicks[1] = 1_010;
    expect(desk.place(Side.buy, 1_009, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.buy, 1_010, 10)).toBe(GateReason.selfCross);
    expect(desk.place(Side.sell, 991, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.sell, 990, 10)).toBe(GateReason.selfCross);
  });

  it('halts at the loss limit, once, and a profit that is no number is a loss', () => {
    const desk = new Desk();
    expect(desk.gate.onProfit(-499)).toBe(false);
    expect(desk.gate.onProfit(-500)).toBe(true);
    expect(desk.gate.onProfit(-600)).toBe(false);
    expect(desk.killSwitch.reason).toBe(KillReason.lossMax);
    expect(desk.gate.onProfit(1_000)).toBe(false);
    expect(desk.killSwitch.isHalted, 'a profit does not bring it back').toBe(true);
    expect(new Desk().gate.onProfit(NaN)).toBe(true);
  });

  it('keeps the worst case of any sequence of passed orders inside the position limit', () => {
    const order = fc.record({
      side: fc.constantFrom(Side.buy, Side.sell),
      lots: fc.integer({ min: 2, max: 40 }),
      isFilled: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 60 }), (sequence) => {
        const desk = new Desk({ openOrdersMax: 1_000 }, { notionalMax: 1e12 });
        const { positionLots, exposureLots } = desk.inputs;
        for (const { side, lots, isFilled } of sequence) {
          if (desk.place(side, side === Side.buy ? 990 : 1_010, lots) !== GateReason.pass) continue;
          if (isFilled) positionLots[0]! += side === Side.buy ? lots : -lots;
          else exposureLots[side]! += lots;
          expect(positionLots[0]! + exposureLots[Side.buy]!).toBeLessThanOrEqual(LIMITS.positionLotsMax);
          expect(positionLots[0]! - exposureLots[Side.sell]!).toBeGreaterThanOrEqual(-LIMITS.positionLotsMax);
        }
      }),
    );
  });
});

describe('the kill switch', () => {
  it('keeps its first reason', () => {
    const killSwitch = new KillSwitch();
    expect(killSwitch.isHalted).toBe(false);
    expect(killSwitch.halt(KillReason.venue)).toBe(true);
    expect(killSwitch.halt(KillReason.operator)).toBe(false);
    expect(killSwitch.reason).toBe(KillReason.venue);
  });
});
