/** How the engine thread waits for its next input: asleep, with its event loop kept turning, or spinning besides. */
export const LoopMode = { sleep: 0, poll: 1, spin: 2 } as const;
export type LoopMode = (typeof LoopMode)[keyof typeof LoopMode];
