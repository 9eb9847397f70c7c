import type { Milliseconds } from '../base/units.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import { NO_LEVELS, type RecordedLevel, type RecordingEvent, type RecordingKind } from './recording-event.ts';
import { isDecimal, isLevel, isTime } from './row-values.ts';
import { RowTimes, type PlacedTimes } from './row-times.ts';

type Row = Readonly<Record<string, unknown>>;
/** How a file is read. */
export interface RowDecoderOptions {
  readonly originMs: Milliseconds;
  /** The file may hold several instruments. */
  readonly isMixed: boolean;
  /** Of OKX's files of several instruments, those that are wanted; all without it. */
  readonly instIds?: ReadonlySet<string> | undefined;
}

/** While it is filled in. */
type Event = { -readonly [Key in keyof RecordingEvent]: RecordingEvent[Key] };

const RECV_NS = /^\d{19}$/;
/** Of instrument rows without a time. */
const UNTIMED = { tsMs: -1, recvNs: -1, timeNs: -1 };

/** The channels of rows without an action, and what they are here. */
const KINDS: Readonly<Record<string, RecordingKind>> = {
  trades: 'trade',
  'mark-price': 'mark',
  'funding-rate': 'funding',
  instruments: 'instrument',
  gap: 'gap',
};

/**
 * Rows of one recording, one JSON object a line, to events. Knows the file's order: the same decoder must be given all
 * its lines.
 *
 *     {recvNs?, instId, action: "snapshot"|"update", ts, asks, bids, seqId?, prevSeqId?}
 *     {recvNs?, instId, channel: "trades", tradeId, px, sz, side, ts}
 *     {recvNs?, instId, channel: "mark-price", markPx, ts}
 *     {recvNs?, instId, channel: "funding-rate", fundingRate, fundingTime, ts}
 *     {recvNs?, instId, channel: "instruments", ts?, ...the row of GET /api/v5/public/instruments}
 *     {recvNs?, instId, channel: "gap", ts, reason}
 */
export class RowDecoder {
  readonly #file: string;
  readonly #isMixed: boolean;
  readonly #times: RowTimes;
  readonly #seqIds = new Map<string, number>();
  #line = 0;
  #instId = '';

  constructor(file: string, { originMs, isMixed }: RowDecoderOptions) {
    this.#file = file;
    this.#isMixed = isMixed;
    this.#times = new RowTimes(file, originMs);
  }

  get hasRecvNs(): boolean {
    return this.#times.hasRecvNs;
  }

  /** @throws RecordingError when the line is no row, or cannot follow the line before */
  decode(line: string, lineNumber: number): RecordingEvent {
    this.#line = lineNumber;
    const row = this.#parse(line);
    const instId = this.#text(row, 'instId');
    this.#checkInstrument(instId);
    const kind = this.#kindOf(row);
    const isUntimed = kind === 'instrument' && row['ts'] === undefined;
    const { tsMs, recvNs, timeNs } = isUntimed ? UNTIMED : this.#placed(row);
    const event: Event = {
      kind,
      instId,
      tsMs,
      recvNs,
      timeNs,
      asks: NO_LEVELS,
      bids: NO_LEVELS,
      px: '',
      sz: '',
      side: 'buy',
      tradeId: '',
      fundingTimeMs: -1,
      seqId: -1,
      prevSeqId: -1,
      file: this.#file,
      line: lineNumber,
    };
    this.#fill(event, row);
    return event;
  }

