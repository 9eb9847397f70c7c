/**
 * Watches a core while somebody else drives it, and says at the end what the run came to.
 *
 *     onInput   before the loop takes a frame: trades, refusals and answers are read from it
 *     onSend    for each frame that leaves
 *     onStep    after the loop has worked on the input: middle, position and quotes are read from it
 *     finish    the result
 *
 * Backtest, simulation, replay of a journal: all drive the same. It reads and never writes; without it the run is the same,
 * byte for byte. Times are those of the engine's clock; the venue's is learnt from the loop's timers.
 *
 * Cost: a public frame that moves nothing is two comparisons an instrument; a private frame or a send is parsed as JSON.
 */
import { ContractKind, InstrumentType } from '../base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import type { TradeFact } from '../loop/loop-options.ts';
import { ClientOrderId, clientOrderIdText } from '../okx/client-order-id.ts';
import { TradeMark } from '../orders/trade-log.ts';
import { EquityRatios } from './equity-ratios.ts';
import { FillRows } from './fill-rows.ts';
import { InstrumentWatch } from './instrument-watch.ts';
import { OrderCounter, WindowPeak } from './order-counter.ts';
import { privateNewsOf } from './order-updates.ts';
import type { TradeTold } from './order-updates.ts';
import { OrderWatch } from './order-watch.ts';
import { buildResult } from './result-builder.ts';
import type { CommissionRow, FillRow, RunKind, RunResult } from './run-result.ts';
import { SeriesRecorder } from './series-recorder.ts';
import { TimeMoments } from './time-moments.ts';

/** As connection of `onInput`: a timer, a quote, a session, whatever is no frame. */
export const NO_FRAME = -1;
const NOTHING: readonly TradeTold[] = [];

const ACCOUNT_COLUMNS = [
  'total',
  'spread',
  'inventory',
  'fees',
  'funding',
  'drawdown',
  'positionValue',
  'ordersPerSecond',
];

export interface RunObserverOptions {
  /** Of the equity changes behind Sharpe and Sortino. */
  readonly intervalSeconds?: number;
  /** Points of a curve. */
  readonly pointsMax?: number;
  readonly fillRowsMax?: number;
  /** Told each fill when it is booked, `timeMs` counted by the engine's clock and not from the epoch. */
  readonly onFill?: (row: FillRow) => void;
}

/** What the driver knows and the loop does not. */
export interface RunFacts {
  readonly kind: RunKind;
  readonly title: string;
  /** The end of the run; the time of the last step where it is not given. */
  readonly endNs?: Nanoseconds;
  /** Models, limits, what is missing. */
  readonly notes?: readonly string[];
  /** What counts as an event of the run; the inputs of the core where it is not given. */
  readonly events?: number;
  readonly wallSeconds?: number;
  readonly commission?: readonly CommissionRow[];
  /** Versions, machine, command line: what must not change the hash. */
  readonly environment?: Readonly<Record<string, string>>;
}

const DEFAULT_INTERVAL_SECONDS = 10;
const DEFAULT_POINTS_MAX = 3_000;
const DEFAULT_FILL_ROWS_MAX = 4_000;
/** Points that the curves of all instruments may have together, and one at the least. */
const POINTS_TOTAL_MAX = 12_000;
const POINTS_MIN = 128;

export class RunObserver {
  readonly inputs = { public: 0, private: 0, trade: 0, other: 0, unread: 0 };
  readonly options: RunObserverOptions;
  watches: readonly InstrumentWatch[] = [];
  counters: readonly OrderCounter[] = [];
  readonly accountWindow = new WindowPeak();
  readonly ratios: EquityRatios;
  readonly rows: FillRows;
  orders: OrderWatch | null = null;
  series: SeriesRecorder | null = null;
  startNs: Nanoseconds = 0;
  nowNs: Nanoseconds = 0;
  maxDrawdown = 0;
  /** Value of all positions. */
  readonly value = new TimeMoments();
  /** The venue's clock less the engine's; NaN while no timer has told it. */
  epochMs = NaN;
  loop: Loop | null = null;
  #firstEpochMs = NaN;
  #venueMs = 0;
  #nextIntervalNs = 0;
  #nextSecondNs = 0;
  #ordersBefore = 0;
  #ordersPerSecond = 0;
  #lastNs = 0;
  #total = 0;
  #peak = 0;
  #areOrdersDirty = false;
  #told: TradeTold[] = [];
  readonly #indexOf = new Map<string, number>();
  readonly #values = new Float64Array(ACCOUNT_COLUMNS.length);
  #clientOrderId = new ClientOrderId();

  constructor(options: RunObserverOptions = {}) {
    this.options = options;
    this.ratios = new EquityRatios(options.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS);
    this.rows = new FillRows(options.fillRowsMax ?? DEFAULT_FILL_ROWS_MAX, options.onFill);
  }

