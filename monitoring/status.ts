import type { Clock } from '../engine/base/clock.ts';
import { CommandOp } from '../engine/base/command-op.ts';
import { DecimalGrid } from '../engine/base/decimal.ts';
import { Side } from '../engine/base/side.ts';
import { NS_PER_SECOND } from '../engine/base/units.ts';
import type { BoardInstrument, BoardOrder, BoardQuote } from '../engine/metrics/board.ts';
import { BoardReader } from '../engine/metrics/board.ts';
import type { InstrumentDimension, MetricId } from '../engine/metrics/catalog.ts';
import { EngineState, namesOf, Stage } from '../engine/metrics/catalog.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';
import { seriesOf } from '../engine/metrics/cells.ts';
import { Histogram } from '../engine/metrics/histogram.ts';
import { priceOf } from './price.ts';

/** The engine's timer gives a sign of life at least every second; five missed ones are no hiccup. */
const HEARTBEAT_SECONDS_MAX = 5;

/** A level as text, exact. */
export interface LevelStatus {
  readonly price: string;
  readonly size: string;
}

export interface QuoteStatus extends LevelStatus {
  readonly side: string;
}

export interface OrderStatus extends QuoteStatus {
  readonly filled: string;
  readonly state: string;
}

/** Seconds; null while nothing was measured. */
export interface LatencyStatus {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

/** Prices and sizes are decimal text, money and times numbers; what is not known or not limited is null. */
export interface InstrumentStatus {
  readonly name: string;
  /** Time since the engine posted this row; the whole row is as old. */
  readonly ageSeconds: number | null;
  readonly book: {
    readonly state: string;
    readonly epoch: number;
    readonly isQuotable: boolean;
    readonly bestBid: LevelStatus | null;
    readonly bestAsk: LevelStatus | null;
    /** Time since the last frame that concerned the book. */
    readonly silenceSeconds: number | null;
  };
  readonly fairPrice: number | null;
  readonly quotes: readonly QuoteStatus[];
  /** How many there are; `quotes` and `orders` show the first of them. */
  readonly quoteCount: number;
  readonly orders: readonly OrderStatus[];
  readonly orderCount: number;
  readonly position: { readonly size: string; readonly entryPrice: number | null };
  readonly exposure: { readonly buy: string; readonly sell: string };
  readonly profit: {
    readonly currency: string;
    readonly realised: number | null;
    /** Null while there is no price to mark the position at; `net` then too. */
    readonly unrealised: number | null;
    /** Negative when paid. */
    readonly fees: number | null;
    readonly net: number | null;
  };
  readonly volumeQuote: number;
  readonly fillCount: number;
  readonly limits: {
    readonly positionSizeMax: string | null;
    readonly orderSizeMax: string | null;
    readonly orderNotionalMax: number | null;
    readonly openOrdersMax: number | null;
    readonly collarBps: number | null;
  };
}

export interface Status {
  readonly timeMs: number;
  readonly version: string;
  readonly venue: string;
  readonly run: string;
  readonly state: string;
  readonly haltReason: string;
  readonly uptimeSeconds: number | null;
  readonly heartbeatAgeSeconds: number | null;
  readonly isReady: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
  readonly limits: { readonly notionalMax: number | null; readonly lossMax: number | null };
  readonly sessions: readonly {
    readonly name: string;
    readonly isUp: boolean;
    readonly reconnects: number;
    readonly silenceSeconds: number | null;
  }[];
  readonly workers: readonly { readonly heartbeatAgeSeconds: number | null; readonly restarts: number }[];
  readonly instruments: readonly InstrumentStatus[];
  /** Since the start of the process. */
  readonly latencies: {
    readonly tickToTrade: LatencyStatus;
    readonly stages: Readonly<Record<string, LatencyStatus>>;
    readonly roundTrips: Readonly<Record<string, LatencyStatus>>;
  };
}

export interface Health {
  readonly isAlive: boolean;
  readonly heartbeatAgeSeconds: number | null;
}

export interface Readiness {
  readonly isReady: boolean;
  readonly reasons: readonly string[];
}

interface Grids {
  readonly instrument: InstrumentDimension;
  readonly tick: DecimalGrid;
  readonly lot: DecimalGrid;
}

/** Reads the state of the engine out of shared memory, for people and for supervisors. */
export class StatusReader {
  readonly #memory: MetricsMemory;
  readonly #board: BoardReader;
  readonly #clock: Clock;
  readonly #grids: readonly Grids[];

