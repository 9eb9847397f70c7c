import { DecimalGrid } from '../../engine/base/decimal.ts';
import { Random } from '../../engine/base/random.ts';
import type { Milliseconds } from '../../engine/base/units.ts';
import { configSchema } from '../../engine/config/schema.ts';
import type { Config, InstrumentConfig } from '../../engine/config/schema.ts';
import { strategy } from '../../engine/config/strategy-schema.ts';
import type { AccountLevel, InstrumentRow } from '../../engine/paper/exchange/exchange.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import type { Latency } from './network.ts';
import { drawProducts, scaleOf } from './products.ts';
import type { DrawnProduct, DrawnProducts } from './products.ts';

/** What a seed decides about its world before anything happens in it. */
export interface SimOptions {
  readonly config: Config;
  readonly tag: string;
  readonly accountLevel: AccountLevel;
  readonly positionMode: 'net_mode' | 'long_short_mode';
  /** What the venue lists; the first ones are configured, the others only value coins. */
  readonly rows: readonly InstrumentRow[];
  /** What the account holds at the start. */
  readonly balances: Readonly<Record<string, string>>;
  readonly latency: Latency;
  /** Of the engine's timer. */
  readonly timerMs: Milliseconds;
  /** How long the quoter takes; 0 for none. */
  readonly quoterMs: Milliseconds;
  readonly saveMs: Milliseconds;
  readonly matchDelayMs: Milliseconds;
  readonly flowPace: number;
  /** How often pushes of an order come before its ack. */
  readonly pushBeforeAckShare: number;
  /** How far the machine's clock is off at the start. */
  readonly clockOffMs: Milliseconds;
  /** Whether the configuration changes while engines run (reloads.ts). */
  readonly hasReloads: boolean;
  /** Whether the venue loses tags, or changes them, at times. */
  readonly hasTagFaults: boolean;
  /** Whether the venue liquidates, deleverages and settles positions at times. */
  readonly hasVenueTrades: boolean;
}

/**
 * Worlds below this quote the fixed ladder and reload nothing unless they are asked to: they are named by regressions and by
 * the proofs of the checkers. From here on all models are drawn.
 */
const MODELS_FROM = 200;

/** From here on ids may begin with the tag, starts may prove it, and the venue may lose it. */
const TAGS_FROM = 400;

/** From here on positions may have stops at the venue, and near ones, so that they are triggered. */
const PROTECTION_FROM = 400;

/** From here on worlds have all products, levels of accounts and modes of positions. */
const PRODUCTS_FROM = 400;

/** What is traded in a world: about 150 dollars are `lots`, and a basis point of the price is `bpsTicks`. */
const MENU: readonly { readonly instId: string; readonly lots: number; readonly bpsTicks: number }[] = [
  { instId: 'BTC-USDT', lots: 200_000, bpsTicks: 78 },
  { instId: 'ETH-USDT', lots: 60_000, bpsTicks: 23 },
  { instId: 'SOL-USDT', lots: 1_500_000, bpsTicks: 0.86 },
  { instId: 'BTC-USDT-SWAP', lots: 20, bpsTicks: 78 },
  { instId: 'ETH-USDT-SWAP', lots: 60, bpsTicks: 23 },
  { instId: 'SOL-USDT-SWAP', lots: 170, bpsTicks: 0.86 },
  { instId: 'BTC-USD-SWAP', lots: 20, bpsTicks: 78 },
  { instId: 'ETH-USD-SWAP', lots: 15, bpsTicks: 23 },
  { instId: 'BTC-USD-261225', lots: 20, bpsTicks: 78 },
];

/** Without these the venue could not tell what a coin is worth as margin. */
const COIN_MARKETS = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT'];

/** Dollars for a coin, roughly. */
const PRICES: Readonly<Record<string, number>> = { BTC: 78_000, ETH: 2_300, SOL: 86 };

const BALANCES: Readonly<Record<string, string>> = { BTC: '20', ETH: '400', SOL: '9000' };

