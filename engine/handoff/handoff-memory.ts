import { assert } from '../base/assert.ts';
import { HANDOFF_LAYOUT, HANDOFF_MAGIC, HandoffLayout, HeaderWord } from './layout.ts';
import type { HandoffDimensions } from './layout.ts';

/** The memory for these dimensions, zeroed, with its header written. Made once, by the engine thread. */
export function createHandoff(dimensions: HandoffDimensions): SharedArrayBuffer {
  const layout = new HandoffLayout(dimensions);
  const memory = new SharedArrayBuffer(layout.totalBytes);
  const header = new Int32Array(memory, 0, 8);
  header[HeaderWord.instrumentCount] = dimensions.instrumentCount;
  header[HeaderWord.workerCount] = dimensions.workerCount;
  header[HeaderWord.marketLevels] = dimensions.marketLevels;
  header[HeaderWord.quoteLevels] = dimensions.quoteLevels;
  header[HeaderWord.layout] = HANDOFF_LAYOUT;
  header[HeaderWord.magic] = HANDOFF_MAGIC;
  return memory;
}

/** One thread's sight of the memory. The header describes it, so that only the buffer travels between threads. */
export class Handoff {
  readonly memory: SharedArrayBuffer;
  readonly layout: HandoffLayout;
  readonly instrumentCount: number;
  readonly workerCount: number;
  readonly marketLevels: number;
  readonly quoteLevels: number;

  constructor(memory: SharedArrayBuffer) {
    const header = new Int32Array(memory, 0, 8);
    assert(header[HeaderWord.magic] === HANDOFF_MAGIC, 'the shared memory was made by createHandoff');
    assert(header[HeaderWord.layout] === HANDOFF_LAYOUT, 'both threads run the same build of the hand-off');
    this.memory = memory;
    this.instrumentCount = header[HeaderWord.instrumentCount];
    this.workerCount = header[HeaderWord.workerCount];
    this.marketLevels = header[HeaderWord.marketLevels];
    this.quoteLevels = header[HeaderWord.quoteLevels];
    this.layout = new HandoffLayout({
      instrumentCount: this.instrumentCount,
      workerCount: this.workerCount,
      marketLevels: this.marketLevels,
      quoteLevels: this.quoteLevels,
    });
    assert(memory.byteLength === this.layout.totalBytes, 'the shared memory has the length its header says');
  }

  /** The worker that quotes this instrument: dealt round, so that the busiest instruments, listed first, spread out. */
  workerOf(instrument: number): number {
    return instrument % this.workerCount;
  }

  /** The instruments of a worker, ascending. */
  instrumentsOf(worker: number): number[] {
    const instruments: number[] = [];
    for (let instrument = worker; instrument < this.instrumentCount; instrument += this.workerCount) {
      instruments.push(instrument);
    }
    return instruments;
  }
}
