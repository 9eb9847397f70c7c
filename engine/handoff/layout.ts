/**
 * Where everything lies in the memory that the engine thread and the quote workers share. The one file that knows a
 * byte offset; the other files of this room ask it.
 *
 *     0                header: magic, layout, dimensions               written once, before any thread shares it
 *     controlAt(w)     control word of worker w                        writer: supervisor (engine thread)
 *     statusAt(w)      heartbeat, term, thread, quotes of worker w     writer: worker w
 *     marketBellAt(w)  bell of worker w, "these markets moved"         rung by the engine thread
 *     quoteBellAt      bell of the engine, "these quotes moved"        rung by every worker (atomic ors)
 *     marketSlotAt(i)  market of instrument i                          writer: engine thread
 *     quoteSlotAt(i)   quote of instrument i                           writer: the one worker that owns instrument i
 *     flowSlotAt(i)    what the core has counted of instrument i       writer: engine thread
 *     modelSlotAt(i)   calibrated parameters of instrument i           writer: whoever calibrates, one at a time
 *     explainSlotAt(i) why its quote is what it is                     writer: the one worker that owns instrument i
 *     configurationAt  strategy parameters of all, as JSON             writer: engine thread
 *
 *     a bell    | word | groups of 32 instruments, where one word does not have a flag for each … |pad|   both ends write it
 *     a slot    | sequence, counts … (Int32) | doubles (Float64) | bid lots | ask lots | bid ticks | ask ticks |pad|
 *     a record  | sequence (Int32 × 8) | doubles (Float64) |pad|       flow, model and explain slots: record-slot.ts
 *     the JSON  | sequence, version, length (Int32 × 8) | bytes |pad|  configuration-slot.ts
 *
 * Cells of different writers are two cache lines (128 bytes) apart rather than one: x86 prefetches lines in pairs, so a
 * neighbour 64 bytes away would still be pulled along.
 */
import { assert } from '../base/assert.ts';
import { EXPLAIN_DOUBLES } from '../base/explain-record.ts';
import { FLOW_DOUBLES } from '../base/flow-record.ts';
import { MODEL_DOUBLES } from '../base/model-record.ts';

const WRITER_SPACING_BYTES = 128;

/** "okxH", read as a little-endian Int32. */
export const HANDOFF_MAGIC = 0x4878_6b6f;
/** Raised by one whenever an offset below changes its meaning. */
export const HANDOFF_LAYOUT = 4;

/** Int32 words of the header. */
export const HeaderWord = {
  magic: 0,
  layout: 1,
  instrumentCount: 2,
  workerCount: 3,
  marketLevels: 4,
  quoteLevels: 5,
} as const;

/** Int32 words of a worker's status. `quotes` is a Float64 index of the same line. */
export const StatusWord = { heartbeat: 0, term: 1 } as const;
export const StatusDouble = { quotes: 1 } as const;

/** Int32 words at the start of a market slot. */
export const MarketWord = { sequence: 0, bidCount: 1, askCount: 2, isQuotable: 3, epoch: 4 } as const;
/** Float64s of a market slot, counted from the slot's doubles. */
export const MarketDouble = {
  version: 0,
  seqId: 1,
  tsMs: 2,
  recvNs: 3,
  positionLots: 4,
  groupLots: 5,
  ofiLots: 6,
  boughtLots: 7,
  soldLots: 8,
  markTicks: 9,
  indexTicks: 10,
} as const;

/** Int32 words at the start of a quote slot. */
export const QuoteWord = { sequence: 0, bidCount: 1, askCount: 2, epoch: 3, isWeighed: 4 } as const;
/** Float64s of a quote slot, counted from the slot's doubles. */
export const QuoteDouble = {
  marketVersion: 0,
  recvNs: 1,
  computedNs: 2,
  fairTicks: 3,
  referenceTicks: 4,
  bidEdgeTicks: 5,
  askEdgeTicks: 6,
  modelVersion: 7,
  configVersion: 8,
  /** From here on for the requote rule: 0 where a quote is not weighed. */
  bidRate: 9,
  bidDecay: 10,
  askRate: 11,
  askDecay: 12,
  bidCostTicks: 13,
  askCostTicks: 14,
} as const;

/** Bytes before a slot's doubles: up to eight Int32 words. */
export const SLOT_WORDS_BYTES = 32;
export const MARKET_DOUBLES = 11;
export const QUOTE_DOUBLES = 15;
/** Int32 words before the JSON of the configuration slot. */
export const ConfigurationWord = { sequence: 0, version: 1, length: 2 } as const;
/** What an instrument's parameters may take in it, and all of them at the least. */
const CONFIGURATION_BYTES_EACH = 8 * 1_024;
const CONFIGURATION_BYTES_MIN = 64 * 1_024;

/** Flags in the word of a bell: 32 bits but two, see doorbell.ts. */
export const FLAGS = 30;
/** One flag a group of 32 instruments. */
const INSTRUMENTS_MAX = FLAGS * 32;
const WORKERS_MAX = 64;
export const LEVELS_MAX = 400;

export interface HandoffDimensions {
  readonly instrumentCount: number;
  readonly workerCount: number;
  /** Levels a side that a market slot can hold. */
  readonly marketLevels: number;
  /** Levels a side that a quote slot can hold. */
  readonly quoteLevels: number;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / WRITER_SPACING_BYTES) * WRITER_SPACING_BYTES;
}

function slotBytes(doubles: number, levels: number): number {
  return padded(SLOT_WORDS_BYTES + doubles * 8 + levels * 2 * (8 + 4));
}

function recordBytes(doubles: number): number {
  return padded(SLOT_WORDS_BYTES + doubles * 8);
}

