import { NS_PER_MS, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import type { RecordedLevel, RecordingEvent, RecordingKind } from './recording-event.ts';

type Row = Readonly<Record<string, unknown>>;
/** While it is filled in. */
type Event = { -readonly [Key in keyof RecordingEvent]: RecordingEvent[Key] };

/** Texts of a row that has its time: what a line of any format comes to before it is placed on the time line. */
interface RowTimes {
  readonly tsMs: Milliseconds;
  /** Nanoseconds since the epoch as text; empty for none. */
  readonly recvText: string;
}

/**
 * How far the venue's times may step back within a file that has no receive times: books and trades are streams of their
 * own. The recording of the fixtures, whose order is that of arrival, steps back 32 ms at most (7,041 of 92,776 rows);
 * OKX's books channel pushes every 100 ms.
 */
const STEP_BACK_MS_MAX: Milliseconds = 200;

const DECIMAL = /^\d+(\.\d+)?$/;
const SIGNED_DECIMAL = /^-?\d+(\.\d+)?$/;
/** Milliseconds of the years 2001 to 2286. */
const TS = /^\d{13}$/;
const RECV_NS = /^\d{19}$/;
const NS_DIGITS = 6;
/** Of instrument rows without a time. */
const UNTIMED = { tsMs: -1, recvNs: -1, timeNs: -1 };
const NO_LEVELS: readonly RecordedLevel[] = [];

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
  readonly #originMs: Milliseconds;
  readonly #isMixed: boolean;
  #line = 0;
  #instId = '';
  /** Of the file's rows; unknown before the first that has a time. */
  #hasRecvNs: boolean | undefined;
  #timeNs: Nanoseconds = 0;
  readonly #seqIds = new Map<string, number>();

  constructor(file: string, originMs: Milliseconds, isMixed: boolean) {
    this.#file = file;
    this.#originMs = originMs;
    this.#isMixed = isMixed;
  }

  get hasRecvNs(): boolean {
    return this.#hasRecvNs === true;
  }

  /** @throws RecordingError when the line is no row, or cannot follow the line before */
  decode(line: string, lineNumber: number): RecordingEvent {
    this.#line = lineNumber;
    const row = this.#parse(line);
    const instId = this.#text(row, 'instId');
    this.#checkInstrument(instId);
    const kind = this.#kindOf(row);
    const isUntimed = kind === 'instrument' && row['ts'] === undefined;
    const { tsMs, recvNs, timeNs } = isUntimed ? UNTIMED : this.#placed(this.#timesOf(row));
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
        event.px = this.#decimal(row, 'px', DECIMAL);
        event.sz = this.#decimal(row, 'sz', DECIMAL);
        event.side = this.#side(row);
        event.tradeId = this.#text(row, 'tradeId');
        return;
      case 'mark':
        event.px = this.#decimal(row, 'markPx', DECIMAL);
        return;
      case 'funding':
        event.px = this.#decimal(row, 'fundingRate', SIGNED_DECIMAL);
        event.fundingTimeMs = Number(this.#decimal(row, 'fundingTime', TS));
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
      `expected rows of ${this.#instId} as in the lines before, found ${instId}; split the file with record import --mixed`,
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

  #timesOf(row: Row): RowTimes {
    const ts = typeof row['ts'] === 'number' ? String(row['ts']) : row['ts'];
    if (typeof ts !== 'string' || !TS.test(ts)) {
      throw this.#refusal('ts in milliseconds since the epoch, 13 digits', quoted(JSON.stringify(ts)));
    }
    const recvNs = row['recvNs'] ?? '';
    if (typeof recvNs !== 'string' || (recvNs !== '' && !RECV_NS.test(recvNs))) {
      throw this.#refusal(
        'recvNs as text, nanoseconds since the epoch in 19 digits, or none',
        quoted(JSON.stringify(recvNs)),
      );
    }
    return { tsMs: Number(ts), recvText: recvNs };
  }

  /** Places the row on the time line, behind the row before it. */
  #placed({ tsMs, recvText }: RowTimes): { tsMs: Milliseconds; recvNs: Nanoseconds; timeNs: Nanoseconds } {
    const hasRecvNs = recvText !== '';
    if (this.#hasRecvNs !== undefined && this.#hasRecvNs !== hasRecvNs) {
      throw this.#refusal(
        'recvNs in every row or in none',
        hasRecvNs ? 'one after rows without' : 'none after rows with it',
      );
    }
    this.#hasRecvNs = hasRecvNs;
    const tsNs = (tsMs - this.#originMs) * NS_PER_MS;
    const recvNs = hasRecvNs ? this.#sinceOrigin(recvText) : -1;
    const givenNs = hasRecvNs ? recvNs : tsNs;
    const stepBackNs = this.#timeNs - givenNs;
    if (stepBackNs > (hasRecvNs ? 0 : STEP_BACK_MS_MAX * NS_PER_MS)) {
      throw new RecordingError(
        RecordingErrorCode.misordered,
        this.#file,
        this.#line,
        `expected rows in the order of their ${hasRecvNs ? 'recvNs' : 'ts'}, this one is ${stepBackNs / NS_PER_MS} ms before a line above it; sort the file`,
      );
    }
    this.#timeNs = Math.max(this.#timeNs, givenNs);
    return { tsMs, recvNs, timeNs: this.#timeNs };
  }

  /** Exact: a number holds nanoseconds since the epoch to 256 ns only. */
  #sinceOrigin(recvText: string): Nanoseconds {
    const split = recvText.length - NS_DIGITS;
    const ms = Number(recvText.slice(0, split)) - this.#originMs;
    return ms * NS_PER_MS + Number(recvText.slice(split));
  }

  /** Recordings of our own carry the venue's numbers: a line that is missing shows. */
  #checkSequence(row: Row, { kind, instId }: Event): void {
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

  #decimal(row: Row, key: string, pattern: RegExp): string {
    const value = row[key];
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw this.#refusal(`${key} as text, a decimal number`, quoted(JSON.stringify(value)));
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

function isLevel(level: unknown): boolean {
  return (
    Array.isArray(level) &&
    level.length >= 2 &&
    level.every((value) => typeof value === 'string') &&
    DECIMAL.test(level[0]!) &&
    DECIMAL.test(level[1]!)
  );
}

/** A piece of what was found, short enough for a message. */
function quoted(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
