import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { IndexSet } from '../../engine/base/index-set.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { Gate, GateReason } from '../../engine/risk/gate.ts';
import type { AccountLimits, RiskLimits } from '../../engine/risk/gate.ts';
import { ACCOUNT, KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';

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
  notionalMax: Infinity,
  openOrdersMax: 3,
  collarBps: 1_000,
  notionalRate: 1,
};
const ACCOUNT_LIMITS: AccountLimits = { notionalMax: 1_000_000, openOrdersMax: 1_000, lossMax: 500 };
const { place, amend, cancel } = CommandOp;

class Desk {
  readonly ladder = new KillLadder(INSTRUMENTS);
  readonly inputs = {
    positionLots: new Float64Array(2),
    entryTicks: new Float64Array(2),
    exposureLots: new Float64Array(4),
    bestTicks: Int32Array.of(0, TICKS_MAX, 0, TICKS_MAX),
    openCounts: new Int32Array(2),
    openTotals: new Int32Array(1),
    changed: new IndexSet(2),
  };
  readonly #gate: Gate;

  constructor(limits: Partial<RiskLimits> = {}, account: Partial<AccountLimits> = {}, hasTag = true) {
    const own = { ...LIMITS, ...limits };
    const all = { ...ACCOUNT_LIMITS, ...account };
    this.#gate = new Gate(INSTRUMENTS, [own, own], all, this.inputs, hasTag, this.ladder);
    this.#gate.setMarket(0, 999, 1_001, true);
    this.#gate.setMarket(1, 999, 1_001, true);
  }

  /** Tests write the inputs by hand: whatever they wrote, the gate is told. */
  get gate(): Gate {
    const { openCounts, openTotals, changed } = this.inputs;
    openTotals[0] = openCounts[0]! + openCounts[1]!;
    changed.addAll();
    return this.#gate;
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
    halted.ladder.raise(KillTrigger.operator, KillLevel.halted, ACCOUNT);
    const stopped = new Desk();
    stopped.ladder.raise(KillTrigger.volatility, KillLevel.paused, 0);
    const untagged = new Desk({}, {}, false);
    const paused = new Desk();
    paused.gate.isPaused[0] = 1;
    const broken = new Desk();
    broken.gate.setMarket(0, 999, 1_001, false);
    const expected: readonly [Desk, GateReason][] = [
      [halted, GateReason.killed],
      [stopped, GateReason.killed],
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
    const { ladder, inputs } = new Desk();
    const gate = new Gate(INSTRUMENTS, [LIMITS, LIMITS], ACCOUNT_LIMITS, inputs, true, ladder);
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

  it('counts the open orders of the whole account', () => {
    const desk = new Desk({}, { openOrdersMax: 4 });
    desk.inputs.openCounts[0] = 1;
    desk.inputs.openCounts[1] = 2;
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.pass);
    desk.inputs.openCounts[1] = 3;
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.accountOpenOrdersMax);
    expect(desk.gate.check(amend, 0, Side.buy, 990, 10, 0)).toBe(GateReason.pass);
  });

