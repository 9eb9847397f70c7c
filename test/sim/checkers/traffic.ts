import type { SentMessage, SimWorldView } from '../sim-types.ts';
import { REST_CONNECTION } from '../sim-types.ts';

export type OrderOp = 'place' | 'amend' | 'cancel';

/** One order operation as its bytes say it. Texts that a message does not have are ''. */
export interface SentItem {
  readonly op: OrderOp;
  readonly message: SentMessage;
  /** Whether it went with others in one message: then it counts in another budget. */
  readonly isBatch: boolean;
  readonly instId: string;
  readonly clOrdId: string;
  readonly ordId: string;
  readonly side: string;
  /** The leg that it opens or closes; '' in net mode. */
  readonly posSide: string;
  readonly ordType: string;
  /** Of an amend the new ones; '' where it leaves them. */
  readonly px: string;
  readonly sz: string;
  readonly tag: string;
  readonly stpMode: string;
  readonly reqId: string;
  readonly isReduceOnly: boolean;
  /** By the venue's clock; Infinity when the message does not say. */
  readonly expiresMs: number;
}

/** A message that is no order operation: of a socket its `op`, of REST its path. */
export interface SentControl {
  readonly name: string;
  readonly message: SentMessage;
  readonly body: Readonly<Record<string, unknown>>;
}

const SOCKET_OPS: Readonly<Record<string, OrderOp>> = {
  order: 'place',
  'batch-orders': 'place',
  'amend-order': 'amend',
  'batch-amend-orders': 'amend',
  'cancel-order': 'cancel',
  'batch-cancel-orders': 'cancel',
};
const REST_OPS: Readonly<Record<string, OrderOp>> = {
  'POST /api/v5/trade/order': 'place',
  'POST /api/v5/trade/batch-orders': 'place',
  'POST /api/v5/trade/amend-order': 'amend',
  'POST /api/v5/trade/amend-batch-orders': 'amend',
  'POST /api/v5/trade/cancel-order': 'cancel',
  'POST /api/v5/trade/cancel-batch-orders': 'cancel',
};

/**
 * What left the engines in the last step, read from the bytes by JSON.parse. Shared by all checkers of a world: the first
 * that asks in a step reads, the others find it done.
 */
export class Traffic {
  readonly items: SentItem[] = [];
  readonly controls: SentControl[] = [];
  #seen = 0;
  #stepNumber = -1;
  /** The venue's integer codes, which sockets name instruments by. */
  readonly #instIds = new Map<number, string>();

  /** Whether anything was sent in the step. */
  read(world: SimWorldView): boolean {
    if (world.stepNumber !== this.#stepNumber) {
      this.#stepNumber = world.stepNumber;
      if (this.items.length > 0) this.items.length = 0;
      if (this.controls.length > 0) this.controls.length = 0;
      const { count } = world.sent;
      for (; this.#seen < count; this.#seen++) this.#readMessage(world, world.sent.at(this.#seen));
    }
    return this.items.length > 0 || this.controls.length > 0;
  }

  #readMessage(world: SimWorldView, message: SentMessage): void {
    const isRest = message.connection === REST_CONNECTION;
    const root: unknown = message.text === '' ? {} : JSON.parse(message.text);
    const object = (Array.isArray(root) ? {} : root) as Readonly<Record<string, unknown>>;
    const name = isRest ? message.path.split('?', 1)[0]! : textOf(object['op']);
    const op = isRest ? REST_OPS[name] : SOCKET_OPS[name];
    if (op === undefined) {
      this.controls.push({ name, message, body: object });
      return;
    }
    const rows = isRest ? (Array.isArray(root) ? root : [root]) : (object['args'] as unknown[]);
    const expiry = textOf(object['expTime']);
    const expiresMs = expiry === '' ? Infinity : Number(expiry);
    for (const row of rows as Readonly<Record<string, unknown>>[]) {
      this.items.push({
        op,
        message,
        isBatch: rows.length > 1,
        instId: isRest ? textOf(row['instId']) : this.#instIdOf(world, row['instIdCode']),
        clOrdId: textOf(row['clOrdId']),
        ordId: textOf(row['ordId']),
        side: textOf(row['side']),
        posSide: textOf(row['posSide']),
        ordType: textOf(row['ordType']),
        px: textOf(op === 'amend' ? row['newPx'] : row['px']),
        sz: textOf(op === 'amend' ? row['newSz'] : row['sz']),
        tag: textOf(row['tag']),
        stpMode: textOf(row['stpMode']),
        reqId: textOf(row['reqId']),
        isReduceOnly: row['reduceOnly'] === true || row['reduceOnly'] === 'true',
        expiresMs,
      });
    }
  }

  #instIdOf(world: SimWorldView, code: unknown): string {
    if (typeof code !== 'number') return '';
    let instId = this.#instIds.get(code);
    if (instId === undefined) {
      for (const row of world.venue.exchange.instruments()) {
        if (typeof row['instIdCode'] === 'number')
          this.#instIds.set(row['instIdCode'], String(row['instId']));
      }
      instId = this.#instIds.get(code) ?? '';
    }
    return instId;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
