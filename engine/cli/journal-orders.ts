import type { Nanoseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import { Connection } from '../loop/loop-options.ts';
import { objectsOf, parseObject, textOf } from '../okx/message-fields.ts';
import type { Fields } from '../okx/message-fields.ts';
import { WsOp } from '../okx/shapes.ts';
import type { JournalRun } from './journal-run.ts';
import { RowQueue, roundEpochMs, roundMs } from './journal-rows.ts';
import type { ExportRow, RowMaker } from './journal-rows.ts';

const OPERATIONS: ReadonlySet<string> = new Set([
  WsOp.order,
  WsOp.batchOrders,
  WsOp.amendOrder,
  WsOp.batchAmendOrders,
  WsOp.cancelOrder,
  WsOp.batchCancelOrders,
  WsOp.massCancel,
]);
/** A request that is not answered while so many others are is given out without an answer. */
const WAITING_MAX = 10_000;

/** One message to the trade connection, and what was answered. */
export interface OrderRequest {
  readonly record: JournalRecord;
  readonly op: string;
  readonly items: readonly Fields[];
  /** NaN while there is no answer. */
  ackNs: Nanoseconds;
  answer: Fields | undefined;
}

/** Matches order operations with their answers, in the order in which they left. */
export class OrderRequests {
  readonly #queue = new RowQueue<OrderRequest>(WAITING_MAX);
  readonly #byId = new Map<string, OrderRequest>();

  /** The requests that are complete with this record. */
  onRecord(record: JournalRecord): readonly OrderRequest[] {
    if (record.sub !== Connection.trade) return [];
    if (record.kind === RecordKind.send) this.#onSend(record);
    else if (record.kind === RecordKind.frame) this.#onFrame(record);
    else return [];
    return this.#queue.take();
  }

  end(): readonly OrderRequest[] {
    return this.#queue.takeAll();
  }

  #onSend(record: JournalRecord): void {
    const message = operationOf(record);
    if (message === undefined) return;
    const request: OrderRequest = {
      record,
      op: textOf(message, 'op'),
      items: objectsOf(message, 'args'),
      ackNs: NaN,
      answer: undefined,
    };
    this.#queue.open(request);
    // What the connection did not take is never answered; a number that comes again names the later request.
    if (record.instrument === 1) this.#byId.set(textOf(message, 'id'), request);
    else this.#queue.done(request);
  }

  #onFrame(record: JournalRecord): void {
    const message = operationOf(record);
    const id = message === undefined ? '' : textOf(message, 'id');
    const request = this.#byId.get(id);
    if (request === undefined) return;
    this.#byId.delete(id);
    request.ackNs = record.timeNs;
    request.answer = message;
    this.#queue.done(request);
  }
}

/** The message of an order operation or its answer; undefined for anything else, such as a subscription or "pong". */
function operationOf(record: JournalRecord): Fields | undefined {
  const text = recordText(record);
  if (!text.startsWith('{')) return undefined;
  const message = parseObject(text);
  return OPERATIONS.has(textOf(message, 'op')) ? message : undefined;
}

/** One row an order of each operation: what was asked, and the venue's answer. */
export class OrderRows implements RowMaker {
  readonly columns = [
    'sequence',
    'timeMs',
    'op',
    'instId',
    'clOrdId',
    'side',
    'price',
    'size',
    'isSent',
    'code',
    'message',
    'ackMs',
    'roundTripMs',
  ];
  readonly #run: JournalRun;
  readonly #requests = new OrderRequests();

  constructor(run: JournalRun) {
    this.#run = run;
  }

  onRecord(record: JournalRecord): readonly ExportRow[] {
    return this.#requests.onRecord(record).flatMap((request) => this.#rowsOf(request));
  }

  end(): readonly ExportRow[] {
    return this.#requests.end().flatMap((request) => this.#rowsOf(request));
  }

  #rowsOf({ record, op, items, ackNs, answer }: OrderRequest): ExportRow[] {
    const isAnswered = answer !== undefined;
    const answers = isAnswered ? objectsOf(answer, 'data') : [];
    return items.map((item, index) => {
      const own = answers[index];
      return {
        sequence: record.sequence,
        timeMs: roundEpochMs(this.#run.wallMs(record.timeNs)),
        op,
        instId: textOf(item, 'instId') || this.#run.nameOfCode(textOf(item, 'instIdCode')),
        clOrdId: textOf(item, 'clOrdId'),
        side: textOf(item, 'side'),
        price: textOf(item, 'px') || textOf(item, 'newPx'),
        size: textOf(item, 'sz') || textOf(item, 'newSz'),
        isSent: record.instrument === 1,
        // A message that is refused as a whole has no rows: its code is each order's.
        code: isAnswered ? (own === undefined ? textOf(answer, 'code') : textOf(own, 'sCode')) : null,
        message: isAnswered ? (own === undefined ? textOf(answer, 'msg') : textOf(own, 'sMsg')) : null,
        ackMs: isAnswered ? roundEpochMs(this.#run.wallMs(ackNs)) : null,
        roundTripMs: isAnswered ? roundMs((ackNs - record.timeNs) / NS_PER_MS) : null,
      };
    });
  }
}
