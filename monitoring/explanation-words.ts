import type { FairPart, LevelAbsence, LevelClamp, QuoteFallback } from '../engine/base/explain-record.ts';
import type { Hold, LevelState, Withheld } from '../engine/base/standing-record.ts';

/**
 * The words of explanations, by the names of what they say. The texts of kill triggers are those of the kill ladder, whose
 * room this one does not know; a test holds them together.
 */

export const HOLD_TEXTS: Readonly<Record<keyof typeof Hold, string>> = {
  stopping: 'the engine is stopping',
  sessionDown: 'a session with the venue is down',
  recovering: 'orders, trades and positions are being taken up from the venue',
  timerLate: 'the engine thread was held up, and the market that it knows is old',
  switchNotArmed: 'the venue’s dead man’s switch is not armed',
  killed: 'the kill ladder does not allow it',
  closing: 'its position is being closed',
  instrumentPaused: 'the venue has suspended it, or its grid is another one than was loaded',
  bookNotSynced: 'its book is not whole',
  bookStale: 'the newest word about its book was too old when it came (engine.bookAgeMsMax)',
  bookNotQuotable: 'its book is crossed or one-sided, or nobody else rests on a side',
  workerLost: 'its quote worker does not run',
  workerLate: 'its quote worker has not answered for longer than engine.quoteAgeMsMax',
  noQuote: 'its quotes of before are void, and no quote of this book and these parameters has come yet',
};

export const STATE_TEXTS: Readonly<Record<keyof typeof LevelState, string>> = {
  absent: 'absent',
  resting: 'rests at its price',
  kept: 'keeps an order that is near enough to its price, or whose place in the queue is worth more',
  placing: 'is on its way to the venue',
  moving: 'is being moved to its price',
  inDoubt: 'may rest: its last command was not answered',
};

export const WITHHELD_TEXTS: Readonly<Record<keyof typeof Withheld, string>> = {
  none: '',
  held: '',
  notWanted: '',
  reduceOnly: 'only orders that make the position smaller are allowed, and this one is not, or not so large',
  hedge: 'a hedge is about to take from the other side, which this would meet',
  offGrid: 'its price is off the grid after the step that the guard or the kill ladder took',
  rest: 'the venue has just refused or cancelled one there',
  behindFill:
    'a fill has come that its quote has not seen: nothing is added before the worker has answered it',
  budget: 'the instrument’s message budget is used up, or what is left is kept for cancels',
  accountBudget: 'the message budget of the account is used up',
  gate: 'the gate strikes it',
  next: 'nothing stands in its way: it is asked for with the next turn',
};

export const ABSENCE_TEXTS: Readonly<Record<keyof typeof LevelAbsence, string>> = {
  none: '',
  marketNotQuotable:
    'the market has no fair price, or the venue’s mark price is farther from it than strategy.markDeviationBpsMax',
  positionLimit: 'if the levels before it fill, limits.position leaves no room for it',
  softLimit:
    'the position is beyond strategy.softLimitRatio of its limit: only the side that reduces it is quoted',
  belowLeastSize: 'its size would be below the venue’s least order',
  priceRange: 'its price would be off the grid',
  sideClosed: 'the inventory takes this level from its side',
  notQuoted: 'it is not configured',
};

export const FALLBACK_TEXTS: Readonly<Record<keyof typeof QuoteFallback | 'noVolatility', string>> = {
  none: '',
  notCalibrated: 'the calibration does not hold its gates: it goes by volatility, at a wider distance',
  calibrationStale:
    'the calibration is older than strategy.calibrationAgeSecondsMax: it goes by volatility, wider',
  noVolatility: 'no volatility is known yet, or none that is new enough: it goes by strategy.halfSpreadBps',
  leadStale: 'the instrument that leads has not been heard of in time: its signal is left out',
};

export const CLAMP_TEXTS: Readonly<Record<keyof typeof LevelClamp, string>> = {
  passive: 'kept from meeting the other side of the book',
  halfMin: 'at the least half spread',
  halfMax: 'at the largest half spread',
  lattice: 'kept to the lattice',
  spacing: 'kept apart from the level before it',
  sizeSkew: 'its size shifted by the inventory',
  positionLimit: 'its size cut to what limits.position leaves',
  improve: 'kept from being better than others’ best price',
  edge: 'kept at its least distance from the fair price (strategy.edgeMinRatio)',
};

