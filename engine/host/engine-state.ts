import type { Milliseconds } from '../base/units.ts';
import type { LedgerRow } from '../orders/position-ledger.ts';
import type { HedgeLossState } from '../risk/hedge-loss.ts';
import type { StickyTrigger } from '../risk/kill-ladder.ts';
import type { LossState } from '../risk/loss-watch.ts';

/** A trade that is in the ledger. */
export interface StoredTrade {
  readonly instId: string;
  readonly tradeId: number;
  readonly tsMs: Milliseconds;
  readonly hasFee: boolean;
}

/**
 * What an engine must know of its former runs: plain JSON, taken at one instant, so that ledger, trades and `verifiedMs`
 * belong together.
 *
 * Invariants: every trade of ours before `verifiedMs` (the venue's clock) is in the ledger; of those from a while before
 * it on, `trades` names the ones that are. A restart asks for the fills since then, and books what is not named.
 */
export interface EngineState {
  readonly version: 1;
  /** Kind and region, such as "live/global"; '' in a state that was never an engine's. */
  readonly venue: string;
  /** The account's id; '' as above. */
  readonly uid: string;
  /** The operator's tag; '' as above. */
  readonly tag: string;
  /** The number of the newest run, inside every client order id of it. */
  readonly run: number;
  /** The newest of this state's runs, `run` the last: their orders are ours even where the venue took the tag off. */
  readonly runs?: readonly number[];
  /** By this machine's clock. */
  readonly savedMs: Milliseconds;
  /** What only an operator may take back. */
  readonly kill: readonly StickyTrigger[];
  readonly loss: LossState | null;
  /** By instrument; also of instruments that are not configured now. */
  readonly ledger: readonly LedgerRow[];
  readonly trades: readonly StoredTrade[];
  /** Of groups that are hedged. */
  readonly hedges?: readonly HedgeLossState[];
  /** 0 before the first recovery: then the ledger says nothing, and the venue's positions are taken as they are. */
  readonly verifiedMs: Milliseconds;
  /** By name: the venue's code of each instrument, by which one that is renamed is found again. */
  readonly codes?: Readonly<Record<string, number>>;
  /** By name: when each contract that expires does. */
  readonly ends?: Readonly<Record<string, Milliseconds>>;
  /** Stops or exits of ours may wait at the venue: the next start asks for its list. */
  readonly algosMayWait?: boolean;
  /** By currency: what was held beside the spot position, as decimal text. */
  readonly holdings: Readonly<Record<string, string>>;
}

/** So many runs ago nothing can rest any more: every start cancels what is left before it quotes. */
const RUNS_KEPT = 32;

/** The runs of a state that goes on with another one. */
export function runsWith(before: Pick<EngineState, 'run' | 'runs'> | undefined, run: number): number[] {
  const former = before === undefined ? [] : (before.runs ?? [before.run]);
  return [...former, run].slice(-RUNS_KEPT);
}

/** The state of an engine that has none: nothing is known but what must not be forgotten. */
export function blankState(kill: readonly StickyTrigger[], savedMs: Milliseconds): EngineState {
  return {
    version: 1,
    venue: '',
    uid: '',
    tag: '',
    run: 0,
    savedMs,
    kill,
    loss: null,
    ledger: [],
    trades: [],
    verifiedMs: 0,
    holdings: {},
  };
}
