/** Whether the engine may ask for orders at all. */
const KillState = { quoting: 0, halted: 1 } as const;
type KillState = (typeof KillState)[keyof typeof KillState];

export const KillReason = { none: 0, operator: 1, lossMax: 2, invariant: 3, venue: 4, shutdown: 5 } as const;
export type KillReason = (typeof KillReason)[keyof typeof KillReason];

/**
 * The last word over quoting. Halted, everything but cancels is struck, and it stays halted: only an operator's word
 * brings it back. The first reason is kept, because what follows is most often its consequence.
 */
export class KillSwitch {
  state: KillState = KillState.quoting;
  reason: KillReason = KillReason.none;

  /** @hot */
  get isHalted(): boolean {
    return this.state === KillState.halted;
  }

  /** True when this call halted it. */
  halt(reason: KillReason): boolean {
    if (this.isHalted) return false;
    this.state = KillState.halted;
    this.reason = reason;
    return true;
  }
}