  it('limits what an instrument is worth with everything in flight, at the dearest price it knows', () => {
    const desk = new Desk({ notionalMax: 30_000 });
    desk.inputs.positionLots[0] = 10;
    desk.inputs.exposureLots[0] = 10;
    // 30 lots at the middle of 1000.
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.buy, 990, 11)).toBe(GateReason.instrumentNotionalMax);
    desk.gate.setMarkPrice(0, 1_001);
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.instrumentNotionalMax);
    desk.inputs.positionLots[0] = 60;
    expect(desk.place(Side.sell, 1_010, 30), 'leads out').toBe(GateReason.pass);
  });

  it('values what it is asked for at its own price where that is dearer', () => {
    const own = new Desk({ notionalMax: 30_300 });
    expect(own.place(Side.sell, 1_010, 30)).toBe(GateReason.pass);
    expect(own.place(Side.sell, 1_011, 30)).toBe(GateReason.instrumentNotionalMax);
    const all = new Desk({}, { notionalMax: 30_300 });
    expect(all.place(Side.sell, 1_010, 30)).toBe(GateReason.pass);
    expect(all.place(Side.sell, 1_011, 30)).toBe(GateReason.accountNotionalMax);
    all.inputs.exposureLots[1] = 31;
    expect(all.gate.check(amend, 0, Side.sell, 1_011, 30, 0), 'an amend that adds nothing').toBe(
      GateReason.pass,
    );
  });

  it('values inverse contracts by their number, whatever the price', () => {
    const inverse = INSTRUMENTS.map(
      ({ index }) =>
        new Instrument(index, {
          instId: `COIN${index}-USD-SWAP`,
          instIdCode: index + 1,
          type: InstrumentType.swap,
          kind: ContractKind.inverse,
          state: InstrumentState.live,
          baseCcy: 'COIN',
          quoteCcy: 'USD',
          settleCcy: 'COIN',
          instFamily: '',
          tickSz: '0.1',
          lotSz: '1',
          minSz: '1',
          maxLmtSz: '1000',
          contractValue: 100,
        }),
    );
    const gateOf = (notionalMax: number, accountMax: number): Gate => {
      const { inputs, ladder } = new Desk();
      const limits = { ...LIMITS, notionalMax };
      const account = { ...ACCOUNT_LIMITS, notionalMax: accountMax };
      const gate = new Gate(inverse, [limits, limits], account, inputs, true, ladder);
      gate.setMarket(0, 999, 1_001, true);
      inputs.positionLots[1] = -20;
      inputs.changed.add(1);
      return gate;
    };
    const check = (gate: Gate, lots: number): GateReason => gate.check(place, 0, Side.buy, 990, lots, lots);
    expect(check(gateOf(3_000, Infinity), 30)).toBe(GateReason.pass);
    expect(check(gateOf(3_000, Infinity), 31)).toBe(GateReason.instrumentNotionalMax);
    expect(check(gateOf(Infinity, 5_000), 30)).toBe(GateReason.pass);
    expect(check(gateOf(Infinity, 5_000), 31)).toBe(GateReason.accountNotionalMax);
  });

  it('values a position of which no market has been seen at its entry', () => {
    const { inputs, ladder } = new Desk();
    const account = { ...ACCOUNT_LIMITS, notionalMax: 50_000 };
    const gate = new Gate(INSTRUMENTS, [LIMITS, LIMITS], account, inputs, true, ladder);
    gate.setMarket(0, 999, 1_001, true);
    inputs.positionLots[1] = 40;
    inputs.entryTicks[1] = 1_000;
    inputs.changed.add(1);
    expect(gate.check(place, 0, Side.buy, 990, 10, 10)).toBe(GateReason.pass);
    expect(gate.check(place, 0, Side.buy, 990, 11, 11)).toBe(GateReason.accountNotionalMax);
  });

  it('keeps near the mark price too, where there is one', () => {
    const desk = new Desk({ collarBps: 100 });
    expect(desk.place(Side.buy, 990, 10), 'the collar of the book').toBe(GateReason.pass);
    desk.gate.setMarkPrice(0, 1_000.5);
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.collarMark);
    expect(desk.place(Side.buy, 991, 10)).toBe(GateReason.pass);
    expect(desk.place(Side.buy, 989, 10)).toBe(GateReason.collarBook);
    desk.gate.setMarkPrice(0, NaN);
    expect(desk.place(Side.buy, 990, 10), 'not known, it strikes nothing').toBe(GateReason.pass);
  });

  it('passes wider as it passes quoting', () => {
    const desk = new Desk();
    desk.ladder.raise(KillTrigger.volatility, KillLevel.wider, 0);
    expect(desk.place(Side.buy, 990, 10)).toBe(GateReason.pass);
  });

  it.each([
    ['flat, a buy', 0, 0, Side.buy, 10, GateReason.reduceOnly],
    ['flat, a sell', 0, 0, Side.sell, 10, GateReason.reduceOnly],
    ['long, a buy', 30, 0, Side.buy, 10, GateReason.reduceOnly],
    ['long, a sell to flat', 30, 0, Side.sell, 30, GateReason.pass],
    ['long, a sell past flat', 30, 0, Side.sell, 31, GateReason.reduceOnly],
    ['long, a sell past flat with what is in flight', 30, 25, Side.sell, 6, GateReason.reduceOnly],
    ['long, a sell to flat with what is in flight', 30, 25, Side.sell, 5, GateReason.pass],
    ['short, a buy to flat', -30, 20, Side.buy, 10, GateReason.pass],
    ['short, a buy past flat', -30, 20, Side.buy, 11, GateReason.reduceOnly],
    ['short, a sell', -30, 0, Side.sell, 2, GateReason.reduceOnly],
  ])('reduces only: %s', (_, position, inFlight, side, lots, reason) => {
    const desk = new Desk();
    desk.ladder.raise(KillTrigger.margin, KillLevel.reduceOnly, ACCOUNT);
    desk.inputs.positionLots[0] = position;
    desk.inputs.exposureLots[side] = inFlight;
    expect(desk.place(side, side === Side.buy ? 990 : 1_010, lots)).toBe(reason);
  });

  it('strikes an amend that only moves the price of an order that could pass flat', () => {
    const desk = new Desk();
    desk.ladder.raise(KillTrigger.margin, KillLevel.reduceOnly, 0);
    desk.inputs.positionLots[0] = 10;
    desk.inputs.exposureLots[1] = 15;
    expect(desk.gate.check(amend, 0, Side.sell, 1_010, 15, 0)).toBe(GateReason.reduceOnly);
  });

  it('reducing only, no position ever grows, whatever passes and fills in whatever order', () => {
    const step = fc.record({
      isFill: fc.boolean(),
      side: fc.constantFrom(Side.buy, Side.sell),
      lots: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: -90, max: 90 }), fc.array(step, { maxLength: 60 }), (start, steps) => {
        const desk = new Desk({ openOrdersMax: 1_000 });
        const { positionLots, exposureLots } = desk.inputs;
        desk.ladder.raise(KillTrigger.operator, KillLevel.reduceOnly, 0);
        positionLots[0] = start;
        for (const { isFill, side, lots } of steps) {
          if (isFill) {
            const filled = Math.min(lots, exposureLots[side]!);
            const before = positionLots[0]!;
            positionLots[0]! += side === Side.buy ? filled : -filled;
            exposureLots[side]! -= filled;
            expect(Math.abs(positionLots[0]!)).toBeLessThanOrEqual(Math.abs(before));
            expect(positionLots[0]! * start, 'it is never turned round').toBeGreaterThanOrEqual(0);
          } else if (desk.place(side, side === Side.buy ? 990 : 1_010, lots) === GateReason.pass) {
            exposureLots[side]! += lots;
          }
        }
      }),
    );
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

