/**
 * Whether the engine can quote what a venue lists: every instrument of given rows is quoted for a few seconds of virtual
 * time on the paper venue, some of them at once, with sizes and limits that follow from its row alone.
 *
 *     rows ──▶ batches ──▶ paper venue with a seeded market each ◀──▶ Engine
 *                                     │ acks with a refusal, live orders by side
 *                                     ▼
 *                                QuoteRunResult
 *
 * Invariants: the same rows and seed give the same result.
 */
import { DecimalGrid } from '../base/decimal.ts';
import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import { configSchema } from '../config/schema.ts';
import type { Config } from '../config/schema.ts';
import { Log } from '../host/log.ts';
import { Connection } from '../loop/loop-options.ts';
import { DOLLARS } from '../okx/shapes.ts';
import type { AccountLevel, InstrumentRow } from '../paper/exchange/exchange.ts';
import { PaperVenue } from '../paper/gateway/venue.ts';
import { recordedInstruments } from '../paper/instruments/recorded-instruments.ts';
import { Credentials, Secret } from '../venue/credentials.ts';
import { BacktestWorld } from './backtest-world.ts';
import { ConstantLatency } from './latency-model.ts';
import { Timeline } from './timeline.ts';

export interface QuoteRunOptions {
  /** As GET /api/v5/public/instruments gives them. */
  readonly rows: readonly InstrumentRow[];
  /** The venue's time at the start: what has expired by then is not listed. */
  readonly startMs: Milliseconds;
  /** How long a batch is quoted. */
  readonly seconds: number;
  readonly batchSize: number;
  /** Of the account: 2 futures, 3 multi-currency margin, 4 portfolio margin. */
  readonly accountLevel: AccountLevel;
  /** What quotes of options are priced in; without it, as their books are. */
  readonly priceIn?: 'coin' | 'usd' | 'volatility';
  /** Of every instrument, what is not as above: keys of the configuration, `strategy` among them key by key. */
  readonly changes?: Readonly<Record<string, unknown>>;
  /** The size of an order in least ones; 1 without it. */
  readonly sizes?: number;
  /** Whether the account may place RPI orders. */
  readonly mayRpi?: boolean;
  readonly seed: number;
  /** What the engine logs; without it, nobody sees it. */
  readonly log?: (line: string) => void;
  readonly onBatch?: (done: number, all: number) => void;
}

/**
 * Commands that the venue did not take, of one kind and for one reason. A command that comes too late for an order, which
 * was filled or cancelled meanwhile, is none.
 */
export interface QuoteRefusal {
  readonly sCode: string;
  readonly sMsg: string;
  readonly count: number;
}

export interface QuoteRunResult {
  /** Instruments with orders of ours that rested on both sides, by type. */
  readonly quoted: Readonly<Record<string, number>>;
  /** The others, with what of them rested. */
  readonly unquoted: readonly { readonly instId: string; readonly bids: number; readonly asks: number }[];
  readonly orders: number;
  /** Of which kinds the orders were that rested. */
  readonly kinds: readonly string[];
  readonly refusals: readonly QuoteRefusal[];
}

const KEY = { apiKey: 'quote-key', secret: 'quote-secret', passphrase: 'quote-passphrase' };
const TAG = 'QUOTERUN';
const LATENCY_NS = NS_PER_MS;
/** Enough of every currency to buy and sell with. */
const BALANCE = '1000000000000';

/**
 * @throws HostError when the engine does not start with a batch; ListingError for a row that the venue cannot list
 */
export async function runQuotes(options: QuoteRunOptions): Promise<QuoteRunResult> {
  const tally = new Tally();
  const live = options.rows.filter(
    ({ expTime }) => !(Number(expTime) > 0 && Number(expTime) <= options.startMs),
  );
  const batches = batchesOf(live, options.batchSize);
  for (const [index, batch] of batches.entries()) {
    await runBatch(batch, options, tally);
    options.onBatch?.(index + 1, batches.length);
  }
  return tally.result(live);
}

