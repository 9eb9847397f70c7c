import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import { NO_LEVELS, type RecordingEvent } from './recording-event.ts';
import { RowTimes } from './row-times.ts';
import { isDecimal, isTime } from './row-values.ts';
import type { RowDecoderOptions } from './row-decoder.ts';

/**
 * OKX's historical trade files: CSV with a header, one a day (16:00 to 16:00 UTC), packed as zip.
 *
 *     instrument_name,trade_id,side,price,size,created_time[,source]       BTC-USDT-SWAP-trades-2025-11-08.csv
 *     trade_id/交易id,side/交易方向,size/数量,price/价格,created_time/成交时间    until about 2023: the instrument by the name
 *
 * No page of OKX's describes them, and no file was at hand. The columns are those that several public readers of real files
 * agree on (a row of one: BTC-USDT-SWAP,1566502282,sell,104503.0,30.14,1748707200008), `source` since 2026; looked up
 * 2026-11-21. Of one instrument, ids rise and times never fall; a file of an option chain is in no order as a whole.
 * Side is the taker's, sizes are contracts (of spot the base coin), created_time is in milliseconds.
 */

const COLUMNS = ['trade_id', 'side', 'price', 'size', 'created_time'] as const;
type Column = (typeof COLUMNS)[number] | 'instrument_name';

const FILE_NAME = /([A-Z0-9_]+(?:-[A-Z0-9_]+)+)-(?:agg)?trades-\d{4}-\d{2}-\d{2}/;

export function isTradeFileHeader(line: string): boolean {
  const columns = columnsOf(line);
  return COLUMNS.every((column) => columns.includes(column));
}

export class TradeFileDecoder {
  readonly #file: string;
  readonly #options: RowDecoderOptions;
  readonly #times: RowTimes;
  readonly #columns: readonly string[];
  readonly #indexes: Readonly<Record<Column, number>>;
  /** For rows that do not name their instrument. */
  readonly #fileInstId: string;
  #instId = '';

  /** @throws RecordingError when neither the header nor the file's name tells the instrument */
  constructor(file: string, header: string, options: RowDecoderOptions) {
    this.#file = file;
    this.#options = options;
    this.#times = new RowTimes(file, options.originMs);
    this.#columns = columnsOf(header);
    const indexOf = (column: Column): number => this.#columns.indexOf(column);
    this.#indexes = {
      instrument_name: indexOf('instrument_name'),
      trade_id: indexOf('trade_id'),
      side: indexOf('side'),
      price: indexOf('price'),
      size: indexOf('size'),
      created_time: indexOf('created_time'),
    };
    this.#fileInstId = FILE_NAME.exec(file.split('/').at(-1)!)?.[1] ?? '';
    if (this.#indexes.instrument_name < 0 && this.#fileInstId === '') {
      throw this.#refusal(
        1,
        'a column instrument_name, or a file name such as BTC-USDT-trades-2023-01-01.csv',
        header,
      );
    }
  }

  get hasRecvNs(): boolean {
    return false;
  }

  /** Null for a row of an instrument that is not wanted. @throws RecordingError when the line is no row */
  decode(line: string, lineNumber: number): RecordingEvent | null {
    const fields = line.trimEnd().split(',');
    if (fields.length !== this.#columns.length) {
      throw this.#refusal(lineNumber, `${this.#columns.length} columns as in the header`, line);
    }
    const { instrument_name, trade_id, side, price, size, created_time } = this.#indexes;
    const instId = instrument_name < 0 ? this.#fileInstId : fields[instrument_name]!;
    if (this.#options.instIds !== undefined && !this.#options.instIds.has(instId)) return null;
    this.#checkInstrument(instId, lineNumber);
    const taker = fields[side]!.toLowerCase();
    const isRow =
      (taker === 'buy' || taker === 'sell') &&
      fields[trade_id] !== '' &&
      isDecimal(fields[price]) &&
      isDecimal(fields[size]) &&
      isTime(fields[created_time]);
    if (!isRow) throw this.#refusal(lineNumber, `a trade as ${this.#columns.join(',')}`, line);
    return {
      kind: 'trade',
      instId,
      ...this.#times.place(lineNumber, Number(fields[created_time]), ''),
      asks: NO_LEVELS,
      bids: NO_LEVELS,
      px: fields[price]!,
      sz: fields[size]!,
      side: taker,
      tradeId: fields[trade_id]!,
      fundingTimeMs: -1,
      seqId: -1,
      prevSeqId: -1,
      file: this.#file,
      line: lineNumber,
    };
  }

  #checkInstrument(instId: string, line: number): void {
    if (this.#instId === '') this.#instId = instId;
    if (this.#options.isMixed || instId === this.#instId) return;
    throw new RecordingError(
      RecordingErrorCode.mixedInstruments,
      this.#file,
      line,
      `expected trades of ${this.#instId} as in the lines before, found ${instId}; name the instruments that are wanted, or split the file with record import`,
    );
  }

  #refusal(line: number, expected: string, found: string): RecordingError {
    return new RecordingError(
      RecordingErrorCode.badRow,
      this.#file,
      line,
      `expected ${expected}, found ${found.slice(0, 120)}; download the file again, or take the rows before with --partial`,
    );
  }
}

/** Names before the slash: the old files have each in two languages, the second in whatever encoding. */
function columnsOf(header: string): string[] {
  return header
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((column) => column.split('/')[0]!.trim());
}
