import fastJson from 'fast-json-stringify';
import { CLIENT_ID_PATTERN, BATCH_ITEMS_MAX, SUBSCRIBE_BYTES_MAX } from './venue-limits.ts';
import { WsOp, type CancelArg, type ChannelArg } from './shapes.ts';

/** A request that OKX would refuse as a whole, or close the connection for. */
class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code = 'BAD_REQUEST';
}

export interface LoginFields {
  readonly apiKey: string;
  readonly passphrase: string;
  /** Seconds since the epoch. */
  readonly timestampSeconds: string;
  /** signLogin of the same timestamp. */
  readonly sign: string;
}

/** The WebSocket login. The text holds credentials: it is sent, and never logged. */
export function encodeLogin(fields: LoginFields): string {
  return JSON.stringify({
    op: WsOp.login,
    args: [
      {
        apiKey: fields.apiKey,
        passphrase: fields.passphrase,
        timestamp: fields.timestampSeconds,
        sign: fields.sign,
      },
    ],
  });
}

/**
 * One subscribe request. OKX acks every arg by itself and refuses a request as a whole.
 *
 * @throws RequestError when the id is not 1 to 32 letters and digits, or the channel list exceeds 64 KB
 */
export function encodeSubscribe(id: string, args: readonly ChannelArg[]): string {
  return encodeChannels(WsOp.subscribe, id, args);
}

/** As `encodeSubscribe`, for the opposite. */
export function encodeUnsubscribe(id: string, args: readonly ChannelArg[]): string {
  return encodeChannels(WsOp.unsubscribe, id, args);
}

function encodeChannels(op: WsOp, id: string, args: readonly ChannelArg[]): string {
  if (!CLIENT_ID_PATTERN.test(id)) {
    throw new RequestError(`id: expected 1 to 32 ASCII letters and digits, was ${JSON.stringify(id)}`);
  }
  if (args.length === 0) throw new RequestError('args: expected at least one channel, was none');
  const bytes = Buffer.byteLength(JSON.stringify(args));
  if (bytes > SUBSCRIBE_BYTES_MAX) {
    throw new RequestError(
      `args: expected at most ${SUBSCRIBE_BYTES_MAX} bytes of channels, was ${bytes}: split the request`,
    );
  }
  return JSON.stringify({ id, op, args });
}

/** Cuts a channel list into requests that keep the 64 KB limit, in order. */
export function splitChannels(args: readonly ChannelArg[]): ChannelArg[][] {
  const requests: ChannelArg[][] = [];
  // Two brackets, then every arg with a comma.
  let bytes = SUBSCRIBE_BYTES_MAX;
  for (const arg of args) {
    const argBytes = Buffer.byteLength(JSON.stringify(arg)) + 1;
    if (bytes + argBytes > SUBSCRIBE_BYTES_MAX) {
      requests.push([]);
      bytes = 2;
    }
    requests.at(-1)!.push(arg);
    bytes += argBytes;
  }
  return requests;
}

/** Cancels all market maker protection orders of an option family; OKX has no such operation for other
 * instruments. @testonly This engine quotes no options yet. */
export function encodeMassCancel(id: string, instFamily: string, lockIntervalMs: number): string {
  return JSON.stringify({
    id,
    op: WsOp.massCancel,
    args: [{ instType: 'OPTION', instFamily, lockInterval: String(lockIntervalMs) }],
  });
}

const text = { type: 'string' } as const;

/** fast-json-stringify writes absent optional fields as nothing, in the schema's order, and refuses no text. */
const cancelBody = fastJson({
  type: 'object',
  properties: { instId: text, ordId: text, clOrdId: text },
  required: ['instId'],
});

/**
 * Body of POST /trade/cancel-batch-orders. REST names instruments by instId.
 *
 * @throws RequestError for no item, or for more than the venue takes at once
 */
export function encodeRestCancels(cancels: readonly CancelArg[]): string {
  if (cancels.length === 0 || cancels.length > BATCH_ITEMS_MAX) {
    throw new RequestError(`batch: expected 1 to ${BATCH_ITEMS_MAX} items, was ${cancels.length}`);
  }
  return `[${cancels.map((cancel) => cancelBody(cancel)).join(',')}]`;
}