/** By type, so that one kind of account trades all of a batch. */
function batchesOf(rows: readonly InstrumentRow[], size: number): InstrumentRow[][] {
  const batches: InstrumentRow[][] = [];
  for (const type of new Set(rows.map(({ instType }) => instType))) {
    const ofType = rows.filter(({ instType }) => instType === type);
    for (let from = 0; from < ofType.length; from += size) batches.push(ofType.slice(from, from + size));
  }
  return batches;
}

async function runBatch(
  batch: readonly InstrumentRow[],
  options: QuoteRunOptions,
  tally: Tally,
): Promise<void> {
  const { startMs, seconds, seed, accountLevel, log = () => {} } = options;
  const timeline = new Timeline(startMs, 0);
  const config = configOf(batch, options);
  const names = batch.map(({ instId }) => String(instId));
  // Underlyings of options have markets of their own, or there is nothing to price them by.
  const known = recordedInstruments().filter(
    ({ instId, expTime }) => !names.includes(String(instId)) && expTime === '',
  );
  const venue = new PaperVenue({
    instruments: [...batch, ...known],
    seed,
    accounts: [
      {
        uid: 'quote-run',
        ...KEY,
        balances: Object.fromEntries([...currenciesOf(batch)].map((ccy) => [ccy, BALANCE])),
        accountLevel,
        positionMode: 'net_mode',
        makerFeeRate: '-0.0002',
        takerFeeRate: '-0.0005',
        feeTier: 'VIP4',
        mayRpi: options.mayRpi ?? false,
      },
    ],
    rpiInstruments: names,
    flow: 'seeded',
    flowInstruments: [...names, ...UNDERLYINGS.filter((name) => !names.includes(name))],
    flowPace: 0.2,
    pushBeforeAckShare: 0,
    time: () => timeline.nowMs,
  });
  const endNs = seconds * NS_PER_SECOND;
  const clock = { nowNs: () => 0, readNs: () => {}, wallMs: () => Math.floor(timeline.nowMs) };
  const latency = new ConstantLatency(LATENCY_NS);
  const world = new BacktestWorld({
    config,
    tag: TAG,
    credentials: new Credentials(KEY.apiKey, new Secret(KEY.secret), new Secret(KEY.passphrase)),
    timeline,
    feed: {
      isEnded: true,
      lastReceivedNs: endNs,
      needsFill: false,
      fill: () => Promise.resolve(),
      sampleNs: () => LATENCY_NS,
    },
    venue,
    entry: latency,
    response: latency,
    watcher: {
      onInput: (connection, bytes) => {
        if (connection === Connection.trade) tally.onAck(bytes);
        else if (connection === Connection.private) tally.onPush(bytes);
      },
      onSend: () => {},
      onStep: () => {},
    },
    log: new Log(clock, log),
  });
  await world.run();
}

/** Filled or cancelled while the command was on its way. */
const LATE: readonly string[] = ['51400', '51503'];
const UNDERLYINGS: readonly string[] = ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP'];

function currenciesOf(rows: readonly InstrumentRow[]): Set<string> {
  const currencies = new Set<string>(DOLLARS);
  for (const { baseCcy, quoteCcy, settleCcy, ctValCcy } of rows) {
    for (const ccy of [baseCcy, quoteCcy, settleCcy, ctValCcy]) {
      if (typeof ccy === 'string' && ccy !== '') currencies.add(ccy);
    }
  }
  return currencies;
}

