import type { Instrument } from '../../engine/base/instrument.ts';

/** By how much the buffer grows when it is full. */
const GROWTH = 2;

/**
 * The frames of a feed, framed once before anything is timed: one buffer, and where each frame begins and ends in it. The
 * first is a snapshot, so that the feed can be played again from its start.
 */
export interface FrameFeed {
  readonly name: string;
  readonly instruments: readonly Instrument[];
  readonly bytes: Buffer;
  readonly count: number;
  /** Frame f is bytes[starts[f], starts[f + 1]). */
  readonly starts: Int32Array;
  /** 1 where the frame is a snapshot: played, but not timed. */
  readonly isSnapshot: Uint8Array;
}

/** Collects frames into one buffer. */
export class FeedBuilder {
  #bytes = Buffer.alloc(1 << 20);
  #length = 0;
  readonly #starts: number[] = [];
  readonly #isSnapshot: number[] = [];

  get count(): number {
    return this.#starts.length;
  }

  add(frame: string, isSnapshot: boolean): void {
    while (this.#length + frame.length > this.#bytes.length) {
      const grown = Buffer.alloc(this.#bytes.length * GROWTH);
      this.#bytes.copy(grown);
      this.#bytes = grown;
    }
    this.#starts.push(this.#length);
    this.#isSnapshot.push(isSnapshot ? 1 : 0);
    // Frames are ASCII: a character is a byte.
    this.#length += this.#bytes.write(frame, this.#length, 'latin1');
  }

  /** @throws Error when there is nothing to play, or it does not begin with a snapshot */
  build(name: string, instruments: readonly Instrument[]): FrameFeed {
    if (this.#isSnapshot[0] !== 1) {
      throw new Error(
        `feed ${name}: expected rows that begin with a snapshot, was ${this.count === 0 ? 'empty' : 'an update'}`,
      );
    }
    return {
      name,
      instruments,
      bytes: this.#bytes.subarray(0, this.#length),
      count: this.count,
      starts: Int32Array.from([...this.#starts, this.#length]),
      isSnapshot: Uint8Array.from(this.#isSnapshot),
    };
  }
}
