/**
 * Position, profit and fees of every instrument, from our own fills.
 *
 * Owner:      the engine thread. Arrays are read in place by the gate and the status board.
 * Invariants: positions are whole lots, exact; profit is realised when a position shrinks, at its average entry.
 * Cost:       a fill is a few multiplications; nothing allocates once constructed.
 *
 * The average entry is the price at which the open position breaks even: the mean by lots for spot and linear contracts,
 * the harmonic mean for inverse ones, which are worth n·ctVal/price coins.
 */
import { assert } from '../base/assert.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side, sideSign } from '../base/side.ts';
import type { Lots } from '../base/units.ts';

export class PositionLedger {
  // Per instrument. Money is in the instrument's settlement currency, but for base fees.
  readonly positionLots: Float64Array;
  /** Average entry in ticks, with a fraction; 0 while flat. */
  readonly entryTicks: Float64Array;
  readonly realised: Float64Array;
  /** The venue's sign: negative is paid, positive received. */
  readonly fees: Float64Array;
  /** Fees that spot buys pay in the base currency, in that currency. */
  readonly baseFees: Float64Array;
  readonly boughtLots: Float64Array;
  readonly soldLots: Float64Array;
  /** Value of everything traded, as Instrument.notional has it. */
  readonly turnover: Float64Array;
  readonly fillCount: Float64Array;

  readonly #instruments: readonly Instrument[];

  constructor(instruments: readonly Instrument[]) {
    const count = instruments.length;
    this.#instruments = instruments;
    this.positionLots = new Float64Array(count);
    this.entryTicks = new Float64Array(count);
    this.realised = new Float64Array(count);
    this.fees = new Float64Array(count);
    this.baseFees = new Float64Array(count);
    this.boughtLots = new Float64Array(count);
    this.soldLots = new Float64Array(count);
    this.turnover = new Float64Array(count);
    this.fillCount = new Float64Array(count);
  }

  /** @hot Books lots that were filled on `side` at `ticks` (which may lie between ticks). */
  onFill(instrument: number, side: Side, ticks: number, lots: Lots): void {
    assert(lots > 0 && ticks > 0, 'a fill has a price and a size');
    const which = this.#instruments[instrument]!;
    const position = this.positionLots[instrument]!;
    const sign = sideSign(side);
    const next = position + sign * lots;
    this.positionLots[instrument] = next;
    this.turnover[instrument]! += which.notional(ticks, lots);
    this.fillCount[instrument]!++;
    if (side === Side.buy) this.boughtLots[instrument]! += lots;
    else this.soldLots[instrument]! += lots;

    if (position * sign >= 0) {
      // It grows.
      this.entryTicks[instrument] = meanEntry(
        which,
        Math.abs(position),
        this.entryTicks[instrument]!,
        lots,
        ticks,
      );
      return;
    }
    const closedLots = Math.min(lots, Math.abs(position));
    this.realised[instrument]! += which.profit(this.entryTicks[instrument]!, ticks, -sign * closedLots);
    if (next === 0) this.entryTicks[instrument] = 0;
    // It went through zero: what is left was opened by this fill.
    else if (lots > closedLots) this.entryTicks[instrument] = ticks;
  }

  /** @hot Books a fee or rebate with the venue's sign. */
  onFee(instrument: number, fee: number, isBase: boolean): void {
    if (isBase) this.baseFees[instrument]! += fee;
    else this.fees[instrument]! += fee;
  }

  /**
   * Takes the venue's position over ours (recovery, funding, liquidation). The entry, in ticks, is only needed when the
   * position is not zero; profit that was realised stays. What is left no more of ours was closed unseen: with a mark it is
   * realised there, so that a loss does not vanish with the position that made it.
   */
  setPosition(instrument: number, lots: Lots, entryTicks: number, markTicks: number = 0): void {
    assert(lots === 0 || entryTicks > 0, 'an open position has an entry price');
    const held = this.positionLots[instrument]!;
    const kept = held * lots > 0 ? Math.sign(held) * Math.min(Math.abs(held), Math.abs(lots)) : 0;
    if (held !== kept && markTicks > 0) {
      const which = this.#instruments[instrument]!;
      this.realised[instrument]! += which.profit(this.entryTicks[instrument]!, markTicks, held - kept);
    }
    this.positionLots[instrument] = lots;
    this.entryTicks[instrument] = lots === 0 ? 0 : entryTicks;
  }

  /** @hot Profit of the open position at `markTicks`; 0 while there is no mark. */
  unrealised(instrument: number, markTicks: number): number {
    const position = this.positionLots[instrument]!;
    if (position === 0 || !(markTicks > 0)) return 0;
    return this.#instruments[instrument]!.profit(this.entryTicks[instrument]!, markTicks, position);
  }

  /** @hot Everything together at `markTicks`: realised, unrealised and fees, base fees at the mark. */
  netProfit(instrument: number, markTicks: number): number {
    const markPrice = markTicks * this.#instruments[instrument]!.tick.value;
    return (
      this.realised[instrument]! +
      this.unrealised(instrument, markTicks) +
      this.fees[instrument]! +
      this.baseFees[instrument]! * markPrice
    );
  }
}

function meanEntry(
  instrument: Instrument,
  heldLots: Lots,
  heldTicks: number,
  lots: Lots,
  ticks: number,
): number {
  if (heldLots === 0) return ticks;
  if (instrument.kind === ContractKind.inverse) {
    return (heldLots + lots) / (heldLots / heldTicks + lots / ticks);
  }
  return (heldLots * heldTicks + lots * ticks) / (heldLots + lots);
}