/** What a row says of itself, as a configuration: its least size, and no limit that would be in the way. */
function configOf(
  batch: readonly InstrumentRow[],
  { seed, accountLevel, priceIn = 'coin', changes = {}, sizes = 1 }: QuoteRunOptions,
): Config {
  return configSchema.parse({
    venue: { kind: 'paper', depthChannel: 'books', seed },
    tag: TAG,
    instruments: batch.map((row) => {
      const lot = new DecimalGrid(String(row['lotSz']));
      const size = sizes * Math.ceil(Number(row['minSz']) / lot.value - 1e-9);
      const isOption = row['instType'] === 'OPTION';
      return {
        ...changes,
        instId: row.instId,
        tradeMode:
          changes['tradeMode'] ?? (row['instType'] === 'SPOT' && accountLevel === '2' ? 'cash' : 'cross'),
        stopBeforeExpiryMinutes: 0,
        strategy: {
          model: 'fixed',
          levels: 2,
          size: lot.toText(size),
          // An option's tick is most of what it costs.
          halfSpreadBps: isOption ? 1 : 10,
          halfSpreadTicksMin: 0,
          levelStepBps: 5,
          markDeviationBpsMax: 0,
          edgeMinRatio: 0,
          ...(isOption ? { priceIn } : {}),
          ...(changes['strategy'] as object | undefined),
        },
        limits: {
          position: lot.toText(size * 100),
          orderSize: lot.toText(size),
          orderNotional: 1e15,
          collarBps: 10_000,
          ...(DOLLARS.includes(String(row['quoteCcy'])) ? {} : { quoteUsd: 1 }),
        },
        brakes: { volatilityBps: 0, adverseBps: 0 },
      };
    }),
    account: {
      notionalMax: 1e18,
      openOrdersMax: 10_000,
      lossMax: 1e18,
      marginRatioMin: 0,
      liquidationDistanceBps: 0,
    },
    engine: { clockOffsetMsMax: 60_000, stallMsMax: 0 },
    journal: { isOn: false },
  });
}

/** What acks and pushes say, counted. */
class Tally {
  #orders = 0;
  readonly #refusals = new Map<string, { sCode: string; sMsg: string; count: number }>();
  readonly #kinds = new Set<string>();
  /** By instrument: bids and asks that rested. */
  readonly #rested = new Map<string, [bids: number, asks: number]>();

  onAck(bytes: Uint8Array): void {
    const answer = messageOf(bytes);
    if (typeof answer['op'] !== 'string') return;
    for (const item of rowsOf(answer)) {
      this.#orders++;
      const sCode = String(item['sCode'] ?? '0');
      if (sCode === '0' || LATE.includes(sCode)) continue;
      const key = `${answer['op']} ${sCode}`;
      const known = this.#refusals.get(key) ?? {
        sCode,
        sMsg: `${answer['op']}: ${String(item['sMsg'])}`,
        count: 0,
      };
      known.count++;
      this.#refusals.set(key, known);
    }
  }

  onPush(bytes: Uint8Array): void {
    const push = messageOf(bytes);
    if ((push['arg'] as { channel?: unknown } | undefined)?.channel !== 'orders') return;
    for (const row of rowsOf(push)) {
      if (row['state'] !== 'live') continue;
      this.#kinds.add(String(row['ordType']));
      const instId = String(row['instId']);
      const rested = this.#rested.get(instId) ?? [0, 0];
      rested[row['side'] === 'buy' ? 0 : 1]++;
      this.#rested.set(instId, rested);
    }
  }

  result(rows: readonly InstrumentRow[]): QuoteRunResult {
    const quoted: Record<string, number> = {};
    const unquoted: { instId: string; bids: number; asks: number }[] = [];
    for (const { instId, instType } of rows) {
      const [bids, asks] = this.#rested.get(String(instId)) ?? [0, 0];
      const type = String(instType);
      if (bids > 0 && asks > 0) quoted[type] = (quoted[type] ?? 0) + 1;
      else unquoted.push({ instId: String(instId), bids, asks });
    }
    const kinds = [...this.#kinds].sort();
    return { quoted, unquoted, orders: this.#orders, kinds, refusals: [...this.#refusals.values()] };
  }
}

type Fields = Readonly<Record<string, unknown>>;

function messageOf(bytes: Uint8Array): Fields {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  return text.startsWith('{') ? (JSON.parse(text) as Fields) : {};
}

function rowsOf(message: Fields): readonly Fields[] {
  return Array.isArray(message['data']) ? (message['data'] as Fields[]) : [];
}
