/**
 * What the loop knows before its first frame: what was written down by the run before, and what the account holds that no
 * run of ours has looked at.
 *
 * Owner:      the engine thread.
 * Invariants: both come as inputs, so that a journal of them makes the same ledger, trades and ladder again.
 * Cost:       cold.
 */
import type { LoopMemory, RecoveredAccount } from './loop-options.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { TradeMark } from '../orders/trade-log.ts';
import type { TradeLog } from '../orders/trade-log.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';
import type { LossWatch } from '../risk/loss-watch.ts';

/** What outlives a run. */
export interface RememberedParts {
  readonly ledger: PositionLedger;
  readonly trades: TradeLog;
  readonly ladder: KillLadder;
  readonly loss: LossWatch;
}

/**
 * Takes up what a former run has left, before anything else happens.
 *
 * @throws LedgerError when a position cannot be counted in the lots that its instrument has now
 */
export function restoreMemory({ ledger, trades, ladder, loss }: RememberedParts, memory: LoopMemory): void {
  ladder.restore(memory.kill);
  ledger.restore(memory.ledger);
  if (memory.loss !== null) loss.restore(memory.loss);
  for (const { instrument, tradeId, tsMs, hasFee } of memory.trades) {
    trades.add(instrument, tradeId, tsMs, hasFee);
  }
}

/**
 * A position that was never looked at is taken as it is, with its own average price; the trades that made it are in it.
 *
 * @param begins by instrument, 1 for those whose ledger begins now
 */
export function beginLedger(
  { ledger, trades }: Pick<RememberedParts, 'ledger' | 'trades'>,
  account: RecoveredAccount,
  begins: readonly number[],
): void {
  for (const trade of account.trades) {
    if (begins[trade.instrument] !== 1) continue;
    if (trades.look(trade.instrument, trade.tradeId) !== TradeMark.none) continue;
    trades.add(trade.instrument, trade.tradeId, trade.tsMs, true);
  }
  for (const { instrument, lots, entryTicks } of account.positions) {
    if (begins[instrument] !== 1 || lots === 0) continue;
    // Without a price the loop finds one.
    if (entryTicks > 0) ledger.setPosition(instrument, lots, entryTicks);
  }
}
