/**
 * What every refusal code of OKX means for us: one table, read by the loop for sCodes and root codes, and by the sessions
 * for login errors.
 *
 * Source: OKX documentation 2026-07-28, "Error codes", and the change logs to 2026-10-09. The number in sCode is
 * the base code; subCode refines it and changes no decision. A test holds the table against a list of all codes that an
 * order, a login or a subscription can meet: none is left to the default.
 */

export const RejectDecision = {
  /** Not a refusal. */
  none: 0,
  /** The command has no effect and needs none: forget it, the next diff asks again if it is still wanted. */
  drop: 1,
  /** The same command may succeed in a moment: wait out the budget, then ask again. */
  retryLater: 2,
  /** The price is what is wrong: no further command at this price; quote anew from the present book and limits. */
  reprice: 3,
  /** Ask for less: the size, or the number of orders, is more than the account may have. */
  shrink: 4,
  /** This instrument cannot be traded as we do it: withdraw its quotes, load it again, try after a pause. */
  pauseInstrument: 5,
  /** Our view of this order differs from the venue's: ask the venue before anything is quoted on it. */
  resync: 6,
  /** Nothing will succeed until a person changes something: cancel all, stop quoting. */
  halt: 7,
  /** It may have happened and may not: count it at full risk and ask the venue. */
  unknownOutcome: 8,
} as const;
export type RejectDecision = (typeof RejectDecision)[keyof typeof RejectDecision];

type Row = readonly [decision: RejectDecision, about: string, codes: readonly number[]];

const D = RejectDecision;