export function optionsOf(seed: number): SimOptions {
  const random = new Random(seed ^ 0x6f7074);
  const drawnLevel: AccountLevel = random.unit() < 0.5 ? '2' : '3';
  const { accountLevel, positionMode, products } = productsOf(seed, drawnLevel, pickRows(random));
  const traded = products.map(({ row }) => row);
  const coins = recordedInstruments().filter(({ instId }) => COIN_MARKETS.includes(String(instId)));
  const rows = [...traded, ...coins.filter(({ instId }) => !traded.some((row) => row.instId === instId))];
  const tag = 'SIMTAG1';
  const input = {
    venue: { kind: 'paper', depthChannel: pick(random, ['books', 'books', 'books', 'books-l2-tbt']), seed },
    tag,
    instruments: withModels(
      seed,
      products,
      products.map((product) => instrumentOf(product, accountLevel, random)),
    ),
    ...(seed < MODELS_FROM ? {} : { calibration: calibrationOf(seed) }),
    ...(seed < TAGS_FROM ? {} : { broker: brokerOf(seed) }),
    ...(seed < PROTECTION_FROM ? {} : { protection: protectionOf(seed) }),
    account: {
      notionalMax: pick(random, [200_000, 1_000_000]),
      // Room for an order on each side of each instrument at the least.
      openOrdersMax: pick(random, [traded.length * 8, 500]),
      lossMax: pick(random, [0.5, 3, 20, 10_000, 10_000, 10_000]),
      orderToTradeMax: pick(random, [0, 0, 0, 200]),
    },
    engine: {
      quoteAgeMsMax: pick(random, [300, 1_000, 3_000]),
      ackTimeoutMs: pick(random, [500, 1_000, 3_000]),
      orderExpiryMs: pick(random, [0, 500, 2_000]),
      deadMansSwitchSeconds: pick(random, [10, 10, 15, 30]),
      auditMs: pick(random, [5_000, 20_000, 30_000]),
      bookAgeMsMax: pick(random, [2_000, 5_000, 10_000]),
      clockOffsetMsMax: pick(random, [1_000, 5_000]),
      stallMsMax: pick(random, [0, 500, 1_000]),
    },
  };
  const orders = traded.map((row, index) => ({
    instId: String(row.instId),
    dollars: dollarsOf(row, input.instruments[index]!.strategy.size),
  }));
  const config = configSchema.parse({ ...input, portfolio: portfolioOf(seed, orders) });
  return {
    config,
    tag,
    accountLevel,
    positionMode,
    rows,
    balances: {
      USDT: '1000000',
      ...(seed < PRODUCTS_FROM ? {} : { USDC: '1000000', USD: '1000000' }),
      ...Object.fromEntries(coinsOf(traded).map((coin) => [coin, BALANCES[coin]!])),
    },
    latency: { minMs: pick(random, [0.3, 1, 5, 30]), meanMs: pick(random, [0.2, 1, 4]) },
    timerMs: pick(random, [20, 50, 50, 100, 100, 100, 100, 100]),
    quoterMs: pick(random, [0, 0, 0, 2]),
    saveMs: pick(random, [1, 5, 20]),
    matchDelayMs: pick(random, [0, 1, 3]),
    flowPace: pick(random, [0.005, 0.01, 0.01, 0.02, 0.04]),
    pushBeforeAckShare: pick(random, [0, 0.02, 0.5]),
    clockOffMs: Math.round((random.unit() - 0.5) * 800),
    hasTagFaults: seed >= TAGS_FROM && new Random(seed ^ 0x74616766).unit() < 0.25,
    hasVenueTrades: seed >= PRODUCTS_FROM && new Random(seed ^ 0x76747264).unit() < 0.5,
    hasReloads: seed >= MODELS_FROM && new Random(seed ^ 0x72656c64).unit() < 0.4,
  };
}

