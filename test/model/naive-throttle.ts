import { CommandOp } from '../../engine/base/command-op.ts';
import type { ThrottleOptions } from '../../engine/risk/throttle.ts';

interface Send {
  readonly op: CommandOp;
  readonly instrument: number;
  readonly isBatch: boolean;
  readonly count: number;
  readonly atNs: number;
}

/** Every send ever made, and every question answered by looking at all of them. */
export class NaiveThrottle {
  readonly sends: Send[] = [];
  readonly #options: ThrottleOptions;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  available(op: CommandOp, instrument: number, isBatch: boolean, nowNs: number): number {
    const { singleMax, batchMax, cancelReserveSingle, cancelReserveBatch } = this.#options;
    const isSame = (send: Send): boolean =>
      send.op === op && send.instrument === instrument && send.isBatch === isBatch;
    const own = (isBatch ? batchMax : singleMax) - this.#count(isSame, nowNs);
    if (op === CommandOp.cancel) return own;
    const isCancelLow =
      this.available(CommandOp.cancel, instrument, false, nowNs) < cancelReserveSingle ||
      this.available(CommandOp.cancel, instrument, true, nowNs) < cancelReserveBatch;
    if (op === CommandOp.place && isCancelLow) return 0;
    return Math.min(own, this.accountAvailable(nowNs));
  }

  accountAvailable(nowNs: number): number {
    return this.#options.accountMax - this.#count((send) => send.op !== CommandOp.cancel, nowNs);
  }

  #count(isMeant: (send: Send) => boolean, nowNs: number): number {
    const spanNs = this.#options.windowNs + this.#options.marginNs;
    return this.sends
      .filter((send) => isMeant(send) && nowNs - send.atNs <= spanNs)
      .reduce((sum, send) => sum + send.count, 0);
  }
}
