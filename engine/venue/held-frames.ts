import type { Nanoseconds } from '../base/units.ts';

/** Far more than a hundred snapshots of 400 levels and the updates of a few seconds. */
const HELD_FRAMES_MAX = 20_000;
const HELD_BYTES_MAX = 64 * 1024 * 1024;

/** Copies of the frames that arrived before their session was up, in order, with the times they came. */
export class HeldFrames {
  readonly #frames: Buffer[] = [];
  readonly #recvNs: Nanoseconds[] = [];
  #bytes = 0;

  /** False when there is no room: the frame is not kept, and the connection is of no use any more. */
  push(bytes: Buffer, start: number, end: number, recvNs: Nanoseconds): boolean {
    const length = end - start;
    if (this.#frames.length === HELD_FRAMES_MAX || this.#bytes + length > HELD_BYTES_MAX) return false;
    this.#frames.push(Buffer.from(bytes.subarray(start, end)));
    this.#recvNs.push(recvNs);
    this.#bytes += length;
    return true;
  }

  /** Gives every frame to `take` and forgets them all; ends early when `take` says so by false. */
  drain(take: (frame: Buffer, recvNs: Nanoseconds) => boolean): void {
    for (let index = 0; index < this.#frames.length; index++) {
      if (!take(this.#frames[index]!, this.#recvNs[index]!)) break;
    }
    this.#frames.length = 0;
    this.#recvNs.length = 0;
    this.#bytes = 0;
  }
}
