/**
 * What options hang on: the forward price of their underlying, the volatility that the venue marks them by, and their delta.
 *
 *     opt-summary ──▶ forward, volatility, delta ──▶ gate (limits by underlying, deltas of groups)
 *     index ────────▶ the forward's stand-in, while no summary comes
 *
 * Owner:      the engine thread.
 * Invariants: what was told last holds; an index takes the place of a forward that was not told for a minute.
 * Cost:       cold: a row for each option of a family, once a second at the most.
 */
import { NS_PER_SECOND } from '../base/units.ts';
import type { Instrument } from '../base/instrument.ts';
import type { LoopState } from './loop-state.ts';
import type { IndexRow, OptionSummaryRow } from '../okx/push-rows.ts';
import type { Gate } from '../risk/gate.ts';

const SUMMARY_AGE_NS_MAX = 60 * NS_PER_SECOND;

export class LoopUnderlyings {
  /** By instrument, of options alone: the underlying's forward price in dollars; 0 while it is not known. */
  readonly forward: Float64Array;
  /** By instrument: what the venue marks the option by, 1 for 100 % a year; 0 while it is not known. */
  readonly volatility: Float64Array;
  readonly #state: LoopState;
  readonly #gate: Gate;
  readonly #byId: ReadonlyMap<string, Instrument>;
  readonly #byUnderlying = new Map<string, Instrument[]>();
  readonly #heardNs: Float64Array;

  constructor(instruments: readonly Instrument[], state: LoopState, gate: Gate) {
    this.forward = new Float64Array(instruments.length);
    this.volatility = new Float64Array(instruments.length);
    this.#state = state;
    this.#gate = gate;
    this.#heardNs = new Float64Array(instruments.length).fill(-Infinity);
    const options = instruments.filter(({ option }) => option !== null);
    this.#byId = new Map(options.map((each) => [each.instId, each]));
    for (const each of options) {
      this.#byUnderlying.set(each.underlying, [...(this.#byUnderlying.get(each.underlying) ?? []), each]);
    }
  }

  onSummary(row: OptionSummaryRow): void {
    const instrument = this.#byId.get(row.instId);
    if (instrument === undefined) return;
    const { index, settlesInBase } = instrument;
    const forward = Number(row.fwdPx);
    if (forward > 0) {
      this.forward[index] = forward;
      this.#heardNs[index] = this.#state.nowNs;
    }
    const volatility = Number(row.markVol);
    if (volatility > 0) this.volatility[index] = volatility;
    // Paid in coin, the premium is coin too: the delta that counts it (PA). Else that of Black and Scholes.
    const delta = settlesInBase ? row.delta : row.deltaBS;
    this.#gate.setUnderlying(index, forward, delta === '' ? NaN : Number(delta));
  }

  onIndex(row: IndexRow): void {
    const options = this.#byUnderlying.get(row.instId);
    if (options === undefined) return;
    const price = Number(row.idxPx);
    if (!(price > 0)) return;
    for (const { index } of options) {
      if (this.#state.nowNs - this.#heardNs[index]! <= SUMMARY_AGE_NS_MAX) continue;
      this.forward[index] = price;
      this.#gate.setUnderlying(index, price, NaN);
    }
  }
}
