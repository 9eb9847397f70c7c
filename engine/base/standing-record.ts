/**
 * How the levels of one instrument stand at the engine, as one row of doubles: what is wanted of each, which order serves
 * it, and if none does, why. Filled in when somebody asks. With the quoter's own row (explain-record.ts) it is the whole
 * answer to why a quote is where it is. Prices in ticks with a fraction, times in nanoseconds.
 */

/** Why nothing may be wanted of an instrument at all, as bits of `holds`: those that hold now, whichever came first. */
export const Hold = {
  stopping: 1,
  /** `sessionsDown` has which. */
  sessionDown: 2,
  /** Orders, trades and positions are being taken up anew. */
  recovering: 4,
  /** The engine thread was held up: the market it knows is gone. */
  timerLate: 8,
  switchNotArmed: 16,
  /** The kill ladder stands at paused or halted: `killLevel`, `killReason`. */
  killed: 32,
  /** Its position is being closed. */
  closing: 64,
  /** The venue has suspended it, or its grid is another one than was loaded. */
  instrumentPaused: 128,
  bookNotSynced: 256,
  /** The newest word about the book was too old when it came. */
  bookStale: 512,
  /** One-sided, crossed, or nobody but ourselves rests on a side. */
  bookNotQuotable: 1_024,
  workerLost: 2_048,
  /** It has not answered a market for too long: its quotes were withdrawn. */
  workerLate: 4_096,
  /** The quotes of before are void, and none has come since: other parameters, or a book made anew. */
  noQuote: 8_192,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

/** Where a level's order is. */
export const LevelState = {
  absent: 0,
  /** At the wanted price. */
  resting: 1,
  /** Within tolerance of it, or dearer to move than to leave. */
  kept: 2,
  /** A place is on its way. */
  placing: 3,
  /** An amend to the wanted price is. */
  moving: 4,
  /** It may rest: its last command was never answered. */
  inDoubt: 5,
} as const;
export type LevelState = (typeof LevelState)[keyof typeof LevelState];

/** Why a level has no order at its wanted price, the first that holds in this order. */
export const Withheld = {
  none: 0,
  /** One of `holds`. */
  held: 1,
  /** The quoter does not want it: `detail` is its LevelAbsence. */
  notWanted: 2,
  /** The kill ladder stands at reduce only, and this side or so much of it would not reduce. */
  reduceOnly: 3,
  /** A hedge is about to take from the other side of it. */
  hedge: 4,
  /** The guard stepped it off the grid, or twice its distance is. */
  offGrid: 5,
  /** The venue has just refused or cancelled there: `detail` is how long it still rests. */
  rest: 6,
  /** A fill came that its quote has not seen: nothing moves up before the quoter has answered it. */
  behindFill: 7,
  /** The instrument's message budget, or that of the account; cancels come first. */
  budget: 8,
  accountBudget: 9,
  /** `detail` is the gate's reason. */
  gate: 10,
  /** Asked for with the next turn: nothing stands in its way. */
  next: 11,
} as const;
export type Withheld = (typeof Withheld)[keyof typeof Withheld];

export const StandingField = {
  atNs: 0,
  holds: 1,
  /** Bits by connection. */
  sessionsDown: 2,
  killLevel: 3,
  killReason: 4,
  bookState: 5,
  /** The engine's own fair price now; 0 without a quotable book. What the guard measures by. */
  fairTicks: 6,
  bidEdgeTicks: 7,
  askEdgeTicks: 8,
  /** How far the guard has moved each side since the quote. */
  bidStepTicks: 9,
  askStepTicks: 10,
  positionLots: 11,
  groupLots: 12,
  /** What may still be filled, with everything in flight. */
  buyExposureLots: 13,
  sellExposureLots: 14,
  positionLotsMax: 15,
  /** Version of the configuration in force. */
  configVersion: 16,
  marketVersion: 17,
  /** Of the quote that is acted on: the market and parameters that it saw. */
  quoteMarketVersion: 18,
  quoteConfigVersion: 19,
  /** Since when a market waits for its answer; 0 when none does. */
  unansweredNs: 20,
  /** Of the instrument's budget for single places, and of the account's. */
  budgetLeft: 21,
  accountBudgetLeft: 22,
  /** Rows: bids from here, then asks; STANDING_LEVELS of each, StandingLevel.count doubles a row. */
  bids: 24,
  asks: 144,
} as const;
export type StandingField = (typeof StandingField)[keyof typeof StandingField];

export const STANDING_LEVELS = 10;

/** One level, by its place in the quoter's row. What is not known is NaN. */
export const StandingLevel = {
  /** LevelState */
  state: 0,
  /** Withheld */
  withheld: 1,
  detail: 2,
  /** What the engine wants, after guard and kill ladder. */
  ticks: 3,
  lots: 4,
  orderTicks: 5,
  orderLots: 6,
  filledLots: 7,
  /** How long it has been at its price. */
  ageNs: 8,
  /** Others' lots before it at its price. */
  aheadLots: 9,
  count: 12,
} as const;

export const STANDING_DOUBLES = 264;
