/** From what was watched to the result: figures of each instrument, of the whole, and what both were found from. */
import { HORIZONS_SECONDS } from '../base/fill-groups.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { Histogram } from '../metrics/histogram.ts';
import { DOLLARS } from '../okx/shapes.ts';
import { ORDER_WINDOW_MS, SUB_ACCOUNT_ORDERS_PER_WINDOW } from '../okx/venue-limits.ts';
import { addingUp } from '../attribution/exact-money.ts';
import { attributionOf } from './attribution-result.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import { MarkoutSums, markoutsOf } from './markout-watch.ts';
import { Operation, orderCounts } from './order-counter.ts';
import type { OrderCounter } from './order-counter.ts';
import { QuoteWatch } from './quote-watch.ts';
import { resultHashOf } from './result-hash.ts';
import type { RunFacts, RunObserver } from './run-observer.ts';
import { RESULT_FORMAT } from './run-result.ts';
import type {
  Budget,
  ExactProfit,
  Figures,
  Inventory,
  InstrumentFigures,
  LatencySummary,
  MessageBudget,
  Profit,
  RunResult,
} from './run-result.ts';
import type { ProfitParts } from '../attribution/profit-parts.ts';

const SECONDS_PER_DAY = 86_400;
/** Where a distribution is read. */
const QUANTILES: readonly number[] = [
  0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1,
];

/** Spread, inventory, fees and funding, in units. */
type Parts = readonly [bigint, bigint, bigint, bigint];

export function buildResult(observer: RunObserver, facts: RunFacts): RunResult {
  const { watches, counters, startNs, nowNs, inputs } = observer;
  const durationNs = nowNs - startNs;
  const currency = currencyOf(watches.map(({ instrument }) => instrument));
  const whole = wholeOf(observer, durationNs, currency);
  const control = controlOf(observer, whole.profit.total);
  const body = {
    ...whole,
    format: RESULT_FORMAT,
    resultHash: '',
    kind: facts.kind,
    title: facts.title,
    notes: facts.notes ?? [],
    fromMs: observer.msOf(startNs),
    toMs: observer.msOf(nowNs),
    seconds: durationNs / NS_PER_SECOND,
    currency,
    control,
    sharpe: observer.ratios.sharpe(),
    sortino: observer.ratios.sortino(),
    ratioBasis: observer.ratios.basis(),
    messageBudget: budgetOf(observer, counters, durationNs),
    latencies: latenciesOf(observer),
    events: facts.events ?? inputs.public + inputs.private + inputs.trade + inputs.other,
    inputs: { ...inputs },
    wallSeconds: facts.wallSeconds ?? 0,
    environment: facts.environment ?? {},
    instruments: Object.fromEntries(
      watches.map((watch) => [
        watch.instrument.instId,
        instrumentOf(watch, counters[watch.instrument.index]!, durationNs, currency),
      ]),
    ),
    attribution: attributionOf(observer.loop!),
    ...(facts.commission === undefined ? {} : { commission: facts.commission }),
    series: observer.series?.series((timeNs) => observer.msOf(timeNs)) ?? { timeMs: [], columns: {} },
    instrumentSeries: Object.fromEntries(
      watches.map(({ instrument, series }) => [
        instrument.instId,
        series.series((timeNs) => observer.msOf(timeNs)),
      ]),
    ),
    fillRowsEvery: observer.rows.every,
    fillRows: observer.rows.rows((timeNs) => observer.msOf(timeNs)),
  } satisfies RunResult;
  return { ...body, resultHash: resultHashOf(body) };
}

// ------------------------------------------------------------------------------------------------------ figures

/** What figures are made of, of one instrument or of all. */
interface Sums {
  readonly parts: Parts;
  readonly watches: readonly InstrumentWatch[];
  readonly counters: readonly OrderCounter[];
  readonly maxDrawdown: number;
  readonly inventory: Inventory;
  readonly durationNs: Nanoseconds;
}

function wholeOf(observer: RunObserver, durationNs: Nanoseconds, currency: string): Figures {
  const parts: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
  for (const watch of observer.watches) {
    const own = partsOf(watch.parts);
    for (let part = 0; part < parts.length; part++) parts[part]! += watch.inAccountUnits(own[part]!);
  }
  return figuresOf({
    parts,
    watches: observer.watches,
    counters: observer.counters,
    maxDrawdown: observer.maxDrawdown,
    inventory: observer.value.inventory(currency),
    durationNs,
  });
}

function instrumentOf(
  watch: InstrumentWatch,
  counter: OrderCounter,
  durationNs: Nanoseconds,
  currency: string,
): InstrumentFigures {
  const { instrument, parts } = watch;
  const [spread, inventory, fees, funding] = partsOf(parts);
  const inAccount: Parts = [
    watch.inAccountUnits(spread),
    watch.inAccountUnits(inventory),
    watch.inAccountUnits(fees),
    watch.inAccountUnits(funding),
  ];
  const figures = figuresOf({
    parts: inAccount,
    watches: [watch],
    counters: [counter],
    maxDrawdown: watch.maxDrawdown,
    inventory: watch.value.inventory(currency),
    durationNs,
  });
  const isInverse = instrument.kind === ContractKind.inverse;
  const exact: ExactProfit = {
    unit: '1e-18',
    currency: instrument.settleCcy,
    total: String(parts.total),
    spread: String(spread),
    inventory: String(inventory),
    fees: String(fees),
    funding: String(funding),
  };
  return {
    ...figures,
    currency,
    profitExact: exact,
    position: watch.position.inventory(isInverse ? 'USD' : instrument.baseCcy),
    endPosition: parts.lots * instrument.lotValue,
    firstMid: numberOrNull(watch.firstMid),
    lastMid: numberOrNull(watch.mid),
    adjustedLots: watch.adjustedLots,
  };
}