function isCount(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

/** Byte offsets for one set of dimensions. Cold: views are made from it at start, nothing asks it on the path. */
export class HandoffLayout {
  readonly dimensions: HandoffDimensions;
  /** Int32 words behind the word of each bell; 0 where that has a flag for every instrument. */
  readonly bellGroups: number;
  readonly quoteBellAt: number;
  readonly totalBytes: number;
  readonly #bellBytes: number;
  readonly #workerBytes: number;
  readonly #marketSlotsAt: number;
  readonly #marketSlotBytes: number;
  readonly #quoteSlotBytes: number;
  readonly #flowSlotsAt: number;
  readonly #modelSlotsAt: number;
  readonly #explainSlotsAt: number;
  readonly configurationAt: number;
  readonly configurationBytes: number;

  constructor(dimensions: HandoffDimensions) {
    assert(
      isCount(dimensions.instrumentCount, INSTRUMENTS_MAX),
      'the hand-off has between 1 and INSTRUMENTS_MAX instruments',
    );
    assert(
      isCount(dimensions.workerCount, WORKERS_MAX),
      'the hand-off has between 1 and WORKERS_MAX workers',
    );
    assert(isCount(dimensions.marketLevels, LEVELS_MAX), 'a market slot has between 1 and LEVELS_MAX levels');
    assert(isCount(dimensions.quoteLevels, LEVELS_MAX), 'a quote slot has between 1 and LEVELS_MAX levels');
    this.dimensions = dimensions;
    const { instrumentCount } = dimensions;
    this.bellGroups = instrumentCount > FLAGS ? Math.ceil(instrumentCount / 32) : 0;
    this.#bellBytes = padded(4 + 4 * this.bellGroups);
    this.#workerBytes = 2 * WRITER_SPACING_BYTES + this.#bellBytes;
    this.quoteBellAt = WRITER_SPACING_BYTES + dimensions.workerCount * this.#workerBytes;
    this.#marketSlotsAt = this.quoteBellAt + this.#bellBytes;
    this.#marketSlotBytes = slotBytes(MARKET_DOUBLES, dimensions.marketLevels);
    this.#quoteSlotBytes = slotBytes(QUOTE_DOUBLES, dimensions.quoteLevels);
    this.#flowSlotsAt = this.quoteSlotAt(instrumentCount);
    this.#modelSlotsAt = this.#flowSlotsAt + instrumentCount * recordBytes(FLOW_DOUBLES);
    this.#explainSlotsAt = this.#modelSlotsAt + instrumentCount * recordBytes(MODEL_DOUBLES);
    this.configurationAt = this.#explainSlotsAt + instrumentCount * recordBytes(EXPLAIN_DOUBLES);
    this.configurationBytes = padded(
      Math.max(CONFIGURATION_BYTES_MIN, instrumentCount * CONFIGURATION_BYTES_EACH),
    );
    this.totalBytes = this.configurationAt + SLOT_WORDS_BYTES + this.configurationBytes;
  }

  controlAt(worker: number): number {
    return WRITER_SPACING_BYTES + worker * this.#workerBytes;
  }

  statusAt(worker: number): number {
    return this.controlAt(worker) + WRITER_SPACING_BYTES;
  }

  marketBellAt(worker: number): number {
    return this.statusAt(worker) + WRITER_SPACING_BYTES;
  }

  marketSlotAt(instrument: number): number {
    return this.#marketSlotsAt + instrument * this.#marketSlotBytes;
  }

  quoteSlotAt(instrument: number): number {
    const { instrumentCount } = this.dimensions;
    return this.#marketSlotsAt + instrumentCount * this.#marketSlotBytes + instrument * this.#quoteSlotBytes;
  }

  flowSlotAt(instrument: number): number {
    return this.#flowSlotsAt + instrument * recordBytes(FLOW_DOUBLES);
  }

  modelSlotAt(instrument: number): number {
    return this.#modelSlotsAt + instrument * recordBytes(MODEL_DOUBLES);
  }

  explainSlotAt(instrument: number): number {
    return this.#explainSlotsAt + instrument * recordBytes(EXPLAIN_DOUBLES);
  }
}

/** Views of one slot. The rows of levels are as wide as the slot's capacity. */
export class SlotViews {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bidLots: Float64Array;
  readonly askLots: Float64Array;
  readonly bidTicks: Int32Array;
  readonly askTicks: Int32Array;

  constructor(memory: SharedArrayBuffer, slotAt: number, doubles: number, levels: number) {
    const bidLotsAt = slotAt + SLOT_WORDS_BYTES + doubles * 8;
    const askLotsAt = bidLotsAt + levels * 8;
    const bidTicksAt = askLotsAt + levels * 8;
    const askTicksAt = bidTicksAt + levels * 4;
    this.words = new Int32Array(memory, slotAt, SLOT_WORDS_BYTES / 4);
    this.doubles = new Float64Array(memory, slotAt + SLOT_WORDS_BYTES, doubles);
    this.bidLots = new Float64Array(memory, bidLotsAt, levels);
    this.askLots = new Float64Array(memory, askLotsAt, levels);
    this.bidTicks = new Int32Array(memory, bidTicksAt, levels);
    this.askTicks = new Int32Array(memory, askTicksAt, levels);
  }
}

/** @hot Copies the first `count` levels of a side. Loops, since a call of set() with a part of an array makes a view. */
export function copyRows(
  fromTicks: Int32Array,
  fromLots: Float64Array,
  toTicks: Int32Array,
  toLots: Float64Array,
  count: number,
): void {
  for (let level = 0; level < count; level++) {
    toTicks[level] = fromTicks[level];
    toLots[level] = fromLots[level];
  }
}

/** @hot */
export function copyDoubles(from: Float64Array, to: Float64Array, count: number): void {
  for (let index = 0; index < count; index++) to[index] = from[index];
}
