import type { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DEPTH_CHANNEL_NAMES, DepthFrame } from '../../engine/okx/depth-frame.ts';
import { decodePlainly, type PlainInstrument } from './depth-plain-decoder.ts';

const ACTIONS = ['snapshot', 'update', 'image'];
const KINDS = ['depth', 'other', 'malformed', 'unknownInstrument'];

/** What the decoder and its plain twin make of the same bytes, as texts to compare. Frames of one message. */
export class DepthComparison {
  readonly frame = new DepthFrame();
  /** Frames that were depth for both, and how many of them took the slower road. */
  depth = 0;
  slow = 0;
  refused = 0;

  readonly #decoder: DepthDecoder;
  readonly #instruments: readonly PlainInstrument[];

  constructor(decoder: DepthDecoder, instruments: readonly PlainInstrument[]) {
    this.#decoder = decoder;
    this.#instruments = instruments;
  }

  /** Decodes memory[start, end) both ways. Throws with both results where they differ; gives whether it was depth. */
  check(memory: Buffer, start: number, end: number): boolean {
    const { frame } = this;
    const expected = decodePlainly(memory.subarray(start, end), this.#instruments);
    const kind = KINDS[this.#decoder.decode(memory, start, end, frame)];
    let got = String(kind);
    let wanted: string = expected.kind;
    if (expected.kind === 'depth' && kind === 'depth') {
      const { asks, bids, ...rest } = expected.entries[0]!;
      wanted = JSON.stringify([
        [expected.instrument, expected.channel, expected.action, expected.entries.length],
        [rest.tsMs, rest.seqId, rest.prevSeqId, rest.checksum, rest.farAsks],
        asks,
        bids,
      ]);
      got = JSON.stringify([
        [frame.instrument, DEPTH_CHANNEL_NAMES[frame.channel], ACTIONS[frame.action], frame.entryCount],
        [frame.tsMs, frame.seqId, frame.prevSeqId, frame.checksum, frame.farAskCount],
        rowsOf(frame.askTicks, frame.askLots, frame.askCount),
        rowsOf(frame.bidTicks, frame.bidLots, frame.bidCount),
      ]);
      this.depth++;
      if (frame.isSlowPath) this.slow++;
    } else this.refused++;
    if (got !== wanted) {
      throw new Error(
        `${memory.toString('latin1', start, end)}\nexpected ${wanted}\nwas      ${got} (at ${start})`,
      );
    }
    return expected.kind === 'depth';
  }
}

function rowsOf(ticks: Int32Array, lots: Float64Array, count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, row) => [ticks[row]!, lots[row]!] as const);
}
