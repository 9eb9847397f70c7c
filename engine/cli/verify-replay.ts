import { NO_SEQUENCE } from '../base/depth-rows.ts';
import type { Instrument } from '../base/instrument.ts';
import { bookChecksum } from '../book/book-checksum.ts';
import type { BookSide } from '../book/book-side.ts';
import { BookSync, SyncResult } from '../book/book-sync.ts';
import { Book } from '../book/book.ts';
import { DepthDecoder } from '../okx/depth-decoder.ts';
import {
  DEPTH_CHANNEL_NAMES,
  DepthChannel,
  DepthFrame,
  DepthResult,
  NO_INSTRUMENT,
} from '../okx/depth-frame.ts';
import { LevelSpelling } from './verify-spelling.ts';
import { LineKind, readCaptureLine } from './verify-line.ts';

const OPEN_BRACE = 0x7b;

/** A level as text. */
export interface VerifiedLevel {
  readonly price: string;
  readonly size: string;
}

/** What came of one instrument's channel in one file. */
export interface VerifyResult {
  readonly file: string;
  readonly instId: string;
  readonly channel: string;
  /** Depth frames, whatever became of them. */
  readonly frames: number;
  /** Updates (or images) applied to the book; snapshots are not among them. */
  readonly updates: number;
  readonly snapshots: number;
  /** Checksums of the venue against the book's own. Zero: the venue gave none. */
  readonly checksums: { readonly equal: number; readonly unequal: number; readonly zero: number };
  readonly gaps: number;
  readonly missingSequences: number;
  readonly resets: number;
  readonly crossed: number;
  readonly slowPath: number;
  readonly malformed: number;
  /** Messages passed over because there was no snapshot to apply them to. */
  readonly unsynced: number;
  readonly isSynced: boolean;
  readonly bestBid: VerifiedLevel | null;
  readonly bestAsk: VerifiedLevel | null;
  readonly ok: boolean;
}

/** What came of the file itself. */
export interface VerifiedFile {
  readonly file: string;
  readonly lines: number;
  readonly depthFrames: number;
  readonly otherLines: number;
  /** Lines of no known format, and broken frames of no instrument or of other channels. */
  readonly malformed: number;
  readonly error: string | null;
}

/** Rebuilds the books of one file, line by line, with the engine's own decoder and book. */
export class CaptureReplay {
  readonly #file: string;
  readonly #instruments: readonly Instrument[];
  readonly #decoder: DepthDecoder;
  readonly #frame = new DepthFrame();
  readonly #streams = new Map<string, StreamReplay>();
  #lines = 0;
  #depthFrames = 0;
  #otherLines = 0;
  #malformed = 0;

  constructor(file: string, instruments: readonly Instrument[]) {
    this.#file = file;
    this.#instruments = instruments;
    this.#decoder = new DepthDecoder(instruments);
  }

  addLine(text: Buffer): void {
    this.#lines++;
    const line = readCaptureLine(text);
    if (line.kind === LineKind.unreadable) this.#malformed++;
    else if (line.kind === LineKind.otherRow || line.kind === LineKind.connection) this.#otherLines++;
    else this.#addFrame(line.bytes);
  }

  #addFrame(bytes: Buffer): void {
    const frame = this.#frame;
    const result = this.#decoder.decode(bytes, 0, bytes.length, frame);
    if (result === DepthResult.other) {
      // The decoder does not judge what is not its own; a damaged line is a damaged capture all the same.
      if (isBrokenObject(bytes)) this.#malformed++;
      else this.#otherLines++;
      return;
    }
    if (result === DepthResult.unknownInstrument || frame.instrument === NO_INSTRUMENT) {
      this.#malformed++;
      return;
    }
    this.#depthFrames++;
    const stream = this.#stream(frame.instrument, frame.channel);
    if (result === DepthResult.malformed) {
      stream.addMalformed();
      return;
    }
    stream.addFrame(frame, bytes);
    for (let entry = 1; entry < frame.entryCount; entry++) {
      if (this.#decoder.decode(bytes, 0, bytes.length, frame, entry) === DepthResult.depth)
        stream.apply(frame, bytes, entry);
    }
  }