/** In one line, for people. */
export function describe(options: SimOptions): string {
  const { config, accountLevel, positionMode, latency, timerMs, flowPace } = options;
  const names = config.instruments
    .map(
      ({ instId, product, strategy }) =>
        `${instId}${product === 'margin' ? ' on margin' : ''} (${strategy.model})`,
    )
    .join(' ');
  const mode = positionMode === 'net_mode' ? '' : ' with legs';
  const { depthChannel } = config.venue;
  return `${names}; level ${accountLevel}${mode}, ${depthChannel}, ${latency.minMs}+${latency.meanMs} ms, timer ${timerMs} ms, pace ${flowPace}`;
}

/** One to three instruments, one spot market of a coin at most. */
function pickRows(random: Random): InstrumentRow[] {
  const recorded = recordedInstruments();
  const count = pick(random, [1, 1, 2, 2, 3]);
  const names = new Set<string>();
  while (names.size < count) names.add(pick(random, MENU).instId);
  return [...names].map((instId) => recorded.find((row) => row.instId === instId)!);
}

/** By chance of their own: the other worlds are what they were. */
function productsOf(seed: number, accountLevel: AccountLevel, rows: readonly InstrumentRow[]): DrawnProducts {
  if (seed >= PRODUCTS_FROM) return drawProducts(new Random(seed ^ 0x70726f64));
  return {
    accountLevel,
    positionMode: 'net_mode',
    products: rows.map((row) => ({ row, isMargin: false })),
  };
}

/** About 150 dollars of it, and a basis point of its price. */
function scaleOfRow(row: InstrumentRow): ReturnType<typeof scaleOf> {
  return MENU.find((each) => each.instId === row.instId) ?? scaleOf(row, PRICES[coinOf(row)]!);
}

function coinOf({ instId }: InstrumentRow): string {
  return String(instId).split('-')[0]!;
}

/**
 * Two worlds of five have groups, most of them with a hedger. By chance of its own: the other worlds are what they were. The
 * limit leaves room for an order on each side of each instrument: whoever comes first may take all that is left of it.
 */
function portfolioOf(seed: number, instruments: readonly { instId: string; dollars: number }[]): unknown {
  const random = new Random(seed ^ 0x67726f75);
  if (random.unit() >= 0.4) return {};
  const coins = new Set(instruments.map(({ instId }) => instId.split('-')[0]!));
  const groups = [...coins].map((coin) => {
    const members = instruments.filter(({ instId }) => instId.startsWith(`${coin}-`));
    const largest = Math.max(...members.map(({ dollars }) => dollars));
    const factor = pick(random, members.length === 1 ? [1.5, 3, 8] : [12, 20, 40]);
    return {
      coin,
      delta: ((factor * largest) / PRICES[coin]!).toFixed(8),
      skew: pick(random, [0, 0.5, 1]),
      hedge: {
        isOn: random.unit() < 0.75,
        bandRatio: pick(random, [0.02, 0.1, 0.3]),
        targetRatio: pick(random, [0, 0.01]),
        passiveMs: pick(random, [0, 500, 5_000]),
        slippageBps: pick(random, [2, 10, 50]),
        ordersPerMinute: pick(random, [10, 60, 600]),
        lossMax: pick(random, [0.5, 100, 100]),
      },
    };
  });
  return { groups };
}

type DrawnInstrument = Pick<InstrumentConfig, 'instId' | 'tradeMode'> &
  Readonly<Record<string, unknown>> & {
    readonly strategy: { readonly size: string } & Readonly<Record<string, unknown>>;
    readonly limits: Readonly<Record<string, unknown>>;
  };

/** Models and all that goes with them. By chance of its own: the other worlds are what they were. */
function withModels(
  seed: number,
  products: readonly DrawnProduct[],
  instruments: readonly DrawnInstrument[],
): readonly DrawnInstrument[] {
  if (seed < MODELS_FROM) return instruments;
  const random = new Random(seed ^ 0x6d6f6465);
  return instruments.map((each, index) => {
    if (isOption(products[index]!)) return each;
    // What the largest order cuts off would go to the first level, for which a group may have no room.
    const sizeStep = '0';
    return { ...each, strategy: { ...each.strategy, sizeStep, ...modelOf(random) } };
  });
}