describe('closing a position', () => {
  const close = (desk: Desk, side: Side, ticks: number, lots: number): GateReason =>
    desk.gate.checkClosing(0, side, ticks, lots, 50);
  const holding = (lots: number): Desk => {
    const desk = new Desk();
    desk.inputs.positionLots[0] = lots;
    desk.ladder.raise(KillTrigger.flatten, KillLevel.paused, ACCOUNT);
    return desk;
  };

  it.each([
    ['all of a long', 30, Side.sell, 995, 30, GateReason.pass],
    ['a part of it', 30, Side.sell, 995, 2, GateReason.pass],
    ['more than there is', 30, Side.sell, 995, 31, GateReason.reduceOnly],
    ['the wrong way', 30, Side.buy, 1_005, 10, GateReason.reduceOnly],
    ['nothing', 0, Side.sell, 995, 10, GateReason.reduceOnly],
    ['beyond the price limit below', 30, Side.sell, 994, 30, GateReason.collarBook],
    ['all of a short', -30, Side.buy, 1_005, 30, GateReason.pass],
    ['beyond the price limit above', -30, Side.buy, 1_006, 30, GateReason.collarBook],
    ['too much at once', 60, Side.sell, 995, 51, GateReason.sizeMax],
    ['less than the venue takes', 30, Side.sell, 995, 1, GateReason.sizeMin],
  ])('judges %s', (_, position, side, ticks, lots, reason) => {
    expect(close(holding(position), side, ticks, lots)).toBe(reason);
  });

  it('counts what is in flight', () => {
    const desk = holding(30);
    desk.inputs.exposureLots[1] = 10;
    expect(close(desk, Side.sell, 995, 20)).toBe(GateReason.pass);
    expect(close(desk, Side.sell, 995, 21)).toBe(GateReason.reduceOnly);
  });

  it('measures from the mark price where there is one, whatever the book', () => {
    const desk = holding(30);
    desk.gate.setMarkPrice(0, 990);
    desk.gate.setMarket(0, 999, 1_001, false);
    expect(close(desk, Side.sell, 986, 30)).toBe(GateReason.pass);
    expect(close(desk, Side.sell, 985, 30)).toBe(GateReason.collarMark);
    desk.gate.setMarkPrice(0, 0);
    expect(close(desk, Side.sell, 998, 30), 'neither mark nor book').toBe(GateReason.notQuotable);
  });

  it('keeps inside the venue’s limits, and away from orders of our own', () => {
    const desk = holding(30);
    desk.gate.setPriceLimits(0, TICKS_MAX, 997);
    expect(close(desk, Side.sell, 996, 30)).toBe(GateReason.priceLimit);
    expect(close(desk, Side.sell, 997, 30)).toBe(GateReason.pass);
    desk.inputs.bestTicks[0] = 998;
    expect(close(desk, Side.sell, 998, 30)).toBe(GateReason.selfCross);
  });

  it('needs a live instrument and a tag, and never passes when halted', () => {
    const halted = holding(30);
    halted.ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    const paused = holding(30);
    paused.gate.isPaused[0] = 1;
    const untagged = new Desk({}, {}, false);
    untagged.inputs.positionLots[0] = 30;
    expect(close(halted, Side.sell, 1_000, 30)).toBe(GateReason.killed);
    expect(close(paused, Side.sell, 1_000, 30)).toBe(GateReason.instrumentPaused);
    expect(close(untagged, Side.sell, 1_000, 30)).toBe(GateReason.noTag);
    expect(halted.gate.strikes[GateReason.killed]).toBe(1);
  });
});