  /** @param clock on the same time line as the engine's */
  constructor(memory: MetricsMemory, clock: Clock) {
    this.#memory = memory;
    this.#board = new BoardReader(memory);
    this.#clock = clock;
    this.#grids = memory.dimensions.instruments.map((instrument) => ({
      instrument,
      tick: new DecimalGrid(instrument.tickSz),
      lot: new DecimalGrid(instrument.lotSz),
    }));
  }

  /** Alive: the engine thread gave a sign of life a short while ago. */
  health(): Health {
    const heartbeatAgeSeconds = this.#age('engineHeartbeat', 0);
    const isAlive = heartbeatAgeSeconds !== null && heartbeatAgeSeconds <= HEARTBEAT_SECONDS_MAX;
    return { isAlive, heartbeatAgeSeconds };
  }

  /** Ready: alive, quoting, every session up, every book synced. */
  readiness(): Readiness {
    return this.#readiness(this.#rows());
  }

  status(): Status {
    const { dimensions } = this.#memory;
    const rows = this.#rows();
    const startSeconds = this.#values('startTime')[0];
    const timeMs = this.#clock.wallMs();
    const limits = this.#board.limits();
    const reconnects = this.#values('sessionReconnects');
    const isUp = this.#values('sessionUp');
    const restarts = this.#values('workerRestarts');
    return {
      timeMs,
      version: dimensions.build.version,
      venue: dimensions.build.venue,
      run: dimensions.build.run,
      state: this.#engineState(),
      haltReason: this.#haltReason(),
      uptimeSeconds: orNull(timeMs / 1000 - startSeconds),
      heartbeatAgeSeconds: this.#age('engineHeartbeat', 0),
      ...this.#readiness(rows),
      limits: { notionalMax: orNull(limits?.notionalMax), lossMax: orNull(limits?.lossMax) },
      sessions: dimensions.connections.map((name, index) => ({
        name,
        isUp: isUp[index] === 1,
        reconnects: reconnects[index],
        silenceSeconds: this.#age('sessionSilence', index),
      })),
      workers: restarts.map((count, index) => ({
        heartbeatAgeSeconds: this.#age('workerHeartbeat', index),
        restarts: count,
      })),
      instruments: rows.map((row, index) => this.#instrument(index, row)),
      latencies: {
        tickToTrade: this.#latencies('tickToTrade')[0],
        stages: named(namesOf(Stage), this.#latencies('stageLatency')),
        roundTrips: named(namesOf(CommandOp), this.#latencies('roundTrip')),
      },
    };
  }

  #rows(): readonly (BoardInstrument | null)[] {
    return this.#grids.map((_, index) => this.#board.instrument(index));
  }

  #readiness(rows: readonly (BoardInstrument | null)[]): Readiness {
    const { dimensions } = this.#memory;
    const reasons: string[] = [];
    if (!this.health().isAlive) {
      reasons.push(`engine: expected a sign of life within ${HEARTBEAT_SECONDS_MAX} s, was none`);
    }
    const state = this.#engineState();
    const haltReason = state === 'halted' ? ` (${this.#haltReason()})` : '';
    if (state !== 'quoting') reasons.push(`engine: expected quoting, was ${state}${haltReason}`);
    for (const [index, isUp] of this.#values('sessionUp').entries()) {
      if (isUp !== 1) reasons.push(`session ${dimensions.connections[index]}: expected up, was down`);
    }
    for (const [index, row] of rows.entries()) {
      const bookState = row === null ? 'unknown' : (dimensions.bookStates[row.bookState] ?? 'unknown');
      if (bookState === 'synced') continue;
      reasons.push(`book ${dimensions.instruments[index].name}: expected synced, was ${bookState}`);
    }
    return { isReady: reasons.length === 0, reasons };
  }

  #engineState(): string {
    return namesOf(EngineState)[this.#values('engineState')[0]] ?? 'unknown';
  }

  #haltReason(): string {
    return this.#memory.dimensions.haltReasons[this.#values('haltReason')[0]] ?? 'unknown';
  }

  #values(id: MetricId): readonly number[] {
    return seriesOf(this.#memory, id).map(({ cell }) => this.#memory.cells[cell]);
  }

  /** Seconds since the instant in a cell, or null while it was never set. */
  #age(id: MetricId, index: number): number | null {
    return this.#secondsSince(this.#values(id)[index]);
  }

  #secondsSince(instantNs: number): number | null {
    return Number.isNaN(instantNs) ? null : Math.max(0, this.#clock.nowNs() - instantNs) / NS_PER_SECOND;
  }

  #latencies(id: MetricId): readonly LatencyStatus[] {
    return seriesOf(this.#memory, id).map(({ cell }) => latencyOf(new Histogram(this.#memory.cells, cell)));
  }

  #instrument(index: number, posted: BoardInstrument | null): InstrumentStatus {
    const { dimensions } = this.#memory;
    const grids = this.#grids[index];
    const { instrument, tick, lot } = grids;
    const row = posted ?? NEVER_POSTED;
    return {
      name: instrument.name,
      ageSeconds: posted === null ? null : this.#secondsSince(posted.updatedNs),
      book: {
        state: posted === null ? 'unknown' : (dimensions.bookStates[row.bookState] ?? 'unknown'),
        epoch: row.bookEpoch,
        isQuotable: row.isQuotable === 1,
        bestBid: row.bidLots > 0 ? levelOf(grids, row.bidTicks, row.bidLots) : null,
        bestAsk: row.askLots > 0 ? levelOf(grids, row.askTicks, row.askLots) : null,
        silenceSeconds: this.#age('bookAge', index),
      },
      fairPrice: orNull(priceOf(row.fairTicks, tick)),
      quotes: row.quotes.map((quote) => quoteOf(grids, quote)),
      quoteCount: row.quoteCount,
      orders: row.orders.map((order) => orderOf(grids, order, dimensions.orderStates)),
      orderCount: row.orderCount,
      position: {
        size: lot.toText(row.positionLots),
        entryPrice: row.positionLots === 0 ? null : orNull(priceOf(row.entryTicks, tick)),
      },
      exposure: { buy: lot.toText(row.buyExposureLots), sell: lot.toText(row.sellExposureLots) },
      profit: {
        currency: instrument.settleCcy,
        realised: orNull(row.realised),
        unrealised: orNull(row.unrealised),
        fees: orNull(row.fees),
        net: orNull(row.realised + row.unrealised + row.fees),
      },
      volumeQuote: row.volumeQuote,
      fillCount: row.fillCount,
      limits: {
        positionSizeMax: sizeOrNull(lot, row.positionLotsMax),
        orderSizeMax: sizeOrNull(lot, row.orderLotsMax),
        orderNotionalMax: orNull(row.orderNotionalMax),
        openOrdersMax: orNull(row.openOrdersMax),
        collarBps: orNull(row.collarBps),
      },
    };
  }
}