  #stream(instrument: number, channel: DepthChannel): StreamReplay {
    const key = `${instrument} ${channel}`;
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = new StreamReplay(this.#file, this.#instruments[instrument]!, channel);
      this.#streams.set(key, stream);
    }
    return stream;
  }

  fileResult(error: string | null): VerifiedFile {
    return {
      file: this.#file,
      lines: this.#lines,
      depthFrames: this.#depthFrames,
      otherLines: this.#otherLines,
      malformed: this.#malformed,
      error,
    };
  }

  results(): VerifyResult[] {
    return [...this.#streams.values()].map((stream) => stream.result());
  }
}

/** Begins as a JSON object and is none. Texts such as `pong` are no objects. */
function isBrokenObject(bytes: Buffer): boolean {
  if (bytes[0] !== OPEN_BRACE) return false;
  try {
    JSON.parse(bytes.toString());
    return false;
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}

/** One instrument on one channel. */
class StreamReplay {
  readonly #file: string;
  readonly #instrument: Instrument;
  readonly #channel: DepthChannel;
  readonly #book = new Book();
  readonly #spelling: LevelSpelling;
  #sync: BookSync | undefined = undefined;
  #frames = 0;
  #slowPath = 0;
  #malformed = 0;
  #unsynced = 0;
  #equal = 0;
  #unequal = 0;
  #zero = 0;

  constructor(file: string, instrument: Instrument, channel: DepthChannel) {
    this.#file = file;
    this.#instrument = instrument;
    this.#channel = channel;
    this.#spelling = new LevelSpelling(instrument);
  }

  addFrame(frame: DepthFrame, bytes: Buffer): void {
    this.#frames++;
    if (frame.isSlowPath) this.#slowPath++;
    this.apply(frame, bytes, 0);
  }

  addMalformed(): void {
    this.#frames++;
    this.#malformed++;
    this.#sync?.breakNow();
  }

  /** Applies message `entry` of the frame in `bytes`, which has been decoded into `frame`. */
  apply(frame: DepthFrame, bytes: Buffer, entry: number): void {
    // A capture whose first message has no number is of before 2023-06-20 and has none at all; others must have them.
    this.#sync ??= new BookSync(this.#book, { requireSequence: frame.seqId !== NO_SEQUENCE });
    const result = this.#sync.apply(frame);
    if (this.#sync.isAwaitingSnapshot) this.#unsynced++;
    if (result !== SyncResult.applied || this.#channel >= DepthChannel.books5) return;
    this.#spelling.add(bytes, entry, frame);
    if (frame.checksum === 0) this.#zero++;
    else if (frame.checksum === this.#checksum()) this.#equal++;
    else this.#unequal++;
  }

  #checksum(): number {
    return bookChecksum(this.#book, this.#instrument.tick, this.#instrument.lot, this.#spelling);
  }

  result(): VerifyResult {
    const sync = this.#sync;
    const gaps = sync?.gaps ?? 0;
    const missingSequences = sync?.missingSequences ?? 0;
    const isSynced = sync !== undefined && !sync.isAwaitingSnapshot;
    return {
      file: this.#file,
      instId: this.#instrument.instId,
      channel: DEPTH_CHANNEL_NAMES[this.#channel]!,
      frames: this.#frames,
      updates: (sync?.updates ?? 0) + (sync?.images ?? 0),
      snapshots: sync?.snapshots ?? 0,
      checksums: { equal: this.#equal, unequal: this.#unequal, zero: this.#zero },
      gaps,
      missingSequences,
      resets: sync?.resets ?? 0,
      crossed: sync?.crossed ?? 0,
      slowPath: this.#slowPath,
      malformed: this.#malformed,
      unsynced: this.#unsynced,
      isSynced,
      bestBid: isSynced ? this.#best(this.#book.bids) : null,
      bestAsk: isSynced ? this.#best(this.#book.asks) : null,
      ok: this.#unequal === 0 && gaps === 0 && missingSequences === 0 && this.#malformed === 0 && isSynced,
    };
  }

  #best(side: BookSide): VerifiedLevel | null {
    if (side.count === 0) return null;
    return {
      price: this.#instrument.tick.toText(side.bestTicks),
      size: this.#instrument.lot.toText(side.bestLots),
    };
  }
}
