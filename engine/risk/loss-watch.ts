/**
 * Halts at the loss limit and at the trailing drawdown, and pauses an instrument at its own loss limit.
 *
 *     profit     peak ─────╮            drawdown = peak − profit
 *              baseline ───│──╮         loss     = baseline − profit
 *                          ╰──┴─ now
 *
 * Owner:      the engine thread.
 * Invariants: baseline and peak survive a restart and move only by rebase() and, the peak, by a profit that is known; a
 *             profit that is not known hides no loss: what each instrument made last counts in its place.
 * Cost:       a few comparisons an instrument; nothing allocates but state().
 */
import { assert } from '../base/assert.ts';
import type { Instrument } from '../base/instrument.ts';
import { ACCOUNT, KillLevel, KillTrigger } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';

export interface LossWatchOptions {
  readonly instruments: readonly Pick<Instrument, 'instId'>[];
  readonly ladder: KillLadder;
  /** In the account's currency, positive, reached when it is equal; Infinity for no limit. */
  readonly lossMax: number;
  readonly drawdownMax: number;
  /** By instrument. */
  readonly instrumentLossMax: readonly number[];
}

/** What a restart must keep. Plain JSON. */
export interface LossState {
  readonly baseline: number;
  readonly peak: number;
  readonly instruments: readonly LossInstrumentState[];
}

export interface LossInstrumentState {
  readonly instId: string;
  readonly baseline: number;
  /** The last profit that was known. */
  readonly profit: number;
}

export class LossWatch {
  /** The profits from which loss and drawdown count. */
  baseline = 0;
  peak = 0;
  /**
   * What is judged by, as of the last onProfit: with instruments of earlier runs, and what an instrument made last where its
   * profit is not known now. Not a number before the first.
   */
  profit = NaN;
  /** As of the last onProfit, never below zero. */
  loss = 0;
  drawdown = 0;
  /** By instrument: its loss since its baseline as of the last onProfit, never below zero. */
  readonly instrumentLoss: Float64Array;

  readonly #instruments: readonly Pick<Instrument, 'instId'>[];
  readonly #ladder: KillLadder;
  #lossMax: number;
  #drawdownMax: number;
  #instrumentLossMax: readonly number[];
  readonly #baselines: Float64Array;
  readonly #known: Float64Array;
  /** Instruments of an earlier run that this one does not have: what they made still counts. */
  #elsewhere: readonly LossInstrumentState[] = [];
  #elsewhereProfit = 0;
  #isEstimate = false;

  constructor(options: LossWatchOptions) {
    const count = options.instruments.length;
    assert(options.instrumentLossMax.length === count, 'every instrument has its loss limit');
    this.instrumentLoss = new Float64Array(count);
    this.#instruments = options.instruments;
    this.#ladder = options.ladder;
    this.#lossMax = options.lossMax;
    this.#drawdownMax = options.drawdownMax;
    this.#instrumentLossMax = options.instrumentLossMax;
    this.#baselines = new Float64Array(count);
    this.#known = new Float64Array(count);
  }

  /** Other limits, from the next profit on; what halted by the former ones stays so. As the options. */
  configure(lossMax: number, drawdownMax: number, instrumentLossMax: readonly number[]): void {
    assert(instrumentLossMax.length === this.#known.length, 'every instrument has its loss limit');
    this.#lossMax = lossMax;
    this.#drawdownMax = drawdownMax;
    this.#instrumentLossMax = instrumentLossMax;
  }

  /**
   * @hot Profit as it is now, marked, of everything together (one cell) and by instrument, all in the account's currency.
   * NaN where a mark is not known.
   */
  onProfit(profit: Float64Array, instrumentProfits: Float64Array): void {
    const ladder = this.#ladder;
    const total = this.#take(profit[0]!, instrumentProfits);
    this.profit = total;
    if (!this.#isEstimate && total > this.peak) this.peak = total;
    this.loss = Math.max(0, this.baseline - total);
    this.drawdown = Math.max(0, this.peak - total);
    // Written so that a total that is no number halts.
    if (!(this.baseline - total < this.#lossMax)) {
      ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    }
    if (!(this.peak - total < this.#drawdownMax)) {
      ladder.raise(KillTrigger.drawdown, KillLevel.halted, ACCOUNT);
    }
    for (let instrument = 0; instrument < this.#known.length; instrument++) {
      const loss = this.#baselines[instrument]! - this.#known[instrument]!;
      this.instrumentLoss[instrument] = Math.max(0, loss);
      if (!(loss < this.#instrumentLossMax[instrument]!)) {
        ladder.raise(KillTrigger.instrumentLoss, KillLevel.paused, instrument);
      }
    }
  }

  /** Loss and drawdown count from now on: the operator has seen them. */
  rebase(profit: number, instrumentProfits: Float64Array): void {
    const total = this.#take(profit, instrumentProfits);
    // Nothing is forgotten for the sake of a number that is none: the next profit halts again.
    if (Number.isNaN(total)) return;
    this.baseline = total;
    this.peak = total;
    this.#baselines.set(this.#known);
    this.loss = 0;
    this.drawdown = 0;
    this.instrumentLoss.fill(0);
  }

  state(): LossState {
    const instruments = this.#instruments.map(({ instId }, instrument) => ({
      instId,
      baseline: this.#baselines[instrument]!,
      profit: this.#known[instrument]!,
    }));
    return { baseline: this.baseline, peak: this.peak, instruments: [...instruments, ...this.#elsewhere] };
  }

  restore(state: LossState): void {
    this.baseline = state.baseline;
    this.peak = state.peak;
    for (const [instrument, { instId }] of this.#instruments.entries()) {
      const row = state.instruments.find((each) => each.instId === instId);
      if (row === undefined) continue;
      this.#baselines[instrument] = row.baseline;
      this.#known[instrument] = row.profit;
    }
    this.#elsewhere = state.instruments.filter((row) =>
      this.#instruments.every(({ instId }) => instId !== row.instId),
    );
    this.#elsewhereProfit = this.#elsewhere.reduce((sum, row) => sum + row.profit, 0);
  }

  /** @hot The total to judge by. While an instrument's profit is not known, the sum of what each made last. */
  #take(profit: number, instrumentProfits: Float64Array): number {
    const known = this.#known;
    let sum = 0;
    let isInfinite = false;
    this.#isEstimate = false;
    for (let instrument = 0; instrument < known.length; instrument++) {
      const own = instrumentProfits[instrument]!;
      if (Number.isFinite(own)) known[instrument] = own;
      else if (Number.isNaN(own)) this.#isEstimate = true;
      else isInfinite = true;
      sum += known[instrument]!;
    }
    const total = (this.#isEstimate ? sum : profit) + this.#elsewhereProfit;
    // An infinite profit is a mistake of ours, as is a total that is no number though every instrument's is.
    return isInfinite || !Number.isFinite(total) ? NaN : total;
  }
}
