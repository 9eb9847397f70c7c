import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ROOT, RunningProcess } from './running-process.ts';

/** The account that the tests' venue opens and their engine trades with. Values no other text contains. */
export const KEY = 'e2e-key-5d1c7a';
export const SECRET = 'e2e-secret-91f3b0';
export const PASSPHRASE = 'e2e-passphrase-4c88e2';

/** The keys of an account at the venue. */
export interface AccountKeys {
  readonly key: string;
  readonly secret: string;
  readonly passphrase: string;
}

/** The account that every venue of the tests has. */
export const KEYS: AccountKeys = { key: KEY, secret: SECRET, passphrase: PASSPHRASE };

/** What an engine reads its credentials from. */
export const KEYS_ENV = envOf(KEYS);

export function envOf({ key, secret, passphrase }: AccountKeys) {
  return { OKX_API_KEY: key, OKX_API_SECRET: secret, OKX_API_PASSPHRASE: passphrase };
}

export interface ReceivedRequest {
  readonly kind: 'place' | 'amend' | 'cancel';
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly sCode: string;
}

export interface RestingOrder {
  readonly uid: string;
  readonly instId: string;
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly side: string;
  readonly state: string;
}

export interface ManualOrder {
  readonly instId: string;
  readonly clOrdId: string;
  readonly tag?: string;
}

/** A trade of an account, as REST tells it. */
export interface VenueFill {
  readonly ordId: string;
  readonly instId: string;
  readonly side: 'buy' | 'sell';
  readonly fillPx: string;
  readonly fillSz: string;
  readonly fee: string;
  readonly feeCcy: string;
  readonly tradeId: string;
  readonly billId: string;
  readonly tag: string;
}

const FILLS_PAGE = 100;

/**
 * A port that is free now. A venue that will be started again on its port has to be given one: sockets of a listener on
 * port 0 are not marked for reuse, and those it leaves half-closed hold the port for a minute.
 */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const SCRIPT = join(ROOT, 'dist', 'engine', 'cli', 'paper.js');

/** The paper venue alone, as `npm run paper` starts it. */
export class VenueProcess {
  readonly process: RunningProcess;
  readonly port: number;

  private constructor(process: RunningProcess, port: number) {
    this.process = process;
    this.port = port;
  }

  /**
   * @param port 0 for a free one
   * @param options of `npm run paper`, beside its port and accounts
   */
  static async start(
    port = 0,
    options: readonly string[] = [],
    accounts: readonly AccountKeys[] = [KEYS],
  ): Promise<VenueProcess> {
    const args = ['--port', String(port), ...options];
    for (const { key, secret, passphrase } of accounts) {
      args.push('--account', `${key}:${secret}:${passphrase}`);
    }
    const running = new RunningProcess(process.execPath, [SCRIPT, ...args]);
    const [, listening] = await running.said(/paper venue: http:\/\/127\.0\.0\.1:(\d+) /);
    return new VenueProcess(running, Number(listening));
  }

  get rest(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The `venue` map of a configuration that trades here. */
  get config(): Readonly<Record<string, unknown>> {
    return {
      kind: 'paper',
      rest: this.rest,
      public: `ws://127.0.0.1:${this.port}/ws/v5/public`,
      private: `ws://127.0.0.1:${this.port}/ws/v5/private`,
      depthChannel: 'books-l2-tbt',
    };
  }

  /** Every order request it was sent, in the order of arrival. */
  async received(): Promise<ReceivedRequest[]> {
    const answer = await fetch(`${this.rest}/paper/orders?received=1`);
    return ((await answer.json()) as { received: ReceivedRequest[] }).received;
  }

  async resting(): Promise<RestingOrder[]> {
    const answer = await fetch(`${this.rest}/paper/resting`);
    return ((await answer.json()) as { resting: RestingOrder[] }).resting;
  }

  fault(fault: Readonly<Record<string, string | number | boolean>>): Promise<void> {
    return this.#tell('faults', fault);
  }

  /** Moves what the instrument's coin is worth. */
  movePrice(instId: string, bps: number): Promise<void> {
    return this.#tell('price', { instId, bps });
  }

  async #tell(what: string, body: unknown): Promise<void> {
    const answer = await fetch(`${this.rest}/paper/${what}`, { method: 'POST', body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${what}: ${await answer.text()}`);
  }

  /**
   * Another program's order on the engine's account: a buy one percent below the market, signed here and not by the
   * engine's code. Returns its ordId.
   */
  async placeManually(order: ManualOrder, account: AccountKeys = KEYS): Promise<string> {
    const [ticker] = await this.call('GET', `/api/v5/market/ticker?instId=${order.instId}`);
    const price = Math.floor(Number((ticker as { bidPx: string }).bidPx) * 0.99);
    const isSpot = !order.instId.endsWith('-SWAP');
    const [row] = await this.call(
      'POST',
      '/api/v5/trade/order',
      JSON.stringify({
        ...order,
        tdMode: isSpot ? 'cash' : 'cross',
        side: 'buy',
        ordType: 'post_only',
        px: String(price),
        sz: isSpot ? '0.001' : '1',
      }),
      account,
    );
    return (row as { ordId: string }).ordId;
  }

  /** Every trade of the account, newest first. */
  async fills(account: AccountKeys = KEYS): Promise<VenueFill[]> {
    const all: VenueFill[] = [];
    for (;;) {
      const after = all.length === 0 ? '' : `&after=${all.at(-1)!.billId}`;
      const path = `/api/v5/trade/fills?limit=${FILLS_PAGE}${after}`;
      const page = (await this.call('GET', path, '', account)) as VenueFill[];
      all.push(...page);
      if (page.length < FILLS_PAGE) return all;
    }
  }

  async stop(): Promise<void> {
    if (this.process.exit !== undefined) return;
    this.process.kill('SIGTERM');
    await this.process.ended();
  }

  /** A REST call of an account, signed here and not by the engine's code; the rows of its answer. */
  async call(
    method: 'GET' | 'POST',
    path: string,
    body = '',
    { key, secret, passphrase }: AccountKeys = KEYS,
  ): Promise<unknown[]> {
    const timestamp = new Date().toISOString();
    const sign = createHmac('sha256', secret)
      .update(timestamp + method + path + body)
      .digest('base64');
    const answer = await fetch(this.rest + path, {
      method,
      ...(body === '' ? {} : { body }),
      headers: {
        'content-type': 'application/json',
        'OK-ACCESS-KEY': key,
        'OK-ACCESS-SIGN': sign,
        'OK-ACCESS-TIMESTAMP': timestamp,
        'OK-ACCESS-PASSPHRASE': passphrase,
      },
    });
    const { code, data } = (await answer.json()) as { code: string; data: unknown[] };
    if (code !== '0')
      throw new Error(`${method} ${path}: expected code 0, was ${code} ${JSON.stringify(data)}`);
    return data;
  }
}