export const PART_TEXTS: Readonly<Record<keyof typeof FairPart, string>> = {
  base: 'estimate of the book',
  bookImbalance: 'book imbalance',
  orderFlow: 'order flow',
  tradeFlow: 'trade flow',
  lead: 'lead',
  mark: 'mark price',
  index: 'index price',
  cap: 'taken off by the caps',
};

/** By the names of the gate's reasons. */
export const GATE_TEXTS: Readonly<Record<string, string>> = {
  pass: '',
  killed: 'the kill ladder stands at paused or halted',
  noTag: 'no broker tag is set',
  instrumentPaused: 'the instrument is paused',
  notQuotable: 'the book is not quotable',
  sizeMin: 'its size is below the venue’s least order',
  sizeMax: 'its size is beyond limits.orderSize, or the venue’s largest order',
  orderNotionalMax: 'its value is beyond limits.orderNotional',
  openOrdersMax: 'limits.openOrders are open',
  accountOpenOrdersMax: 'account.openOrdersMax are open',
  reduceOnly: 'only what reduces the position passes',
  positionMax: 'if all of its side filled, the position would be beyond limits.position',
  instrumentNotionalMax: 'if all of its side filled, the position would be worth more than limits.notional',
  accountNotionalMax:
    'positions and open orders of all instruments would be worth more than account.notionalMax',
  collarBook: 'its price is farther from the middle of the book than limits.collarBps',
  collarMark: 'its price is farther from the venue’s mark price than limits.collarBps',
  priceLimit: 'its price is beyond the venue’s price limits',
  wouldCross: 'it would meet the other side of the book',
  selfCross: 'it would meet an order of ours, which may be on its way out',
  groupDeltaMax: 'the net delta of its group would be beyond portfolio.groups[].delta',
};

/** By the names of the kill ladder's triggers. */
export const TRIGGER_TEXTS: Readonly<Record<string, string>> = {
  none: 'nothing holds it back',
  operator: 'an operator asked for it',
  loss: 'the loss since the baseline reached account.lossMax',
  drawdown: 'profit fell from its peak by account.drawdownMax',
  instrumentLoss: 'the loss of the instrument since the baseline reached its limits.loss',
  margin: 'the margin ratio of the account is below account.marginRatioMin',
  liquidation: 'the mark is within account.liquidationDistanceBps of the liquidation price',
  adverseSelection: 'after our fills the market moved against them by brakes.adverseBps',
  volatility: 'the fair price moved by brakes.volatilityBps within its window',
  clockOffset: 'the clock moved against the venue by more than engine.clockOffsetMsMax',
  stall: 'the engine thread stood still for longer than engine.stallMsMax',
  privateStale: 'the private stream kept trades back that the venue had told by REST',
  switchLapsed: 'the dead man’s switch is not armed at the venue',
  orderToTrade: 'too many orders for each fill: account.orderToTradeMax',
  venueStatus: 'the venue announces that trading is under maintenance',
  venueRefusal: 'the venue refused an order for a reason that repeats: key, permission or account',
  invariant: 'a rule of the engine itself did not hold',
  stateDamaged: 'the saved state could not be read',
  accountChanged: 'account mode or position mode changed while the engine ran',
  flatten: 'an operator had the positions closed',
  stateUnsaved: 'the state could not be written for a minute: a restart would not know of a halt',
  protection: 'a stop at the venue was triggered, and closes a position',
  liquidated: 'the venue itself closed a position of ours: liquidated, or deleveraged',
  expiry: 'the instrument expires, or is delisted, within its stopBeforeExpiryMinutes',
  mmp: 'the venue’s market maker protection has triggered and waits to be reset',
  tagMismatch:
    'the venue gave an order of ours back with another tag, or with none: it would earn no commission',
};

export function keyOf(table: Readonly<Record<string, number>>, value: number): string {
  return Object.keys(table).find((key) => table[key] === value) ?? String(value);
}

/** The names of the bits that are set, in the order of the table. */
export function keysIn(table: Readonly<Record<string, number>>, bits: number): string[] {
  return Object.keys(table).filter((key) => (bits & table[key]!) !== 0);
}