  #fill(event: Event, row: Row): void {
    switch (event.kind) {
      case 'snapshot':
      case 'update':
        this.#checkSequence(row, event);
        event.asks = this.#levels(row, 'asks');
        event.bids = this.#levels(row, 'bids');
        return;
      case 'trade':
        event.px = this.#decimal(row, 'px');
        event.sz = this.#decimal(row, 'sz');
        event.side = this.#side(row);
        event.tradeId = this.#text(row, 'tradeId');
        return;
      case 'mark':
        event.px = this.#decimal(row, 'markPx');
        return;
      case 'funding':
        event.px = this.#decimal(row, 'fundingRate', true);
        event.fundingTimeMs = this.#time(row, 'fundingTime');
        return;
      case 'instrument':
        event.row = row;
        return;
      default:
        this.#seqIds.delete(event.instId);
    }
  }

  #parse(line: string): Row {
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch (cause) {
      throw this.#refusal('a JSON object a line', quoted(line), { cause });
    }
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw this.#refusal('a JSON object a line', quoted(line));
    }
    return row as Row;
  }

  #checkInstrument(instId: string): void {
    if (this.#instId === '') this.#instId = instId;
    if (this.#isMixed || instId === this.#instId) return;
    throw new RecordingError(
      RecordingErrorCode.mixedInstruments,
      this.#file,
      this.#line,
      `expected rows of ${this.#instId} as in the lines before, found ${instId}; take it as it is with --mixed, or split it with record import --mixed`,
    );
  }

  #kindOf(row: Row): RecordingKind {
    const { action, channel } = row;
    if (channel === undefined && (action === 'snapshot' || action === 'update')) return action;
    const kind = typeof channel === 'string' && Object.hasOwn(KINDS, channel) ? KINDS[channel] : undefined;
    if (kind !== undefined && action === undefined) return kind;
    throw this.#refusal(
      `an action of snapshot or update, or a channel of ${Object.keys(KINDS).join(', ')}`,
      quoted(JSON.stringify({ action, channel })),
    );
  }

  #placed(row: Row): PlacedTimes {
    const tsMs = this.#time(row, 'ts');
    const recvNs = row['recvNs'] ?? '';
    if (typeof recvNs !== 'string' || (recvNs !== '' && !RECV_NS.test(recvNs))) {
      throw this.#refusal(
        'recvNs as text, nanoseconds since the epoch in 19 digits, or none',
        quoted(JSON.stringify(recvNs)),
      );
    }
    return this.#times.place(this.#line, tsMs, recvNs);
  }

  /** Recordings of our own carry the venue's numbers: a line that is missing shows. */
  #checkSequence(row: Row, event: Event): void {
    const { kind, instId } = event;
    const { seqId, prevSeqId } = row;
    const last = this.#seqIds.get(instId);
    if (seqId === undefined && prevSeqId === undefined && last === undefined) return;
    if (!Number.isSafeInteger(seqId) || !Number.isSafeInteger(prevSeqId)) {
      throw this.#refusal(
        'seqId and prevSeqId as whole numbers',
        quoted(JSON.stringify({ seqId, prevSeqId })),
      );
    }
    if (kind === 'update' && last !== undefined && prevSeqId !== last) {
      throw new RecordingError(
        RecordingErrorCode.sequenceGap,
        this.#file,
        this.#line,
        `expected prevSeqId ${last} as the row before has it, was ${String(prevSeqId)}; rows are missing: copy the file again, or take the rows before with --partial`,
      );
    }
    this.#seqIds.set(instId, seqId as number);
    event.seqId = seqId as number;
    event.prevSeqId = prevSeqId as number;
  }

  #levels(row: Row, key: string): readonly RecordedLevel[] {
    const levels = row[key];
    if (Array.isArray(levels) && levels.every(isLevel)) return levels;
    throw this.#refusal(`${key} as [[price, size, ...], ...] of texts`, quoted(JSON.stringify(levels)));
  }

  #side(row: Row): 'buy' | 'sell' {
    const { side } = row;
    if (side === 'buy' || side === 'sell') return side;
    throw this.#refusal('side buy or sell', quoted(JSON.stringify(side)));
  }

  #decimal(row: Row, key: string, isSigned = false): string {
    const value = row[key];
    if (isDecimal(value, isSigned)) return value;
    throw this.#refusal(`${key} as text, a decimal number`, quoted(JSON.stringify(value)));
  }

  #time(row: Row, key: string): Milliseconds {
    const value = typeof row[key] === 'number' ? String(row[key]) : row[key];
    if (isTime(value)) return Number(value);
    throw this.#refusal(`${key} in milliseconds since the epoch, 13 digits`, quoted(JSON.stringify(value)));
  }

  #text(row: Row, key: string): string {
    const value = row[key];
    if (typeof value === 'string' && value !== '') return value;
    throw this.#refusal(`${key} as text`, quoted(JSON.stringify(value)));
  }

  #refusal(expected: string, found: string, options?: ErrorOptions): RecordingError {
    return new RecordingError(
      RecordingErrorCode.badRow,
      this.#file,
      this.#line,
      `expected ${expected}, found ${found}; correct the file, or take the rows before with --partial`,
      options,
    );
  }
}

/** A piece of what was found, short enough for a message, without what a terminal would obey or not show. */
function quoted(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  const shown = text.slice(0, 80).replace(/[\p{C}\uFFFD]/gu, '?');
  return text.length > 80 ? `${shown}…` : shown;
}