  /** The loop is about to be driven; the first step says so too, where this was not called. */
  begin(loop: Loop, timeNs: Nanoseconds): void {
    if (this.loop !== null) return;
    const { instruments } = loop;
    this.loop = loop;
    this.#clientOrderId = new ClientOrderId(loop.idTag, true);
    this.startNs = timeNs;
    this.nowNs = timeNs;
    this.#lastNs = timeNs;
    this.#nextIntervalNs = timeNs + this.#intervalNs;
    this.#nextSecondNs = timeNs + NS_PER_SECOND;
    const buckets = Math.floor((this.options.pointsMax ?? DEFAULT_POINTS_MAX) / 2);
    const share = Math.floor(POINTS_TOTAL_MAX / 2 / instruments.length);
    const each = Math.max(POINTS_MIN / 2, Math.min(buckets, share));
    this.watches = instruments.map((which) => new InstrumentWatch(loop, which, timeNs, each, this.rows));
    this.series = new SeriesRecorder(ACCOUNT_COLUMNS, timeNs, buckets);
    this.series.record(timeNs, this.#values);
    this.counters = [
      ...instruments.map(
        ({ type }) => new OrderCounter(type === InstrumentType.spot ? null : this.accountWindow),
      ),
      new OrderCounter(null),
    ];
    this.orders = new OrderWatch(this.counters, instruments);
    for (const { instId, index } of instruments) this.#indexOf.set(instId, index);
  }

  // --------------------------------------------------------------------------------------------------- input

  /**
   * An input is about to be handed to the loop.
   *
   * @param connection of a frame; NO_FRAME for everything else
   * @param bytes of the frame, exactly; of a public frame they are not read
   */
  onInput(connection: Connection | typeof NO_FRAME, bytes: Uint8Array, timeNs: Nanoseconds): void {
    if (connection === Connection.public) this.inputs.public++;
    else if (connection === NO_FRAME) this.inputs.other++;
    else {
      this.#areOrdersDirty = true;
      const text = textOf(bytes);
      if (connection === Connection.private) {
        this.inputs.private++;
        this.#onPrivate(text, timeNs);
      } else {
        this.inputs.trade++;
        if (this.orders?.onAnswer(text, timeNs) === false) this.inputs.unread++;
      }
    }
  }

  /** A frame left; the connection took it. @param bytes exactly the frame */
  onSend(connection: Connection, bytes: Uint8Array, timeNs: Nanoseconds): void {
    if (connection !== Connection.trade) return;
    this.#areOrdersDirty = true;
    this.orders?.onSend(textOf(bytes), timeNs);
  }

  /** Trades that REST has told and that go to the loop now, with a recovery or an audit. */
  onFacts(facts: readonly TradeFact[]): void {
    const instruments = this.loop?.instruments ?? [];
    for (const fact of facts) {
      const { instId, tick, lot, baseCcy, settleCcy } = instruments[fact.instrument]!;
      const isOfPlan = fact.run >= 0 && fact.generation > 0;
      this.#tell(fact.instrument, {
        instId,
        tradeId: String(fact.tradeId),
        clOrdId: isOfPlan ? clientOrderIdText(fact.run, fact.slot, fact.generation, this.loop?.idTag) : '',
        isBuy: fact.side === 0,
        price: Number.isInteger(fact.ticks) ? tick.toText(fact.ticks) : String(fact.ticks * tick.value),
        size: lot.toText(fact.lots),
        venueMs: fact.tsMs,
        isMaker: true,
        fee: String(fact.fee),
        feeCcy: fact.isBaseFee ? baseCcy : settleCcy,
      });
    }
  }

  /** The loop has worked on an input. */
  onStep(loop: Loop, timeNs: Nanoseconds): void {
    if (this.loop === null) this.begin(loop, timeNs);
    this.#passIntervals(timeNs);
    this.nowNs = timeNs;
    this.#readVenueTime(loop, timeNs);
    const venueMs = this.epochMs + timeNs / NS_PER_MS;
    const told = this.#told;
    const areDirty = this.#areOrdersDirty;
    this.#areOrdersDirty = false;
    if (told.length > 0) this.#told = [];
    let hasChanged = false;
    for (const watch of this.watches) {
      const own =
        told.length === 0 ? NOTHING : told.filter(({ instId }) => instId === watch.instrument.instId);
      if (watch.onStep(loop, timeNs, venueMs, own, areDirty)) hasChanged = true;
    }
    if (hasChanged) this.#account(timeNs);
  }

  /** The run is over. */
  finish(facts: RunFacts): RunResult {
    const endNs = Math.max(this.nowNs, facts.endNs ?? 0);
    this.#passIntervals(endNs);
    this.nowNs = endNs;
    this.#elapse(endNs);
    const venueMs = this.epochMs + endNs / NS_PER_MS;
    for (const watch of this.watches) watch.finish(endNs, venueMs);
    this.series?.finish(endNs);
    return buildResult(this, facts);
  }

  /** The time of the epoch at a time of the run: by the first word of the venue's clock, so that times never step. */
  msOf(timeNs: Nanoseconds): Milliseconds {
    return (Number.isNaN(this.#firstEpochMs) ? 0 : this.#firstEpochMs) + timeNs / NS_PER_MS;
  }

  // ----------------------------------------------------------------------------------------------- internals

  get #intervalNs(): Nanoseconds {
    return (this.options.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS) * NS_PER_SECOND;
  }

  #onPrivate(text: string, timeNs: Nanoseconds): void {
    const news = privateNewsOf(text);
    if (news === null) {
      this.inputs.unread++;
      return;
    }
    const { trades, cancels, funding } = news;
    for (const trade of trades) {
      const index = this.#indexOf.get(trade.instId);
      if (index === undefined) continue;
      this.watches[index]!.onLateFee(trade);
      this.#tell(index, trade);
      if (this.#clientOrderId.parseText(trade.clOrdId)) this.counters[index]!.traded.add(trade.clOrdId);
    }
    for (const { instId, source } of cancels) {
      const index = this.#indexOf.get(instId);
      if (index !== undefined) this.counters[index]!.onVenueCancel(source);
    }
    for (const each of funding) {
      const index = this.#indexOf.get(each.instId);
      if (index !== undefined) this.watches[index]!.onFunding(each, timeNs);
    }
  }

  /** A trade that the engine has not booked yet, told for the first time in this step. */
  #tell(index: number, trade: TradeTold): void {
    const isKnown = this.loop?.tradeLog.look(index, Number(trade.tradeId)) !== TradeMark.none;
    const isTold = this.#told.some(
      ({ instId, tradeId }) => instId === trade.instId && tradeId === trade.tradeId,
    );
    if (!isKnown && !isTold) this.#told.push(trade);
  }

  /** A timer tells the venue's clock; nothing else does. */
  #readVenueTime(loop: Loop, timeNs: Nanoseconds): void {
    const venueMs = loop.venueMs[0]!;
    if (venueMs === this.#venueMs) return;
    this.#venueMs = venueMs;
    this.epochMs = venueMs - timeNs / NS_PER_MS;
    if (Number.isNaN(this.#firstEpochMs)) this.#firstEpochMs = this.epochMs;
  }

  /** Intervals that ended before `timeNs`: until then all was as the last step left it. */
  #passIntervals(timeNs: Nanoseconds): void {
    while (timeNs >= this.#nextSecondNs && this.loop !== null) {
      this.#countOrders(this.#nextSecondNs);
      this.#nextSecondNs += NS_PER_SECOND;
    }
    while (timeNs >= this.#nextIntervalNs && this.loop !== null) {
      this.ratios.onInterval(this.#total);
      for (const { parts } of this.watches) parts.check();
      this.#nextIntervalNs += this.#intervalNs;
    }
  }

  #elapse(timeNs: Nanoseconds): void {
    this.value.onTime(timeNs - this.#lastNs, this.#values[6]!);
    this.#lastNs = timeNs;
  }

  #countOrders(timeNs: Nanoseconds): void {
    let orders = 0;
    for (const { counts } of this.counters) orders += counts[0]! + counts[1]! + counts[2]!;
    const inSecond = orders - this.#ordersBefore;
    this.#ordersBefore = orders;
    if (inSecond === this.#ordersPerSecond) return;
    this.#ordersPerSecond = inSecond;
    this.#values[7] = inSecond;
    this.series!.record(timeNs, this.#values);
  }

  /** The whole account's curves. */
  #account(timeNs: Nanoseconds): void {
    const values = this.#values;
    this.#elapse(timeNs);
    values.fill(0, 0, 7);
    for (const watch of this.watches) {
      const { profit, positionValue, instrument, mid, spreadSum, feeSum, fundingSum } = watch;
      const rate = instrument.kind === ContractKind.inverse ? mid || 0 : 1;
      values[0]! += profit;
      values[1]! += spreadSum * rate;
      values[3]! += feeSum * rate;
      values[4]! += fundingSum * rate;
      values[6]! += positionValue;
    }
    values[2] = values[0]! - values[1]! - values[3]! - values[4]!;
    this.#total = values[0]!;
    this.#peak = Math.max(this.#peak, this.#total);
    values[5] = this.#peak - this.#total;
    this.maxDrawdown = Math.max(this.maxDrawdown, values[5]);
    this.series!.record(timeNs, values);
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
