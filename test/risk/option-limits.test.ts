import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { IndexSet } from '../../engine/base/index-set.ts';
import { Instrument } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { Gate, GateReason } from '../../engine/risk/gate.ts';
import { KillLadder } from '../../engine/risk/kill-ladder.ts';

const SWAP = 0;
const CALL = 1;
const PUT = 2;
const NAMES = ['BTC-USDT-SWAP', 'BTC-USD-261225-80000-C', 'BTC-USD-261225-80000-P'];
const ROWS = new Map(parseInstruments(recordedInstruments()).fields.map((each) => [each.instId, each]));
/** An option contract is a hundredth of a coin, as is one of the swap. */
const INSTRUMENTS = NAMES.map((instId, index) => new Instrument(index, ROWS.get(instId)!));
const LIMITS = {
  positionLotsMax: 1_000_000,
  orderLotsMax: 1_000_000,
  orderNotionalMax: 50_000,
  notionalMax: 100_000,
  openOrdersMax: 100,
  collarBps: 10_000,
  notionalRate: 1,
};

class Desk {
  readonly inputs = {
    positionLots: new Float64Array(3),
    entryTicks: new Float64Array(3),
    exposureLots: new Float64Array(6),
    bestTicks: Int32Array.from({ length: 6 }, (_, list) => (list % 2 === 0 ? 0 : TICKS_MAX)),
    openCounts: new Int32Array(3),
    openTotals: new Int32Array(1),
    changed: new IndexSet(3),
  };
  readonly gate: Gate;

  constructor(deltaCoinsMax = 1_000) {
    const account = { notionalMax: 120_000, openOrdersMax: 100, lossMax: 1e9 };
    const groups = [{ members: [SWAP, CALL, PUT], deltaCoinsMax }];
    const limits = NAMES.map(() => LIMITS);
    this.gate = new Gate(
      INSTRUMENTS,
      limits,
      account,
      this.inputs,
      true,
      new KillLadder(INSTRUMENTS),
      groups,
    );
    this.gate.setMarket(SWAP, 800_000, 800_001, true);
    this.gate.setMarket(CALL, 400, 420, true);
    this.gate.setMarket(PUT, 300, 320, true);
  }

  place(instrument: number, side: Side, lots: number, ticks = side === Side.buy ? 300 : 420): GateReason {
    const at = instrument === SWAP ? 800_000 : ticks;
    return this.gate.check(CommandOp.place, instrument, side, at, lots, lots);
  }
}

describe('limits of options', () => {
  it('count what the underlying is worth, and let nothing pass before that is known', () => {
    const desk = new Desk();
    expect(desk.place(CALL, Side.buy, 1)).toBe(GateReason.orderNotionalMax);
    desk.gate.setUnderlying(CALL, 80_000, 0.5);
    // 62 x 0.01 x 80,000 = 49,600 dollars; their premium of 0.03 is a fraction of that.
    expect(desk.place(CALL, Side.buy, 62)).toBe(GateReason.pass);
    expect(desk.place(CALL, Side.buy, 63)).toBe(GateReason.orderNotionalMax);
    desk.inputs.positionLots[CALL] = 100;
    desk.inputs.changed.add(CALL);
    // 125 x 0.01 x 80,000 = 100,000.
    expect(desk.place(CALL, Side.buy, 25)).toBe(GateReason.pass);
    expect(desk.place(CALL, Side.buy, 26)).toBe(GateReason.instrumentNotionalMax);
    // And with 80,000 of it held, 40,000 are left of the account's 120,000: 50 of the swap, or of the put.
    desk.gate.setUnderlying(PUT, 80_000, -0.4);
    expect(desk.place(PUT, Side.sell, 50)).toBe(GateReason.pass);
    expect(desk.place(PUT, Side.sell, 51)).toBe(GateReason.accountNotionalMax);
  });

  it('add up by delta in a group: to sell a put is to be long', () => {
    const desk = new Desk(0.2);
    desk.gate.setUnderlying(CALL, 80_000, 0.5);
    desk.gate.setUnderlying(PUT, 80_000, -0.4);
    // Ten calls are 10 x 0.01 x 0.5 = 0.05 coins, ten puts sold 0.04.
    desk.inputs.positionLots.set([0, 10, -10]);
    const net = new Float64Array(1);
    desk.gate.groups.readNet(0, net);
    expect(net[0]).toBeCloseTo(0.05 + 0.04, 12);
    // 0.11 are left: 27 more puts to be sold (0.108), 22 calls to be bought (0.11), 1,100 lots of the swap.
    expect(desk.place(PUT, Side.sell, 27)).toBe(GateReason.pass);
    expect(desk.place(PUT, Side.sell, 28)).toBe(GateReason.groupDeltaMax);
    expect(desk.place(CALL, Side.buy, 22)).toBe(GateReason.pass);
    expect(desk.place(CALL, Side.buy, 23)).toBe(GateReason.groupDeltaMax);
    expect(desk.place(SWAP, Side.buy, 1_099)).toBe(GateReason.pass);
    expect(desk.place(SWAP, Side.buy, 1_101)).toBe(GateReason.groupDeltaMax);
    // What is in flight of puts to be sold counts with what is bought of the others.
    desk.inputs.exposureLots[PUT * 2 + Side.sell] = 20;
    expect(desk.place(CALL, Side.buy, 6)).toBe(GateReason.pass);
    expect(desk.place(CALL, Side.buy, 7)).toBe(GateReason.groupDeltaMax);
    expect(desk.gate.groups.worst(0, Side.buy)).toBeCloseTo(0.17, 12);
  });

  it('have no delta to count with before one was told', () => {
    const desk = new Desk(0.2);
    desk.gate.setUnderlying(CALL, 80_000, NaN);
    desk.inputs.positionLots[CALL] = 1;
    expect(desk.place(SWAP, Side.buy, 1)).toBe(GateReason.groupDeltaMax);
    desk.gate.setUnderlying(CALL, 80_000, 0.5);
    expect(desk.place(SWAP, Side.buy, 1)).toBe(GateReason.pass);
  });

  it('close within what a move of the underlying by closeBps would bring them, and a step at the least', () => {
    const desk = new Desk();
    const { gate, inputs } = desk;
    inputs.positionLots[CALL] = 2;
    gate.setUnderlying(CALL, 80_000, 0.4);
    const close = (ticks: number): GateReason => gate.checkClosing(CALL, Side.sell, ticks, 1, 50);
    // 50 bps of a coin x 0.4 = 0.002 = 20 ticks below the middle, 410; 50 bps of the premium would be two.
    expect(close(390)).toBe(GateReason.pass);
    expect(close(389)).toBe(GateReason.collarBook);
    gate.setMarkPrice(CALL, 400);
    expect(close(380)).toBe(GateReason.pass);
    expect(close(379)).toBe(GateReason.collarMark);
    // Far out of the money: 50 bps x 0.01 is half a tick.
    gate.setUnderlying(CALL, 80_000, 0.01);
    gate.setMarkPrice(CALL, 3);
    expect(close(2)).toBe(GateReason.pass);
    expect(close(1)).toBe(GateReason.collarMark);
  });
});
