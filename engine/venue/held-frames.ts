import type { Nanoseconds } from '../base/units.ts';

/** Far more than a hundred snapshots of 400 levels and the updates of a few seconds. */
const HELD_FRAMES_MAX = 20_000;
const HELD_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Frames that arrived before their session was up, in order, with the times they came. The buffers are kept,
 * not copied: `ws` never writes to one again.
 */
export class HeldFrames {
  readonly #frames: Uint8Array[] = [];
  readonly #recvNs: Nanoseconds[] = [];
  #bytes = 0;

  /** False when there is no room: the frame is not kept, and the connection is of no use any more. */
  push(frame: Uint8Array, recvNs: Nanoseconds): boolean {
    if (this.#frames.length === HELD_FRAMES_MAX || this.#bytes + frame.length > HELD_BYTES_MAX) return false;
    this.#frames.push(frame);
    this.#recvNs.push(recvNs);
    this.#bytes += frame.length;
    return true;
  }

  /** Gives every frame to `take` and forgets them all; ends early when `take` says so by false. */
  drain(take: (frame: Uint8Array, recvNs: Nanoseconds) => boolean): void {
    for (let index = 0; index < this.#frames.length; index++) {
      if (!take(this.#frames[index]!, this.#recvNs[index]!)) break;
    }
    this.#frames.length = 0;
    this.#recvNs.length = 0;
    this.#bytes = 0;
  }
}
