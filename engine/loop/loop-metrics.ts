/**
 * What the core counts and times, with every cell looked up at the start.
 *
 * Owner:      the engine thread.
 * Invariants: the stage clock is read for it and for nothing else in the core, and only into histograms (loop-times).
 * Cost:       a counter is one addition; a stage is one clock reading; nothing allocates.
 */
import type { Clock } from '../base/clock.ts';
import { CommandOp } from '../base/command-op.ts';
import { OrderCategory } from '../base/order-category.ts';
import type { Side } from '../base/side.ts';
import type { TimeCell } from '../base/units.ts';
import { Connection } from './loop-options.ts';
import { LoopTimes } from './loop-times.ts';
import { Liquidity, OrderEvent, Stage, namesOf } from '../metrics/catalog.ts';
import type { AckResult } from '../metrics/catalog.ts';
import { MetricsWriter } from '../metrics/cells.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { NO_AMEND_RESULT, OrderUpdateState } from '../okx/order-update-decoder.ts';
import type { RejectDecision } from '../okx/reject-codes.ts';
import { GateReason } from '../risk/gate.ts';

const OPS = 3;
const ORDER_EVENTS = namesOf(OrderEvent).length;
const CATEGORIES = namesOf(OrderCategory).length;

export class LoopMetrics {
  readonly #writer: MetricsWriter;
  readonly #times: LoopTimes;
  /** When the input that is being handled was received. */
  readonly #input: TimeCell;
  readonly #frames: Int32Array;
  readonly #bytes: Int32Array;
  readonly #decoded: Int32Array;
  readonly #malformed: Int32Array;
  readonly #lastFrame: Int32Array;
  readonly #slow: number;
  readonly #unknown: number;
  readonly #turns: number;
  readonly #quotesTaken: Int32Array;
  readonly #quotesStale: Int32Array;
  readonly #quotesDropped: Int32Array;
  readonly #bookAge: Int32Array;
  readonly #bookResyncs: Int32Array;
  readonly #guardPulls: Int32Array;
  readonly #guardReprices: Int32Array;
  readonly #commands: Int32Array;
  readonly #requests: Int32Array;
  readonly #acks: Int32Array;
  readonly #throttled: Int32Array;
  readonly #gateRejects: Int32Array;
  readonly #venueRejects: Int32Array;
  readonly #orders: Int32Array;
  readonly #fills: Int32Array;
  readonly #volume: Int32Array;
  readonly #venueFills: Int32Array;