function figuresOf(sums: Sums): Figures {
  const { parts, watches, counters, durationNs } = sums;
  const profit = profitOf(parts);
  const fills = watches.reduce((sum, watch) => sum + watch.fills, 0);
  const makerFills = watches.reduce((sum, watch) => sum + watch.makerFills, 0);
  const volume = watches.reduce((sum, watch) => sum + watch.volume, 0);
  const orders = orderCounts(counters);
  const asked = orders.place + orders.amend;
  const quotes = new QuoteWatch();
  for (const watch of watches) quotes.merge(watch.quotes);
  const quoted = quotes.quoted();
  const markouts = HORIZONS_SECONDS.map(() => new MarkoutSums());
  for (const watch of watches) watch.markouts.sums.forEach((each, index) => markouts[index]!.merge(each));
  return {
    profit,
    fills,
    makerShare: ratio(makerFills, fills),
    volume,
    fees: profit.fees,
    maxDrawdown: sums.maxDrawdown,
    turnover: durationNs > 0 ? (volume * SECONDS_PER_DAY * NS_PER_SECOND) / durationNs : 0,
    profitBps: ratio(profit.total * 10_000, volume),
    fillRatio: ratio(orders.traded, orders.place),
    valuePerOrder: ratio(volume, asked),
    orderToTrade: ratio(asked, fills),
    inventory: sums.inventory,
    markouts: markoutsOf(markouts),
    timeQuoted: quoted.both,
    quoted,
    quotedDistance: quotes.distance(),
    orders,
  };
}

function partsOf({ spread, inventory, fees, rebates, funding }: ProfitParts): Parts {
  return [spread, inventory, fees + rebates, funding];
}

/** On one binary grid: the total is their sum in whatever order one adds. */
function profitOf(parts: Parts): Profit {
  const [spread = 0, inventory = 0, fees = 0, funding = 0] = addingUp(parts);
  return { total: spread + inventory + fees + funding, spread, inventory, fees, funding };
}

/** What the engine's ledger has gained at the same middles; positions that were adjusted are in it at their entry. */
function controlOf(observer: RunObserver, total: number): RunResult['control'] {
  let ledgerProfit = 0;
  for (const { instrument, ticksSum, ledgerBefore, mid } of observer.watches) {
    const now = observer.loop!.ledger.netProfit(instrument.index, ticksSum / 2);
    const rate = instrument.kind === ContractKind.inverse ? mid || 0 : 1;
    ledgerProfit += (now - ledgerBefore) * rate;
  }
  return { ledgerProfit, difference: ledgerProfit - total };
}

/** Dollars of several kinds count as one; so does what inverse contracts earn, at the middle. */
function currencyOf(instruments: readonly Instrument[]): string {
  const all = new Set(
    instruments.map(({ kind, settleCcy }) => (kind === ContractKind.inverse ? 'USD' : settleCcy)),
  );
  if (all.size === 1) return [...all][0]!;
  return [...all].every((currency) => DOLLARS.includes(currency)) ? 'USD' : [...all].join('+');
}

// -------------------------------------------------------------------------------------------- orders, latencies

function budgetOf(
  observer: RunObserver,
  counters: readonly OrderCounter[],
  durationNs: Nanoseconds,
): MessageBudget {
  const account = observer.accountWindow.budget(SUB_ACCOUNT_ORDERS_PER_WINDOW, durationNs);
  const worst = (operation: Operation): Budget =>
    counters
      .map((counter) => counter.budget(operation, durationNs))
      .reduce((most, each) => (each.peakShare > most.peakShare ? each : most));
  const place = worst(Operation.place);
  const amend = worst(Operation.amend);
  const cancel = worst(Operation.cancel);
  const peakShare = Math.max(...[account, place, amend, cancel].map((budget) => budget.peakShare));
  return { windowSeconds: ORDER_WINDOW_MS / 1_000, peakShare, account, place, amend, cancel };
}

function latenciesOf({ orders, watches }: RunObserver): Record<string, LatencySummary> {
  const feed = new Histogram();
  const fill = new Histogram();
  for (const watch of watches) {
    feed.merge(watch.feedLatency);
    fill.merge(watch.fillLatency);
  }
  const named: [string, Histogram | undefined][] = [
    ['place', orders?.roundTrips[Operation.place]],
    ['amend', orders?.roundTrips[Operation.amend]],
    ['cancel', orders?.roundTrips[Operation.cancel]],
    ['gateway', orders?.gateway],
    ['feed', feed],
    ['fill', fill],
  ];
  return Object.fromEntries(
    named.flatMap(([name, histogram]) =>
      histogram === undefined || histogram.count === 0 ? [] : [[name, latencyOf(histogram)]],
    ),
  );
}

function latencyOf(histogram: Histogram): LatencySummary {
  const ms = (quantile: number): number => histogram.percentile(quantile) / NS_PER_MS;
  return {
    n: histogram.count,
    meanMs: histogram.mean / NS_PER_MS,
    p50Ms: ms(0.5),
    p90Ms: ms(0.9),
    p99Ms: ms(0.99),
    p999Ms: ms(0.999),
    maxMs: histogram.max / NS_PER_MS,
    ms: QUANTILES.map(ms),
    shares: QUANTILES,
  };
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
