/** What a command asks the venue to do. The number is an index into triples of arrays. */
export const CommandOp = { place: 0, amend: 1, cancel: 2 } as const;
export type CommandOp = (typeof CommandOp)[keyof typeof CommandOp];

/** The venue takes at most this many commands in one batch. */
export const BATCH_MAX = 20;
