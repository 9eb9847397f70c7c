/**
 * What keeps an instrument from being quoted at all, for who explains it: every reason that holds now, as bits of Hold.
 *
 * Owner:      the engine thread.
 * Invariants: it changes nothing; a hold is here exactly while the comparison of orders would want nothing because of it.
 * Cost:       some forty loads and comparisons; nothing allocates once constructed.
 */
import { EXPLAIN_LEVELS, ExplainField, LevelAbsence, LevelField } from '../base/explain-record.ts';
import { Hold, StandingField } from '../base/standing-record.ts';
import { BookState } from '../book/book.ts';
import type { ExplainParts } from './loop-explain.ts';
import { Connection } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import { KillLevel } from '../risk/kill-ladder.ts';

export class LoopHolds {
  readonly #state: LoopState;
  readonly #parts: ExplainParts;

  constructor(state: LoopState, parts: ExplainParts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** As `LoopExplain.fill`; sets `sessionsDown` of `out`. */
  of(instrument: number, isHeldUp: boolean, quoter: Float64Array, out: Float64Array): number {
    const { market, kill, account, flatten, gate, configuration, quoting } = this.#parts;
    const state = this.#state;
    let down = 0;
    for (const connection of Object.values(Connection)) {
      if (state.isUp[connection] === 0) down |= 1 << connection;
    }
    out[StandingField.sessionsDown] = down;
    let holds = 0;
    if (state.isStopping) holds |= Hold.stopping;
    if (down !== 0) holds |= Hold.sessionDown;
    if (!account.isRecovered) holds |= Hold.recovering;
    if (isHeldUp) holds |= Hold.timerLate;
    if (!kill.isArmed(state.now)) holds |= Hold.switchNotArmed;
    if (kill.ladder.level(instrument) >= KillLevel.paused) holds |= Hold.killed;
    if (flatten.isClosing(instrument)) holds |= Hold.closing;
    if (gate.isPaused[instrument] === 1) holds |= Hold.instrumentPaused;
    holds |= this.#bookHoldOf(instrument);
    if (!quoting.hasWorker(instrument)) return holds | Hold.workerLost;
    if (!market.isQuotable(instrument) || market.fairTicks[instrument] === 0) return holds;
    const wanted = quoting.wanted[instrument]!;
    const { quoteAgeNsMax } = configuration.parameters.timings;
    const sinceNs = quoting.unansweredNs(instrument);
    const isLate = sinceNs > 0 && state.nowNs - sinceNs > quoteAgeNsMax;
    if (wanted.isEmpty && isLate) return holds | Hold.workerLate;
    const isVoid = wanted.quote.configVersion < configuration.version && configuration.version > 1;
    const isOfNow =
      wanted.quote.epoch === market.books[instrument]!.epoch && wanted.quote.marketVersion > 0 && !isVoid;
    // What the quoter wants by its own row, and the engine has not taken: of the book, or the parameters, of before.
    const isWanted = rowsWanted(quoter, ExplainField.bids) + rowsWanted(quoter, ExplainField.asks) > 0;
    const isWithdrawn = wanted.isEmpty && (isWanted || !isOfNow);
    return isWithdrawn ? holds | Hold.noQuote : holds;
  }

  #bookHoldOf(instrument: number): number {
    const { market } = this.#parts;
    const book = market.books[instrument]!;
    if (book.state !== BookState.synced) return Hold.bookNotSynced;
    if (market.isStale[instrument] === 1) return Hold.bookStale;
    return book.isQuotable() && market.fairTicks[instrument]! > 0 ? 0 : Hold.bookNotQuotable;
  }
}

/** The quoter's word about a level; NaN without a row of it. */
export function absenceOf(quoter: Float64Array, sideAt: number, level: number): number {
  return quoter[sideAt + level * LevelField.count + LevelField.absence]!;
}

function rowsWanted(quoter: Float64Array, sideAt: number): number {
  let count = 0;
  for (let level = 0; level < EXPLAIN_LEVELS; level++) {
    if (absenceOf(quoter, sideAt, level) === LevelAbsence.none) count++;
  }
  return count;
}