/** Other quotes of the same sizes, so that the limits that were drawn still fit them. */
export function modelOf(random: Random): Record<string, unknown> {
  const weightBps = (): number => pick(random, [0, 0, 1, -1]);
  return {
    model: pick(random, strategy.shape.model.unwrap().options),
    halfSpreadBpsMin: pick(random, [0, 0.5, 1]),
    halfSpreadBpsMax: pick(random, [5, 20, 100]),
    profitBpsMin: pick(random, [0, 0.2]),
    spacing: pick(random, ['model', 'arithmetic', 'geometric', 'bps']),
    latticeRatio: pick(random, [0, 0.2]),
    placement: pick(random, ['improve', 'join']),
    sizeDecay: pick(random, [0, 0, 0.2]),
    sizeSkewRatio: pick(random, [0, 0.5, 1]),
    inventoryDecay: pick(random, [0, 0, 0.1]),
    softLimitRatio: pick(random, [0.6, 0.9, 1]),
    horizonSeconds: pick(random, [0, 60]),
    volatilitySeconds: pick(random, [0.2, 1, 5]),
    driftBpsPerHour: pick(random, [0, 0, 20]),
    calibrationAgeSecondsMax: pick(random, [5, 30, 120]),
    edgeMinRatio: pick(random, [0, 0.4, 0.9]),
    orderLifeMsMin: pick(random, [0, 200, 2_000]),
    fair: {
      base: pick(random, ['mid', 'micro', 'vamp', 'weighted-depth', 'effective-vamp']),
      bookImbalance: { weightBps: weightBps() },
      orderFlow: { weightBps: weightBps() },
      tradeFlow: { weightBps: weightBps() },
      mark: { weight: pick(random, [0, 0, 0.3]) },
      index: { weight: pick(random, [0, 0, 0.3]) },
    },
  };
}

/** Two of three are content with the little that a few minutes show: so that models are trusted, and lose that again. */
function calibrationOf(seed: number): unknown {
  const random = new Random(seed ^ 0x63616c69);
  const seconds = pick(random, [1, 5]);
  if (random.unit() < 0.33) return { seconds };
  return {
    seconds,
    memorySeconds: pick(random, [60, 1_200]),
    sweepsMin: 20,
    fitSweepsMin: 10,
    sweepsShrink: pick(random, [0, 200]),
    decayPerBpsMin: 0.001,
    decayPerBpsMax: 1_000,
    rSquaredMin: pick(random, [0, 0.5]),
    ksDistanceMax: 1,
    changeRatioMax: pick(random, [0.2, 1]),
    flowSecondsMax: pick(random, [15, 120]),
    ownFillsMin: 10,
  };
}

/** By chance of its own. */
function brokerOf(seed: number): unknown {
  const random = new Random(seed ^ 0x62726f6b);
  return { clOrdIdPrefix: random.unit() < 0.3, probe: random.unit() < 0.3 };
}

/** By chance of its own: two worlds of five. */
function protectionOf(seed: number): unknown {
  const random = new Random(seed ^ 0x70726f74);
  if (random.unit() >= 0.4) return {};
  const isTrailing = random.unit() < 0.2;
  return {
    isOn: true,
    stopLossBps: pick(random, [10, 50, 500]),
    ...(isTrailing ? { trailingRatio: pick(random, [0.002, 0.02]) } : {}),
    ...(!isTrailing && random.unit() < 0.3 ? { takeProfitBps: pick(random, [20, 200]) } : {}),
    triggerBy: pick(random, ['mark', 'mark', 'last', 'index']),
    minChangeRatio: pick(random, [0.05, 0.3]),
    settleMs: pick(random, [50, 500, 2_000]),
  };
}

