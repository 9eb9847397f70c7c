/**
 * What OKX allows and where it lives, as constants. Each block says where it was read and when; the engine keeps a margin
 * to these, the paper venue enforces them.
 *
 * D: OKX API documentation, snapshot of 2026-07-28. CL/CM: OKX change log entry of the day given.
 */

// Order operations (D, "Rate limits"; read 2026-07-28). Keyed by user and instrument, REST and WebSocket together; place,
// amend and cancel apart from each other, single and batch apart from each other. A batch of one counts as single.
export const ORDER_WINDOW_MS = 2_000;
export const SINGLE_REQUESTS_PER_WINDOW = 60;
export const BATCH_ORDERS_PER_WINDOW = 300;
/** New and amended orders of one sub-account, every batch item counted; cancels and SPOT are exempt (CL 2024-03-27). */
export const SUB_ACCOUNT_ORDERS_PER_WINDOW = 1_000;
export const BATCH_ITEMS_MAX = 20;
/** Amends not yet answered on one order (51513; D, spelled out CM 2026-09-02). */
export const AMENDS_IN_FLIGHT_MAX = 3;

// Open orders (D, "Place order"; read 2026-07-28).
export const OPEN_ORDERS_PER_INSTRUMENT_MAX = 500;
export const OPEN_ORDERS_PER_ACCOUNT_MAX = 4_000;
/** Maker orders that one taker order may match. */
export const MAKERS_PER_TAKER_MAX = 1_000;

// Algo orders (D, "Algo trading"; read 2026-07-28): budgets by user and instrument, and those that may wait of one kind.
export const ALGO_REQUESTS_PER_WINDOW = 20;
export const ALGO_CANCELS_MAX = 10;
export const ALGO_ORDERS_MAX: Readonly<Record<string, number>> = {
  conditional: 100,
  oco: 100,
  trigger: 500,
  move_order_stop: 50,
  iceberg: 100,
  smart_iceberg: 100,
  twap: 20,
  chase: 100,
};

// Connections (D, "Connection limits"; read 2026-07-28).
export const CONNECTIONS_PER_SECOND = 3;
/** Subscribe, unsubscribe and login requests of one connection and hour; a request with many args counts once. */
export const CONTROL_REQUESTS_PER_HOUR = 480;
export const SUBSCRIBE_BYTES_MAX = 65_536;
/** Closed when nothing was subscribed, or nothing was pushed and no ping came, for this long. */
export const IDLE_CLOSE_MS = 30_000;
/** Connections of one sub-account on one private channel. */
export const CONNECTIONS_PER_PRIVATE_CHANNEL = 30;
/** From the upgrade notice (64008) to the close of the connection (CL 2025-05-27). */
export const UPGRADE_NOTICE_MS = 60_000;
export const UPGRADE_NOTICE_CODE = 64_008;

// Close codes (D, "WebSocket close codes"; read 2026-07-28).
export const CloseCode = {
  requestTooLarge: 1009,
  loginFailed: 4001,
  invalidParameter: 4002,
  tooManyAccounts: 4003,
  idle: 4004,
  slowConsumer: 4005,
  abnormal: 4006,
  keyChanged: 4007,
  tooManyChannels: 4008,
  tooManyChannelsOnConnection: 4009,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

// Cancel-all-after (D; read 2026-07-28).
export const CANCEL_ALL_AFTER_SECONDS_MIN = 10;
export const CANCEL_ALL_AFTER_SECONDS_MAX = 120;
export const CANCEL_ALL_AFTER_TAGS_MAX = 20;

// Identifiers (D, "Place order"; read 2026-07-28).
export const TAG_LENGTH_MAX = 16;
export const TAG_PATTERN = /^[A-Za-z0-9]{1,16}$/;
/** clOrdId, reqId, and the `id` of a WebSocket request. */
export const CLIENT_ID_PATTERN = /^[A-Za-z0-9]{1,32}$/;

// Depth (D, "Order book channel"; read 2026-07-28).
export const BOOK_LEVELS_MAX = 400;
/** A book that did not change is pushed with equal ids about this often. */
export const BOOK_KEEP_ALIVE_MS = 60_000;

// Signing (D, "Authentication"; read 2026-07-28).
export const SIGNATURE_AGE_MS_MAX = 30_000;
/** Path of the signed text of a WebSocket login. */
export const LOGIN_PATH = '/users/self/verify';
export const HEADER_KEY = 'OK-ACCESS-KEY';
export const HEADER_SIGN = 'OK-ACCESS-SIGN';
export const HEADER_TIMESTAMP = 'OK-ACCESS-TIMESTAMP';
export const HEADER_PASSPHRASE = 'OK-ACCESS-PASSPHRASE';
/** Sent with the value "1" on every REST request of demo trading, which uses the production host. */
export const HEADER_DEMO = 'x-simulated-trading';
/** Of orders and amends by REST: what `expTime` is to a WebSocket operation. */
export const HEADER_EXPIRY = 'expTime';

/** Where an account is held: keys of one region are refused by the hosts of another (D; 50119, 60032, 50101). */
export type Region = 'global' | 'eea' | 'us' | 'tr';
type VenueKind = 'live' | 'demo';

export interface Endpoints {
  readonly rest: string;
  readonly publicWs: string;
  readonly privateWs: string;
  readonly businessWs: string;
}

function endpoints(rest: string, webSocketHost: string): Endpoints {
  return {
    rest,
    publicWs: `wss://${webSocketHost}/ws/v5/public`,
    privateWs: `wss://${webSocketHost}/ws/v5/private`,
    businessWs: `wss://${webSocketHost}/ws/v5/business`,
  };
}

/**
 * Hosts by region and kind (CL 2026-05-20 for REST; D, and the README of the okx-go client of October 2026 for the
 * regional sockets). All on port 443: 8443 stops accepting connections on 2026-10-31 (CM 2026-10-01). Demo REST is the
 * production host with `HEADER_DEMO`. Turkey uses the global sockets.
 */
export const ENDPOINTS: Readonly<Record<Region, Readonly<Record<VenueKind, Endpoints>>>> = {
  global: {
    live: endpoints('https://openapi.okx.com', 'ws.okx.com'),
    demo: endpoints('https://openapi.okx.com', 'wspap.okx.com'),
  },
  eea: {
    live: endpoints('https://eea.okx.com', 'wseea.okx.com'),
    demo: endpoints('https://eea.okx.com', 'wseeapap.okx.com'),
  },
  us: {
    live: endpoints('https://us.okx.com', 'wsus.okx.com'),
    demo: endpoints('https://us.okx.com', 'wsuspap.okx.com'),
  },
  tr: {
    live: endpoints('https://tr.okx.com', 'ws.okx.com'),
    demo: endpoints('https://tr.okx.com', 'wspap.okx.com'),
  },
};

/** What an RPI order must be worth, in dollars, since 2026-09-15 (54051). */
export const RPI_USD_MIN = { spot: 500, futures: 2_000, swap: 5_000 } as const;