/**
 * What is shown of an instrument that the engine has not posted yet: nothing is known, nothing is limited.
 */
const NEVER_POSTED: BoardInstrument = {
  updatedNs: Number.NaN,
  bookState: 0,
  bookEpoch: 0,
  isQuotable: 0,
  bidTicks: 0,
  bidLots: 0,
  askTicks: 0,
  askLots: 0,
  fairTicks: Number.NaN,
  positionLots: 0,
  entryTicks: 0,
  realised: 0,
  unrealised: 0,
  fees: 0,
  volumeQuote: 0,
  fillCount: 0,
  buyExposureLots: 0,
  sellExposureLots: 0,
  positionLotsMax: Number.NaN,
  orderLotsMax: Number.NaN,
  orderNotionalMax: Number.NaN,
  openOrdersMax: Number.NaN,
  collarBps: Number.NaN,
  quoteCount: 0,
  orderCount: 0,
  buyOrderCount: 0,
  sellOrderCount: 0,
  quotes: [],
  orders: [],
};

/** JSON has neither NaN nor Infinity: what is not known, and a limit that is none, are null. */
function orNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function sizeOrNull(lot: DecimalGrid, lots: number): string | null {
  return Number.isFinite(lots) ? lot.toText(Math.floor(lots)) : null;
}

function levelOf({ tick, lot }: Grids, ticks: number, lots: number): LevelStatus {
  return { price: tick.toText(ticks), size: lot.toText(lots) };
}

function quoteOf(grids: Grids, { side, ticks, lots }: BoardQuote): QuoteStatus {
  return { side: side === Side.buy ? 'buy' : 'sell', ...levelOf(grids, ticks, lots) };
}

function orderOf(grids: Grids, order: BoardOrder, states: readonly string[]): OrderStatus {
  const filled = grids.lot.toText(order.filledLots);
  return { ...quoteOf(grids, order), filled, state: states[order.state] ?? 'unknown' };
}

function latencyOf(histogram: Histogram): LatencyStatus {
  const { count } = histogram;
  const secondsAt = (quantile: number): number | null =>
    count === 0 ? null : histogram.percentile(quantile) / NS_PER_SECOND;
  return {
    count,
    p50: secondsAt(0.5),
    p90: secondsAt(0.9),
    p99: secondsAt(0.99),
    p999: secondsAt(0.999),
    max: count === 0 ? null : histogram.max / NS_PER_SECOND,
  };
}

function named(names: readonly string[], latencies: readonly LatencyStatus[]): Record<string, LatencyStatus> {
  return Object.fromEntries(names.map((name, index) => [name, latencies[index]]));
}
