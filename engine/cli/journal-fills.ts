import { Side } from '../base/side.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import { Connection } from '../loop/loop-options.ts';
import type { RecoveredAccount, TradeFact } from '../loop/loop-options.ts';
import { fromExactJson } from '../replay/exact-json.ts';
import { privateNewsOf } from '../report/order-updates.ts';
import type { TradeTold } from '../report/order-updates.ts';
import { NO_TRUTH, TRUTH_COLUMNS } from './fill-truths.ts';
import type { FillTruth } from './fill-truths.ts';
import type { JournalRun } from './journal-run.ts';
import { RowQueue, roundEpochMs } from './journal-rows.ts';
import type { ExportRow, RowMaker } from './journal-rows.ts';

/** The fee may come by another channel than the trade: a row waits for it while so many others come. */
const WAITING_MAX = 1_000;

type Row = { -readonly [Name in keyof ExportRow]: ExportRow[Name] };

/** One row a trade of ours, however often it was told: pushed, or found by REST in a recovery or an audit. */
export class FillRowMaker implements RowMaker {
  readonly columns = [
    'sequence',
    'timeMs',
    'venueMs',
    'instId',
    'side',
    'price',
    'size',
    'fee',
    'feeCcy',
    'isMaker',
    'tradeId',
    'clOrdId',
    'toldBy',
    ...TRUTH_COLUMNS,
  ];
  readonly #run: JournalRun;
  readonly #truths: ReadonlyMap<string, FillTruth>;
  readonly #rows = new Map<string, Row>();
  readonly #queue = new RowQueue<Row>(WAITING_MAX);

  /** @param truths what became of each fill, by instrument and trade id */
  constructor(run: JournalRun, truths: ReadonlyMap<string, FillTruth>) {
    this.#run = run;
    this.#truths = truths;
  }

  onRecord(record: JournalRecord): readonly ExportRow[] {
    const { kind, sub } = record;
    if (kind === RecordKind.frame && sub === Connection.private) {
      for (const trade of privateNewsOf(recordText(record))?.trades ?? []) this.#onPush(record, trade);
    } else if (kind === RecordKind.recovered || kind === RecordKind.audited) {
      const { trades } = fromExactJson(recordText(record)) as RecoveredAccount;
      for (const trade of trades) this.#onRest(record, trade);
    } else return [];
    return this.#queue.take();
  }

  end(): readonly ExportRow[] {
    return this.#queue.takeAll();
  }

  #onPush(record: JournalRecord, trade: TradeTold): void {
    const key = `${trade.instId}/${trade.tradeId}`;
    const known = this.#rows.get(key);
    const fee = trade.fee === '' ? null : trade.fee;
    if (known !== undefined) {
      known['fee'] ??= fee;
      known['feeCcy'] ??= fee === null ? null : trade.feeCcy;
      if (fee !== null) this.#queue.done(known);
      return;
    }
    this.#add(key, fee !== null, {
      ...this.#times(record),
      venueMs: trade.venueMs,
      instId: trade.instId,
      side: trade.isBuy ? 'buy' : 'sell',
      price: trade.price,
      size: trade.size,
      fee,
      feeCcy: fee === null ? null : trade.feeCcy,
      isMaker: trade.isMaker,
      tradeId: trade.tradeId,
      clOrdId: trade.clOrdId,
      toldBy: 'push',
    });
  }

  #onRest(record: JournalRecord, trade: TradeFact): void {
    const instrument = this.#run.instruments[trade.instrument];
    const instId = this.#run.nameOf(trade.instrument);
    const key = `${instId}/${trade.tradeId}`;
    if (instrument === undefined || this.#rows.has(key)) return;
    this.#add(key, true, {
      ...this.#times(record),
      venueMs: trade.tsMs,
      instId,
      side: trade.side === Side.buy ? 'buy' : 'sell',
      price: Number.isInteger(trade.ticks)
        ? instrument.tick.toText(trade.ticks)
        : String(trade.ticks * instrument.tick.value),
      size: instrument.lot.toText(trade.lots),
      fee: String(trade.fee),
      feeCcy: trade.isBaseFee ? instrument.baseCcy : instrument.settleCcy,
      isMaker: null,
      tradeId: String(trade.tradeId),
      clOrdId: '',
      toldBy: 'rest',
    });
  }

  #times({ sequence, timeNs }: JournalRecord): { sequence: number; timeMs: number } {
    return { sequence, timeMs: roundEpochMs(this.#run.wallMs(timeNs)) };
  }

  #add(key: string, isDone: boolean, row: Row): void {
    Object.assign(row, this.#truths.get(key) ?? NO_TRUTH);
    this.#rows.set(key, row);
    this.#queue.open(row);
    if (isDone) this.#queue.done(row);
  }
}