/** What the first order of an instrument is worth, roughly. */
function dollarsOf(row: InstrumentRow, size: string): number {
  const { lots, lotUsd = 150 / lots } = scaleOfRow(row);
  return (lotUsd * Number(size)) / Number(row.lotSz);
}

/** The coins that these instruments are traded or settled in. */
function coinsOf(rows: readonly InstrumentRow[]): string[] {
  return [...new Set(rows.map(({ instId }) => String(instId).split('-')[0]!))];
}

function instrumentOf({ row, isMargin }: DrawnProduct, level: AccountLevel, random: Random): DrawnInstrument {
  const instId = String(row.instId);
  const lot = new DecimalGrid(String(row.lotSz));
  const share = pick(random, [1, 1, 4, 16]);
  const { lots, bpsTicks } = scaleOfRow(row);
  const size = lots * share;
  const halfSpreadBps = pick(random, [0.8, 1.2, 2, 4]);
  // Quotes that follow every tick are the dearest thing to simulate, and the least of what can go wrong.
  const tolerance = halfSpreadBps * bpsTicks * pick(random, [0.1, 0.4, 0.4, 0.4, 0.7, 0.7]);
  const isSpot = row.instType === 'SPOT';
  const levels = 1 + random.below(4);
  const instrument: DrawnInstrument = {
    instId,
    tradeMode: isSpot && !isMargin && Number(level) < 3 ? 'cash' : 'cross',
    ...(isMargin ? { product: 'margin', marginCcy: 'USDT' } : {}),
    ...(String(row['expTime']) === '' ? {} : { stopBeforeExpiryMinutes: 1 }),
    strategy: {
      model: 'fixed',
      levels,
      size: lot.toText(size),
      sizeStep: lot.toText(pick(random, [0, Math.round(size / 2)])),
      halfSpreadBps,
      levelStepBps: pick(random, [0.5, 1, 2]),
      skewBpsAtMax: pick(random, [0, 1, 3]),
      priceToleranceTicks: Math.max(1, Math.round(tolerance)),
      sizeToleranceRatio: pick(random, [0.1, 0.5]),
    },
    limits: {
      position: lot.toText(size * pick(random, [2, 5, 12])),
      orderSize: lot.toText(size * pick(random, [2, 4])),
      orderNotional: 100_000,
      openOrders: pick(random, [4, 10, 40]),
      collarBps: pick(random, [50, 200]),
      ...pick(random, [{}, {}, { loss: 5 }, { notional: 1_000 * share }]),
    },
    brakes: {
      volatilityBps: pick(random, [10, 50, 100]),
      volatilityWindowMs: pick(random, [1_000, 10_000]),
      adverseBps: pick(random, [3, 20]),
      holdMs: pick(random, [5_000, 30_000]),
    },
  };
  return isOption({ row }) ? asOption(instrument, level, random) : instrument;
}

/** A basis point of a premium is less than a tick: what is near for others would be nothing, and what is far as well. */
function asOption(instrument: DrawnInstrument, level: AccountLevel, random: Random): DrawnInstrument {
  const { strategy, limits } = instrument;
  // One that waits to be reset by hand would wait for ever: the operator of these worlds does not.
  const mmp = { isOn: true, timeIntervalMs: 5_000, frozenMs: pick(random, [500, 2_000]), qtyLimit: '20' };
  return {
    ...instrument,
    strategy: {
      ...strategy,
      halfSpreadBps: 150,
      levelStepBps: 60,
      priceToleranceTicks: 2,
      // Where little is traded the book follows the model's mark late.
      markDeviationBpsMax: 0,
    },
    // A lot is worth more than what limits in dollars are drawn for.
    limits: { ...limits, collarBps: 5_000, notional: 1_000_000 },
    brakes: { volatilityBps: 0, adverseBps: 0 },
    ...(level === '4' && random.unit() < 0.5 ? { mmp } : {}),
  };
}

function isOption({ row }: Pick<DrawnProduct, 'row'>): boolean {
  return row.instType === 'OPTION';
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)]!;
}