  constructor(memory: MetricsMemory, clock: Clock, input: TimeCell) {
    const writer = new MetricsWriter(memory);
    const { dimensions } = memory;
    const instruments = dimensions.instruments.length;
    const cells = (count: number, cellOf: (index: number) => number): Int32Array =>
      Int32Array.from({ length: count }, (_, index) => cellOf(index));
    this.#writer = writer;
    this.#times = new LoopTimes(writer, clock);
    this.#input = input;
    const connections = dimensions.connections.length;
    this.#frames = cells(connections, (index) => writer.cell('framesReceived', index));
    this.#bytes = cells(connections, (index) => writer.cell('bytesReceived', index));
    this.#decoded = cells(connections, (index) => writer.cell('framesDecoded', index));
    this.#malformed = cells(connections, (index) => writer.cell('framesMalformed', index));
    this.#lastFrame = cells(connections, (index) => writer.cell('sessionSilence', index));
    this.#slow = writer.cell('framesSlow', Connection.public);
    this.#unknown = writer.cell('framesUnknown', Connection.public);
    this.#turns = writer.cell('turns');
    this.#quotesTaken = cells(instruments, (index) => writer.cell('quotesTaken', index));
    this.#quotesStale = cells(instruments, (index) => writer.cell('quotesStale', index));
    this.#quotesDropped = cells(instruments, (index) => writer.cell('quotesDropped', index));
    this.#bookAge = cells(instruments, (index) => writer.cell('bookAge', index));
    this.#bookResyncs = cells(instruments, (index) => writer.cell('bookResyncs', index));
    this.#guardPulls = cells(instruments, (index) => writer.cell('guardPulls', index));
    this.#guardReprices = cells(instruments, (index) => writer.cell('guardReprices', index));
    this.#commands = cells(instruments * OPS, (index) =>
      writer.cell('commands', Math.floor(index / OPS), index % OPS),
    );
    this.#requests = cells(OPS, (index) => writer.cell('requests', index));
    this.#acks = cells(OPS * 2, (index) => writer.cell('acks', index >> 1, index & 1));
    this.#throttled = cells(OPS, (index) => writer.cell('throttled', index));
    this.#gateRejects = cells(namesOf(GateReason).length, (index) => writer.cell('gateRejects', index));
    this.#venueRejects = cells(dimensions.rejectDecisions.length, (index) =>
      writer.cell('venueRejects', index),
    );
    this.#orders = cells(instruments * ORDER_EVENTS, (index) =>
      writer.cell('orderEvents', Math.floor(index / ORDER_EVENTS), index % ORDER_EVENTS),
    );
    this.#fills = cells(instruments * 4, (index) =>
      writer.cell('fills', index >> 2, (index >> 1) & 1, index & 1),
    );
    this.#volume = cells(instruments * 2, (index) => writer.cell('volume', index >> 1, index & 1));
    this.#venueFills = cells(instruments * CATEGORIES, (index) =>
      writer.cell('venueFills', Math.floor(index / CATEGORIES), index % CATEGORIES),
    );
  }

  // -------------------------------------------------------------------------------------------------- stages

  /** @hot The input is a frame. */
  received(connection: Connection, byteCount: number): void {
    this.#writer.increment(this.#frames[connection]!);
    this.#writer.increment(this.#bytes[connection]!, byteCount);
    this.#writer.set(this.#lastFrame[connection]!, this.#input[0]!);
  }

  /** @hot The turn answers the input: what it does from here on is timed against it. */
  begin(): void {
    this.#times.begin(this.#input, 0);
  }

  /** @hot */
  decoded(connection: Connection): void {
    this.#writer.increment(this.#decoded[connection]!);
    this.#times.mark(Stage.decoded);
  }

  /** @hot */
  applied(instrument: number): void {
    this.#writer.set(this.#bookAge[instrument]!, this.#input[0]!);
    this.#times.mark(Stage.applied);
  }

  /** @hot */
  published(): void {
    this.#times.mark(Stage.published);
  }

  /**
   * @hot A worker's quote was taken; the turn answers the frame that the quote was computed from, received at `recvNs[at]`.
   * The stage ended when the input that told of it was received: nothing but reading the quote lies in between.
   */
  quoted(instrument: number, recvNs: Float64Array, at: number): void {
    this.#writer.increment(this.#quotesTaken[instrument]!);
    this.#times.begin(recvNs, at);
    this.#times.markAt(Stage.quoted, this.#input);
  }

  /** @hot */
  gated(): void {
    this.#times.mark(Stage.gated);
  }

  /** @hot */
  encoded(): void {
    this.#times.mark(Stage.encoded);
  }

  /** @hot */
  sent(op: CommandOp): void {
    this.#times.sent();
    this.#writer.increment(this.#requests[op]!);
  }

  /** @hot The answer to a request that left at `sentNs[at]`. */
  acknowledged(op: CommandOp, sentNs: Float64Array, at: number): void {
    this.#times.acknowledged(op, sentNs, at);
  }

  /** @hot The venue's stamp to the receipt here, by wall clocks that agree to within the measured offset. */
  arrived(ageMs: Float64Array): void {
    if (ageMs[0]! >= 0) this.#times.arrived(ageMs);
  }

  // ------------------------------------------------------------------------------------------------ counters

  /** @hot */
  turn(): void {
    this.#writer.increment(this.#turns);
  }

  /** @hot The turn is over: a timer's turn answers no frame. */
  end(): void {
    this.#times.end();
  }

  /** What was timed is in the histograms after this. */
  count(): void {
    this.#times.count();
  }

  slow(): void {
    this.#writer.increment(this.#slow);
  }

  unknown(): void {
    this.#writer.increment(this.#unknown);
  }

  malformed(connection: Connection): void {
    this.#writer.increment(this.#malformed[connection]!);
  }

  quoteStale(instrument: number): void {
    this.#writer.increment(this.#quotesStale[instrument]!);
  }

  quoteDropped(instrument: number): void {
    this.#writer.increment(this.#quotesDropped[instrument]!);
  }

  resync(instrument: number): void {
    this.#writer.increment(this.#bookResyncs[instrument]!);
  }

  /** @hot */
  guardCommand(instrument: number, op: CommandOp): void {
    const cells = op === CommandOp.cancel ? this.#guardPulls : this.#guardReprices;
    this.#writer.increment(cells[instrument]!);
  }

  /** @hot */
  command(instrument: number, op: CommandOp, count: number): void {
    this.#writer.increment(this.#commands[instrument * OPS + op]!, count);
  }

  /** @hot */
  ack(op: CommandOp, result: AckResult): void {
    this.#writer.increment(this.#acks[op * 2 + result]!);
  }

  throttled(op: CommandOp): void {
    this.#writer.increment(this.#throttled[op]!);
  }

  gateReject(reason: GateReason): void {
    this.#writer.increment(this.#gateRejects[reason]!);
  }

  venueReject(decision: RejectDecision): void {
    this.#writer.increment(this.#venueRejects[decision]!);
  }

  /** @hot What an update says became of an order. */
  order(instrument: number, state: OrderUpdateState, amendResult: number): void {
    const first = instrument * ORDER_EVENTS;
    if (amendResult === 0) this.#writer.increment(this.#orders[first + OrderEvent.amended]!);
    else if (state === OrderUpdateState.live && amendResult === NO_AMEND_RESULT) {
      this.#writer.increment(this.#orders[first + OrderEvent.placed]!);
    } else if (state === OrderUpdateState.canceled || state === OrderUpdateState.mmpCanceled) {
      this.#writer.increment(this.#orders[first + OrderEvent.cancelled]!);
    } else if (state === OrderUpdateState.filled) {
      this.#writer.increment(this.#orders[first + OrderEvent.filled]!);
    }
  }

  /** A command was never answered. */
  unanswered(instrument: number): void {
    this.#writer.increment(this.#orders[instrument * ORDER_EVENTS + OrderEvent.unknown]!);
  }

  /** @hot */
  fill(instrument: number, side: Side, isMaker: boolean, notional: number): void {
    const liquidity = isMaker ? Liquidity.maker : Liquidity.taker;
    this.#writer.increment(this.#fills[instrument * 4 + side * 2 + liquidity]!);
    this.#writer.increment(this.#volume[instrument * 2 + side]!, notional);
  }

  /** A trade that no client's order has made. */
  venueFill(instrument: number, category: OrderCategory): void {
    this.#writer.increment(this.#venueFills[instrument * CATEGORIES + category]!);
  }
}
