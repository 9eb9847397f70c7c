import { OkxMessageError } from './okx-message-error.ts';
import { WsOp } from './shapes.ts';

/**
 * An order operation as REST takes it, from the bytes of its WebSocket twin: the same fields, with the instrument by name
 * instead of by code, the expTime as a header, and no id. The answer has the same items, so that one decoder reads both.
 *
 * Cold: JSON.
 */
export interface RestOperation {
  readonly id: string;
  readonly op: string;
  readonly path: string;
  readonly body: string;
  /** Milliseconds as text, "" for none. */
  readonly expTime: string;
  /** One for each item, in their order, with the instrument's name. */
  readonly items: readonly OperationItem[];
}

export interface OperationItem {
  readonly instId: string;
  readonly clOrdId: string;
  /** Of amends; "" otherwise. */
  readonly reqId: string;
  readonly newPx: string;
  readonly newSz: string;
}

const PATHS: Readonly<Record<string, string>> = {
  [WsOp.order]: '/api/v5/trade/order',
  [WsOp.batchOrders]: '/api/v5/trade/batch-orders',
  [WsOp.amendOrder]: '/api/v5/trade/amend-order',
  [WsOp.batchAmendOrders]: '/api/v5/trade/amend-batch-orders',
  [WsOp.cancelOrder]: '/api/v5/trade/cancel-order',
  [WsOp.batchCancelOrders]: '/api/v5/trade/cancel-batch-orders',
  [WsOp.massCancel]: '/api/v5/trade/mass-cancel',
};
const BATCH_OPS: ReadonlySet<string> = new Set([
  WsOp.batchOrders,
  WsOp.batchAmendOrders,
  WsOp.batchCancelOrders,
]);
export const PLACE_OPS: ReadonlySet<string> = new Set([WsOp.order, WsOp.batchOrders]);
export const CANCEL_OPS: ReadonlySet<string> = new Set([WsOp.cancelOrder, WsOp.batchCancelOrders]);
export const AMEND_OPS: ReadonlySet<string> = new Set([WsOp.amendOrder, WsOp.batchAmendOrders]);

/**
 * @param text a message of the order encoder
 * @param instIdOf the name of an instrument by its code
 * @throws OkxMessageError when it is none, or names an instrument that is not known: a mistake of ours
 */
export function restOperation(text: string, instIdOf: (code: number) => string | undefined): RestOperation {
  const message = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { id, op, expTime, args } = message;
  const path = typeof op === 'string' ? PATHS[op] : undefined;
  if (typeof id !== 'string' || path === undefined || !Array.isArray(args)) {
    throw new OkxMessageError('op', 'an order operation with id and args', op);
  }
  const bodies = (args as readonly Readonly<Record<string, unknown>>[]).map((arg) => bodyOf(arg, instIdOf));
  return {
    id,
    op: op as string,
    path,
    body: JSON.stringify(BATCH_OPS.has(op as string) ? bodies : bodies[0]),
    expTime: typeof expTime === 'string' ? expTime : '',
    items: bodies.map((body) => ({
      instId: textOf(body['instId']),
      clOrdId: textOf(body['clOrdId']),
      reqId: textOf(body['reqId']),
      newPx: textOf(body['newPx']),
      newSz: textOf(body['newSz']),
    })),
  };
}

/** The answer as the WebSocket would have brought it. @param envelope a JSON object */
export function ackText({ id, op }: RestOperation, envelope: string): string {
  return `{"id":${JSON.stringify(id)},"op":${JSON.stringify(op)},${envelope.trimStart().slice(1)}`;
}

/** Mass cancels name a family, and no instrument. */
function bodyOf(
  arg: Readonly<Record<string, unknown>>,
  instIdOf: (code: number) => string | undefined,
): Readonly<Record<string, unknown>> {
  const { instIdCode, ...fields } = arg;
  if (instIdCode === undefined) return fields;
  const instId = instIdOf(Number(instIdCode));
  if (instId === undefined) throw new OkxMessageError('instIdCode', 'the code of an instrument', instIdCode);
  return { instId, ...fields };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
