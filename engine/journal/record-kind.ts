/**
 * What a record of the journal is. Inputs of the core come below 40, its outputs from 40, what the journal says of itself
 * from 60. The numbers are on disk: a kind keeps its number for good.
 */
export const RecordKind = {
  /** What the core was built from: JSON. The first record of a run. */
  start: 0,
  /** sub = connection; the bytes as they came. */
  frame: 1,
  /** value = the venue's wall clock, ms. */
  timer: 2,
  /** Quote slots changed; which quotes were then taken follows as `quoteTaken`. */
  quotes: 3,
  /** instrument; the quote. */
  quoteTaken: 4,
  /** sub = connection. */
  sessionUp: 5,
  sessionDown: 6,
  sessionSwitched: 7,
  /** The instruments as JSON. */
  workerLost: 8,
  workerReady: 9,
  /** JSON. */
  recovered: 10,
  /** JSON. */
  audited: 11,
  /** instrument; the answer of REST as text. */
  bookSnapshot: 12,
  clock: 13,
  /** value = until when, ns. */
  switchArmed: 14,
  stateOverdue: 15,
  /** The operator's word as text. */
  command: 17,
  stop: 18,
  halt: 19,
  rateLimit: 20,
  /** What the run before had written down: JSON. Before any other input. */
  restored: 21,
  /** A rule of the engine did not hold. */
  broken: 22,
  /** Parameters changed while running: JSON. What it came to follows as `commandResult`. */
  configured: 23,
  /** sub = trigger: something beside the core asks for a pause. */
  paused: 24,

  /** sub = connection, instrument = 1 when the connection took it; the bytes as they went. */
  send: 40,
  /** sub = what is asked for, instrument, -1 where it concerns the account. */
  request: 41,
  /** What a command or a change of parameters came to: JSON. */
  commandResult: 42,
  /** The input before it ended by an error. */
  threw: 43,

  /** value = how many records are missing here: its sequence is the first one's, and the next record's follows on theirs. */
  gap: 60,
  /** The run was closed in an orderly way, and nothing comes after. */
  end: 61,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

const NAMES: readonly string[] = (() => {
  const names: string[] = [];
  for (const [name, kind] of Object.entries(RecordKind)) names[kind] = name;
  return names;
})();

/** The word for a kind; of one that this build does not know, its number. */
export function recordKindName(kind: number): string {
  return NAMES[kind] ?? `kind ${kind}`;
}

/** The kind of this name; undefined when there is none. */
export function recordKindOf(name: string): RecordKind | undefined {
  return Object.hasOwn(RecordKind, name) ? RecordKind[name as keyof typeof RecordKind] : undefined;
}
