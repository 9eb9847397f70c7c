import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { LoopHedge } from '../loop/loop-hedge.ts';
import type { LoopMemory } from '../loop/loop-options.ts';
import type { Milliseconds } from '../base/units.ts';
import { LedgerError } from '../orders/regrid.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import type { TradeKey, TradeLog } from '../orders/trade-log.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';
import type { LossWatch } from '../risk/loss-watch.ts';
import type { EngineState, StoredTrade } from './engine-state.ts';
import type { Holdings } from './holdings.ts';
import { HostError } from './host-error.ts';
import { endsOf } from './ended-instruments.ts';
import { codesOf } from './renames.ts';
import { TRADES_KEPT_MS, verifiedPast } from './recovery.ts';

/** What of an engine outlives it. */
export interface Lasting {
  readonly instruments: readonly Instrument[];
  /** By which the configuration knows them. */
  readonly names?: readonly string[];
  readonly ledger: PositionLedger;
  readonly trades: TradeLog;
  readonly ladder: KillLadder;
  readonly loss: LossWatch;
  readonly hedge: Pick<LoopHedge, 'memory'>;
  readonly holdings: Holdings;
}

/** Whose state it is, and what the engine itself knows of it. */
export interface Identity {
  readonly venue: string;
  readonly uid: string;
  readonly tag: string;
  readonly run: number;
  readonly runs: readonly number[];
  readonly savedMs: Milliseconds;
  readonly verifiedMs: Milliseconds;
  readonly algosMayWait?: boolean;
}

/**
 * The state at this instant.
 *
 * @param isNew by instrument, 1 while its position was never taken from the venue: a line that says it is flat would be
 *   believed by the next start
 */
export function captureState(identity: Identity, lasting: Lasting, isNew: Uint8Array): EngineState {
  const { instruments, ledger, trades, ladder, loss, hedge, holdings } = lasting;
  return {
    version: 1,
    ...identity,
    verifiedMs: verifiedPast(identity.verifiedMs, trades.evictedMs),
    kill: ladder.sticky(),
    loss: loss.state(),
    ledger: ledger
      .rows()
      .filter(({ instId }) => !instruments.some((each) => each.instId === instId && isNew[each.index] === 1)),
    trades: trades.rowsSince(identity.verifiedMs - TRADES_KEPT_MS).map((row) => ({
      instId: instruments[row.instrument]!.instId,
      tradeId: row.tradeId,
      tsMs: row.tsMs,
      hasFee: row.hasFee,
    })),
    hedges: hedge.memory(),
    codes: codesOf(instruments, lasting.names ?? []),
    ends: endsOf(instruments, lasting.names ?? []),
    holdings: holdings.state(),
  };
}

/**
 * Takes up a state where it was left.
 *
 * @param isFreshAccount then only what an operator must take back counts
 * @param restore tells the loop
 * @returns by instrument, 1 where the state says nothing about its position: it is taken from the venue as it is
 * @throws HostError when a position cannot be counted in the lots that its instrument has now
 */
export function restoreState(
  state: EngineState | undefined,
  lasting: Lasting,
  isFreshAccount: boolean,
  restore: (memory: LoopMemory) => void,
): Uint8Array {
  const { instruments, holdings } = lasting;
  const isNew = new Uint8Array(instruments.length).fill(1);
  if (state === undefined) return isNew;
  // Before the first recovery the ledger is empty because nothing was looked at yet.
  if (isFreshAccount || state.verifiedMs === 0) {
    const hedges = (state.hedges ?? []).filter(({ isStopped }) => isStopped);
    restore({ kill: state.kill, ledger: [], loss: null, trades: [], hedges });
    return isNew;
  }
  const { kill, ledger, loss, hedges = [] } = state;
  try {
    restore({ kill, ledger, loss, trades: keysOf(state.trades, instruments), hedges });
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw new HostError(
      'STATE_REFUSED',
      `state: ${error.message}; close the position by hand and name another directory with --state`,
      { cause: error },
    );
  }
  holdings.restore(state.holdings);
  for (const { instId, index } of instruments) {
    if (state.ledger.some((row) => row.instId === instId)) isNew[index] = 0;
    else holdings.forget(index);
  }
  return isNew;
}

/** Trades by the instruments that there are now; the others' cannot be told again. */
function keysOf(trades: readonly StoredTrade[], instruments: readonly Instrument[]): TradeKey[] {
  return trades.flatMap(({ instId, tradeId, tsMs, hasFee }) => {
    const instrument = instruments.find((each) => each.instId === instId);
    return instrument === undefined ? [] : [{ instrument: instrument.index, tradeId, tsMs, hasFee }];
  });
}

/** Another text whenever something has changed that a restart could not learn from the venue, or would ask for again. */
export function fingerprintOf(identity: Identity, lasting: Lasting): string {
  const { ledger, ladder, loss, hedge, instruments } = lasting;
  let fills = 0;
  let fees = 0;
  for (const { index, kind } of instruments) {
    fills += ledger.fillCount[index]!;
    // A fee that is told after its trade changes nothing else, nor does funding. Coins of inverse contracts are too small to
    // show in a sum.
    const settled = ledger.fees[index]! + ledger.funding[index]!;
    fees += settled * (kind === ContractKind.inverse ? 1e6 : 1) + ledger.baseFees[index]! * 1e6;
  }
  const hedges = hedge.memory().map(({ cost, isStopped }) => `${cost} ${isStopped}`);
  return `${ladder.changes} ${fills} ${fees} ${identity.verifiedMs} ${loss.baseline} ${loss.peak} ${hedges.join(' ')}`;
}