// The text says what a row's codes are about. Rows about one thing may decide differently; the comment says which fact makes
// the difference.
const TABLE: readonly Row[] = [
  // 1 (all refused) and 2 (some refused) are root codes whose items carry the reason.
  [D.none, 'none', [0, 1, 2]],
  [D.unknownOutcome, 'unknown outcome', [50001, 50004, 50026, 51054, 51149, 51412, 64007]],
  [D.retryLater, 'busy', [50011, 50013, 50040, 50061]],
  // expTime passed before the venue acted: by our own wish nothing happened.
  [D.drop, 'late', [50036, 50037]],
  // A shape that OKX refuses is refused again: stop asking on this instrument instead of hammering.
  [D.pauseInstrument, 'request shape', [50014, 50016, 51000, 51003, 54070, 60012, 60013, 60027, 60033]],
  [D.pauseInstrument, 'request shape', [51111, 51406, 51501]],
  [D.halt, 'credentials', [50035, 50101, 50103, 50104, 50105, 50106, 50107]],
  [D.halt, 'credentials', [50110, 50111, 50113, 50114, 50119, 50120, 50121]],
  // A token that has ended: whoever keeps it gets a new one, or takes the session down.
  [D.retryLater, 'token', [53000, 53001, 53002, 53003]],
  [D.halt, 'token', [53004, 53006, 53013, 53014]],
  // Timestamps: measure the offset to the venue's clock and try again.
  [D.retryLater, 'credentials', [50102, 50112]],
  [D.pauseInstrument, 'instrument state', [51001, 51021, 51022, 51027, 51028, 51029, 51030, 51087]],
  [D.pauseInstrument, 'instrument state', [51110, 51124, 51196, 51197, 54072, 54094]],
  // No cancel or amend in this phase of an auction: the order stays, the same command works afterwards.
  [D.retryLater, 'instrument state', [51404, 51508]],
  [D.reprice, 'price', [51006, 51031, 51116, 51122, 51135, 51136, 51137, 51138, 51514]],
  // Too many decimals: our tick is not the venue's any more.
  [D.pauseInstrument, 'price', [51150]],
  [D.shrink, 'size', [51005, 51101, 51185, 51201, 51202, 51203]],
  // Below the minimum or off the lot: our instrument is not the venue's any more.
  [D.pauseInstrument, 'size', [51007, 51020, 51120, 51121]],
  // An order of that id is open: this place arrived twice, or the table has lost one. Either way one may rest.
  [D.unknownOutcome, 'identifiers', [51011, 51016]],
  [D.pauseInstrument, 'identifiers', [51015, 51026]],
  [D.shrink, 'balance', [51008, 51127, 51131, 51502, 51004, 51105, 51106, 51107, 54030, 54031]],
  [D.pauseInstrument, 'balance', [51186, 51187, 54024, 54025, 54026, 54027, 54028, 54035]],
  // The position is not what we believe.
  [D.resync, 'reduce only', [51112, 51148, 51169, 51170, 51171, 51205, 51206, 51521, 51522, 51125, 51126]],
  [D.halt, 'account mode', [50072, 51010, 51037, 51038, 51039, 51041]],
  // In delta-neutral mode only what lowers the delta is taken, one order at a time: less, and later.
  [D.shrink, 'account mode', [51209, 51210, 51211, 51212, 51213, 51214]],
  // Market maker protection: locked for a moment; triggered, and taken again after its time or a reset; not set up.
  [D.retryLater, 'mmp', [54008]],
  [D.pauseInstrument, 'mmp', [51034, 51035, 51036]],
  // Filled, cancelled or never there: only the venue knows which.
  [D.resync, 'cancel', [51400, 51403, 51405, 51413, 51416, 51603]],
  // Already being cancelled: the update is on its way.
  [D.drop, 'cancel', [51410]],
  [D.pauseInstrument, 'cancel', [51401, 51402, 51411]],
  [D.drop, 'amend', [51500]],
  [D.resync, 'amend', [51503]],
  [D.reprice, 'amend', [51511]],
  // Twice in a batch, or more than three in flight: refused as such, the order is as it was.
  [D.retryLater, 'amend', [51512, 51513]],
  [D.pauseInstrument, 'amend', [51177, 51506, 51509, 51510, 51536, 51537, 51538]],
  // A sibling failed: this item was not placed, the next diff places it again.
  [D.drop, 'batch', [54004]],
  [D.shrink, 'caps', [51025, 51102, 51103, 51104, 51174, 54043]],
  [D.halt, 'caps', [51071]],
  [D.pauseInstrument, 'self trade', [54036]],
  [D.pauseInstrument, 'rpi', [54039, 54040, 54041, 54042, 54044, 54045, 54046, 54051]],
  [D.retryLater, 'rpi', [54047, 54048, 54049]],
  [D.pauseInstrument, 'compliance', [51155, 54073, 54092, 54109]],
  [D.halt, 'compliance', [51024, 59113]],
  // Sessions: login refused for good, or for the moment.
  [D.halt, 'session', [60005, 60007, 60024, 60026, 60029, 60030, 60032, 60034, 64003]],
  [D.retryLater, 'session', [60004, 60006, 60009, 60011, 60014, 60023, 60031, 63999, 64008]],
  [D.halt, 'session', [60008, 60018, 60019, 60028, 64000, 64001, 64002, 64004]],
];

const CODE_MAX = 65_535;
const decisions = new Uint8Array(CODE_MAX + 1).fill(RejectDecision.pauseInstrument);
for (const [decision, , codes] of TABLE) {
  for (const code of codes) decisions[code] = decision;
}

/** Every code that the table lists. @testonly They must be listed once each. */
export const LISTED_REJECT_CODES: readonly number[] = TABLE.flatMap((row) => row[2]);

/**
 * @hot What to do about a refusal. A code that is not listed pauses its instrument: OKX did say no, so the outcome is known
 * and asking the venue would gain nothing; but we do not know why, so neither repeating nor ignoring it is safe.
 */
export function rejectDecision(code: number): RejectDecision {
  if (!(code >= 0 && code <= CODE_MAX)) return RejectDecision.pauseInstrument;
  return decisions[code] as RejectDecision;
}
