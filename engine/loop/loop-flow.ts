/**
 * Takers' trades and our fills on their way in, and the statistics of each market on their way out.
 *
 *     trades ──▶ flow: volumes, sweeps; places in queues     timer ──▶ flow: samples ──▶ record, once a second
 *     fills ───▶ flow: fills by distance, moves after them
 *
 * Owner:      the engine thread.
 * Invariants: a trade changes no order and no quote by itself: quoters see it with the next market. A frame that cannot be
 *             read is counted and forgotten, for nothing is lost by it but statistics.
 * Cost:       a frame of trades is one pass over its bytes; a sample, ten times a second, looks at each instrument and at
 *             each order that rests; records are spread over the second; nothing allocates.
 */
import { FLOW_DOUBLES } from '../base/flow-record.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';
import type { FlowStatistics } from '../flow/flow-statistics.ts';
import { OwnFill, OwnFillDouble } from '../flow/own-fills.ts';
import { RecordWriter } from '../handoff/record-slot.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import { Connection } from './loop-options.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import { FrameKind, PushChannel, frameKind, pushChannel } from '../okx/frame-kind.ts';
import { TradeDecoder, TradeFrame } from '../okx/trade-decoder.ts';
import type { Trade } from '../orders/fills.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { QueueWatch } from '../orders/queue-watch.ts';

const SAMPLE_NS = 100 * NS_PER_MS;
/** An instrument's record is published with every so many samples, and not all of them with the same. */
const SAMPLES_A_RECORD = 10;

export class LoopFlow {
  readonly #state: LoopState;
  readonly #flow: FlowStatistics;
  readonly #market: LoopMarket;
  readonly #table: OrderTable;
  readonly #queues: QueueWatch;
  readonly #metrics: LoopMetrics;
  readonly #decoder: TradeDecoder;
  readonly #trades = new TradeFrame();
  readonly #fill = new OwnFill();
  readonly #writers: readonly RecordWriter[];
  readonly #row = new Float64Array(FLOW_DOUBLES);
  readonly #nextSampleNs: TimeCell = new Float64Array(1);
  #samples = 0;
  /** Per slot: when the order came to its price whose queue was counted last. */
  readonly #queuedNs: Float64Array;
  /** What is ahead of an order, and all at its level. */
  readonly #queue = new Float64Array(2);

  constructor(
    { instruments, handoff }: LoopOptions,
    state: LoopState,
    parts: {
      readonly flow: FlowStatistics;
      readonly market: LoopMarket;
      readonly table: OrderTable;
      readonly queues: QueueWatch;
      readonly metrics: LoopMetrics;
    },
  ) {
    this.#state = state;
    this.#flow = parts.flow;
    this.#market = parts.market;
    this.#table = parts.table;
    this.#queues = parts.queues;
    this.#metrics = parts.metrics;
    this.#decoder = new TradeDecoder(instruments);
    this.#queuedNs = new Float64Array(parts.table.capacity);
    this.#writers = instruments.map(
      ({ index }) => new RecordWriter(handoff, handoff.layout.flowSlotAt(index), FLOW_DOUBLES),
    );
  }

  /** @hot A frame of a public connection. False when it holds no trades: then it is for somebody else. */
  onFrame(bytes: Uint8Array, start: number, end: number): boolean {
    if (frameKind(bytes, start, end) !== FrameKind.push) return false;
    if (pushChannel(bytes, start, end) !== PushChannel.trades) return false;
    const trades = this.#trades;
    let row = 0;
    do {
      if (!this.#decoder.decode(bytes, start, end, trades, row)) {
        this.#metrics.malformed(Connection.public);
        return true;
      }
      for (let index = 0; index < trades.count; index++) {
        const instrument = trades.instrument[index]!;
        if (instrument < 0) continue;
        const side = trades.side[index]! as Side;
        this.#flow.onTrade(instrument, side, trades, index);
        this.#queues.onTrade(instrument, side, trades.ticks, trades.lots, index);
      }
      row = trades.nextRow;
    } while (row < trades.totalCount);
    return true;
  }

  onTimer(): void {
    const { now } = this.#state;
    if (now[0]! < this.#nextSampleNs[0]!) return;
    this.#nextSampleNs[0] = now[0]! + SAMPLE_NS;
    this.#samples++;
    const flow = this.#flow;
    // A book that broke was not published as broken.
    for (let instrument = 0; instrument < this.#writers.length; instrument++) {
      if (!this.#market.isQuotable(instrument)) flow.onNone(instrument);
    }
    flow.sample(now);
    if (flow.sampleS[0]! > 0) this.#lookAtOrders();
    for (let instrument = this.#samples % SAMPLES_A_RECORD; instrument < this.#writers.length;) {
      this.#flow.writeRow(instrument, now, this.#row);
      this.#writers[instrument]!.publish(this.#row);
      instrument += SAMPLES_A_RECORD;
    }
  }

  #lookAtOrders(): void {
    const { openCounts } = this.#table;
    for (let instrument = 0; instrument < openCounts.length; instrument++) {
      if (openCounts[instrument] === 0) continue;
      this.#lookAtSide(instrument, Side.buy);
      this.#lookAtSide(instrument, Side.sell);
    }
  }

  #lookAtSide(instrument: number, side: Side): void {
    const table = this.#table;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (table.isResting[slot] === 0 || table.purpose[slot] !== OrderPurpose.quote) continue;
      this.#readQueue(slot);
      this.#flow.onResting(instrument, side, table.priceTicks[slot]!, this.#queue);
    }
  }

  /** Once for each price that an order comes to, as soon as its place there is known. */
  #readQueue(slot: number): void {
    const { placedNs } = this.#table;
    this.#queue[0] = NaN;
    if (this.#queuedNs[slot] === placedNs[slot]) return;
    this.#queues.read(slot, this.#queue, 0);
    if (this.#queue[0] >= 0) this.#queuedNs[slot] = placedNs[slot]!;
  }

  /** A trade of ours that was pushed, at once: what REST tells later is too old to be measured. */
  onFill(trade: Trade, isMaker: boolean): void {
    const table = this.#table;
    const { slot, side, instrument } = trade;
    if (!isMaker || !trade.isThisRun || slot >= table.capacity) return;
    if (table.generation[slot] !== trade.generation || table.purpose[slot] !== OrderPurpose.quote) return;
    const { doubles } = this.#fill;
    this.#fill.instrument = instrument;
    this.#fill.side = side;
    doubles[OwnFillDouble.ticks] = trade.ticks;
    doubles[OwnFillDouble.share] = Math.min(1, trade.lots / table.sizeLots[slot]!);
    doubles[OwnFillDouble.tsMs] = trade.tsMs;
    this.#flow.onFill(this.#fill, this.#state.now);
  }
}
