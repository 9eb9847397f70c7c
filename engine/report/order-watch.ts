/**
 * What was sent and what came of it: commands by operation, refusals, the venue's own cancels, what of the message budget
 * was used, and how long answers took. Reads the frames that leave and the answers to them; cold, JSON.
 */
import { Histogram } from '../metrics/histogram.ts';
import type { Nanoseconds } from '../base/units.ts';
import { objectsOf, parseObject, textOf } from '../okx/message-fields.ts';
import type { Fields } from '../okx/message-fields.ts';
import { OkxMessageError } from '../okx/okx-message-error.ts';
import { WsOp } from '../okx/shapes.ts';
import { Operation } from './order-counter.ts';
import type { OrderCounter } from './order-counter.ts';

const OPERATIONS: Readonly<Record<string, Operation>> = {
  [WsOp.order]: Operation.place,
  [WsOp.batchOrders]: Operation.place,
  [WsOp.amendOrder]: Operation.amend,
  [WsOp.batchAmendOrders]: Operation.amend,
  [WsOp.cancelOrder]: Operation.cancel,
  [WsOp.batchCancelOrders]: Operation.cancel,
  [WsOp.massCancel]: Operation.massCancel,
};
/** Requests whose answer is waited for; older ones are forgotten. */
const REQUESTS_MAX = 10_000;
/** From inTime to outTime: the venue's gateway, in microseconds. */
const NS_PER_US = 1_000;

interface Request {
  readonly operation: Operation;
  readonly sentNs: Nanoseconds;
  /** By item. */
  readonly instruments: readonly number[];
}

export class OrderWatch {
  readonly roundTrips = [new Histogram(), new Histogram(), new Histogram(), new Histogram()];
  readonly gateway = new Histogram();
  readonly #counters: readonly OrderCounter[];
  readonly #byCode: ReadonlyMap<string, number>;
  readonly #byId: ReadonlyMap<string, number>;
  readonly #requests = new Map<string, Request>();

  /** @param counters by instrument, and one more for what names none */
  constructor(
    counters: readonly OrderCounter[],
    names: readonly { readonly instId: string; readonly instIdCode: number }[],
  ) {
    this.#counters = counters;
    this.#byCode = new Map(names.map(({ instIdCode }, index) => [String(instIdCode), index]));
    this.#byId = new Map(names.map(({ instId }, index) => [instId, index]));
  }

  /** A frame left. Requests that are no order operations are passed over. */
  onSend(text: string, timeNs: Nanoseconds): void {
    const request = parseOr(text);
    const name = request === null ? '' : textOf(request, 'op');
    const operation = OPERATIONS[name];
    if (request === null || operation === undefined) return;
    const items = objectsOf(request, 'args');
    const instruments = items.map((item) => this.#instrumentOf(item));
    const first = instruments[0] ?? this.#counters.length - 1;
    const isBatch = items.length > 1;
    for (const instrument of instruments) this.#counters[instrument]!.onCommand(operation, isBatch, timeNs);
    this.#counters[first]!.messages++;
    if (this.#requests.size >= REQUESTS_MAX) this.#requests.delete(this.#requests.keys().next().value!);
    this.#requests.set(textOf(request, 'id'), { operation, sentNs: timeNs, instruments });
  }

  /** A frame of the trade connection came. False when it cannot be read: the venue may say anything. */
  onAnswer(text: string, timeNs: Nanoseconds): boolean {
    try {
      this.#readAnswer(text, timeNs);
    } catch (error) {
      if (error instanceof OkxMessageError) return false;
      throw error;
    }
    return true;
  }

  #readAnswer(text: string, timeNs: Nanoseconds): void {
    const answer = parseOr(text);
    if (answer === null || OPERATIONS[textOf(answer, 'op')] === undefined) return;
    const id = textOf(answer, 'id');
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    this.roundTrips[request.operation]!.record(timeNs - request.sentNs);
    const gatewayUs = Number(textOf(answer, 'outTime')) - Number(textOf(answer, 'inTime'));
    if (gatewayUs >= 0 && textOf(answer, 'outTime') !== '') this.gateway.record(gatewayUs * NS_PER_US);
    const rows = objectsOf(answer, 'data');
    for (let item = 0; item < request.instruments.length; item++) {
      // A refusal of the whole message has no rows: its code is each item's.
      const code = rows[item] === undefined ? textOf(answer, 'code') : textOf(rows[item]!, 'sCode');
      if (code !== '0' && code !== '')
        this.#counters[request.instruments[item]!]!.onRefusal(request.operation, code);
    }
  }

  #instrumentOf(item: Fields): number {
    const code = this.#byCode.get(textOf(item, 'instIdCode'));
    return code ?? this.#byId.get(textOf(item, 'instId')) ?? this.#counters.length - 1;
  }
}

/** Null for what is no JSON object: `ping`, `pong`. */
function parseOr(text: string): Fields | null {
  return text.startsWith('{') ? parseObject(text) : null;
}
