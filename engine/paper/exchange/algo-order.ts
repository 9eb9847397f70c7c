import type { Side } from '../../base/side.ts';
import type { Lots, Milliseconds } from '../../base/units.ts';
import { AlgoState, AlgoType, type TriggerBy } from '../../okx/shapes.ts';
import type { Account } from './account.ts';
import type { PosSide } from './client-order.ts';
import type { MarginMode } from './position.ts';

/** A price at which something happens, and the price of the order that it makes; "-1" for a market order. */
export interface AlgoTrigger {
  /** As it came, on the grid. */
  readonly px: string;
  readonly by: TriggerBy;
  readonly ordPx: string;
}

/** How an order is worked off in pieces. */
export interface AlgoSlices {
  readonly lots: Lots;
  readonly limitPx: string;
  /** Between two pieces; of an iceberg between two looks at the book. */
  readonly intervalMs: Milliseconds;
  /** How far beyond the best opposite price a piece goes: a share of it, or in price. */
  readonly pxVar: string;
  readonly pxSpread: string;
  /** Of an iceberg that lie in the book at once; 0 for TWAP. */
  readonly pieces: number;
}

export interface AlgoTerms {
  readonly type: AlgoType;
  readonly tdMode: string;
  readonly ccy: string;
  readonly side: Side;
  readonly posSide: PosSide;
  readonly isReduceOnly: boolean;
  /** All of the position, however large it is by then: `lots` says nothing. */
  readonly closesAll: boolean;
  readonly endsWithPosition: boolean;
  readonly lots: Lots;
  readonly tag: string;
  readonly algoClOrdId: string;
  readonly stop: AlgoTrigger | null;
  readonly target: AlgoTrigger | null;
  /** Of a trigger order. */
  readonly trigger: AlgoTrigger | null;
  /** Of a trailing stop: a share of the extreme, or a distance in price; where it begins. "" for none. */
  readonly callbackRatio: string;
  readonly callbackSpread: string;
  readonly activePx: string;
  readonly slices: AlgoSlices | null;
}

/** An algo order, from its acceptance to its end. */
export class AlgoOrder {
  readonly algoId: string;
  readonly account: Account;
  readonly instId: string;
  readonly createdMs: Milliseconds;
  terms: AlgoTerms;
  updatedMs: Milliseconds;
  state: AlgoState = AlgoState.live;
  triggeredMs: Milliseconds = 0;
  /** Which of its prices was reached: sl, tp, "". */
  actualSide = '';
  /** Placed so far, and filled of it. */
  placedLots: Lots = 0;
  doneLots: Lots = 0;
  /** Σ price × lots of what was filled, for the mean. */
  doneValue = 0;
  readonly ordIds: string[] = [];
  /** Orders it made that are open: their lots. */
  readonly children = new Map<string, Lots>();
  failCode = '';
  /** Of a trailing stop, in ticks: the best price since it became active; NaN before. */
  extremeTicks = NaN;
  /** Of a trigger order: the price fell to it, when it was placed above it. */
  isFromAbove = false;
  /** When the next piece is due. */
  nextMs: Milliseconds = 0;
  /** Of the last amend, told with the push about it. */
  reqId = '';
  amendResult = '';

  constructor(algoId: string, account: Account, instId: string, terms: AlgoTerms, nowMs: Milliseconds) {
    this.algoId = algoId;
    this.account = account;
    this.instId = instId;
    this.terms = terms;
    this.createdMs = nowMs;
    this.updatedMs = nowMs;
  }

  get isLive(): boolean {
    return this.state === AlgoState.live || this.state === AlgoState.partiallyEffective;
  }

  get marginMode(): MarginMode {
    return this.terms.tdMode === 'isolated' ? 'isolated' : 'cross';
  }

  /** What its orders are said to come from (D, "Order channel": source and category). */
  get origin(): { source: string; category: string; algoId: string; algoClOrdId: string } {
    const { type, algoClOrdId } = this.terms;
    const category = type === AlgoType.twap ? 'twap' : 'normal';
    return { source: SOURCES[type], category, algoId: this.algoId, algoClOrdId };
  }
}

const SOURCES: Readonly<Record<AlgoType, string>> = {
  conditional: '7',
  oco: '7',
  trigger: '6',
  move_order_stop: '25',
  twap: '13',
  iceberg: '13',
  smart_iceberg: '13',
  chase: '34',
};

/** Which of the two channels tells of it (D, "Algo orders channel", "Advance algo orders channel"). */
export function isAdvanced(type: string): boolean {
  return type !== AlgoType.conditional && type !== AlgoType.oco && type !== AlgoType.trigger;
}
