/**
 * Takers' trades on their way in, and the statistics of each market on their way out.
 *
 *     trades ──▶ flow: volumes, sweeps                       timer ──▶ flow: samples ──▶ flow record, once a second
 *
 * Owner:      the engine thread.
 * Invariants: a trade changes no order and no quote by itself: quoters see it with the next market. A frame that cannot be
 *             read is counted and forgotten, for nothing is lost by it but statistics.
 * Cost:       a frame of trades is one pass over its bytes; records are spread over the second; nothing allocates.
 */
import { FLOW_DOUBLES } from '../base/flow-record.ts';
import type { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';
import type { FlowStatistics } from '../flow/flow-statistics.ts';
import { RecordWriter } from '../handoff/record-slot.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import { Connection } from './loop-options.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import { FrameKind, PushChannel, frameKind, pushChannel } from '../okx/frame-kind.ts';
import { TradeDecoder, TradeFrame } from '../okx/trade-decoder.ts';
import type { QueueWatch } from '../orders/queue-watch.ts';

const SAMPLE_NS = 100 * NS_PER_MS;
/** An instrument's record is published with every so many samples, and not all of them with the same. */
const SAMPLES_A_RECORD = 10;

export class LoopFlow {
  readonly #state: LoopState;
  readonly #flow: FlowStatistics;
  readonly #queues: QueueWatch;
  readonly #metrics: LoopMetrics;
  readonly #decoder: TradeDecoder;
  readonly #trades = new TradeFrame();
  readonly #writers: readonly RecordWriter[];
  readonly #row = new Float64Array(FLOW_DOUBLES);
  readonly #nextSampleNs: TimeCell = new Float64Array(1);
  #samples = 0;

  constructor(
    { instruments, handoff }: LoopOptions,
    state: LoopState,
    parts: {
      readonly flow: FlowStatistics;
      readonly queues: QueueWatch;
      readonly metrics: LoopMetrics;
    },
  ) {
    this.#state = state;
    this.#flow = parts.flow;
    this.#queues = parts.queues;
    this.#metrics = parts.metrics;
    this.#decoder = new TradeDecoder(instruments);
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
        this.#flow.onTrade(instrument, side, trades.lots, index);
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
    for (let instrument = this.#samples % SAMPLES_A_RECORD; instrument < this.#writers.length;) {
      this.#flow.writeRow(instrument, now, this.#row);
      this.#writers[instrument]!.publish(this.#row);
      instrument += SAMPLES_A_RECORD;
    }
  }
}
