/**
 * The way in, part one: the venue's answers to requests, and what a refusal asks of us.
 *
 * Owner:      the engine thread.
 * Invariants: an answer is told to the table once; a request without an answer leaves its orders in doubt, never forgotten;
 *             a refusal brings a rest, a question to the venue or a halt, by the one table of codes in okx.
 * Cost:       an ack is decoded in place, and each of its items is a few stores; nothing allocates.
 */
import { BATCH_MAX, CommandOp } from '../base/command-op.ts';
import type { Side } from '../base/side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import type { LoopParameters } from './loop-configuration.ts';
import type { CommandParts } from './loop-commands.ts';
import { Connection } from './loop-options.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopKill } from './loop-kill.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import type { LoopRests } from './loop-rests.ts';
import type { LoopState } from './loop-state.ts';
import type { LoopTags } from './loop-tags.ts';
import { AckResult, TagSource } from '../metrics/catalog.ts';
import { AckDecoder, AckFrame } from '../okx/ack-decoder.ts';
import { RejectDecision, rejectDecision } from '../okx/reject-codes.ts';
import { AckOutcome } from '../orders/order-state.ts';
import type { OrderTable } from '../orders/order-table.ts';
import { NO_REQUEST } from '../orders/request-log.ts';
import type { RequestLog } from '../orders/request-log.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';
import type { Throttle } from '../risk/throttle.ts';

/** Requests without their ack; at 15 batches an operation in 2 s this is many times what a live session has. */
export const REQUESTS_IN_FLIGHT_MAX = 512;
/** Rests after a refusal, by what it says. */
const RETRY_AFTER_NS = 500 * NS_PER_MS;
const SHRINK_PAUSE_NS = 2 * NS_PER_SECOND;
const INSTRUMENT_PAUSE_NS = 10 * NS_PER_SECOND;

/** 50011 and 50061: OKX's rate limits, of an operation and of the sub-account. */
const RATE_LIMIT = 50_011;
const SUB_ACCOUNT_RATE_LIMIT = 50_061;
/** The expTime had passed when the venue came to it. */
const LATE_CODES: ReadonlySet<number> = new Set([50_036, 50_037]);
/** A cancel is asked for in a phase of an auction that takes none: the order is known to rest. */
const NO_CANCEL_PHASE = 51_404;
/** It is being cancelled already: as good as accepted. */
const ALREADY_CANCELLING = 51_410;
/** A parameter is wrong. */
const PARAMETER_ERROR = 51_000;
/** Refusals that say that an order is over: its last update tells how. */
const GONE_CODES: ReadonlySet<number> = new Set([51_400, 51_503, 51_603]);

/** What an input from the order path means for the loop. */
export const PathSignal = { none: 0, changed: 1, doubt: 2 } as const;
export type PathSignal = (typeof PathSignal)[keyof typeof PathSignal];

export class LoopAnswers {
  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #throttle: Throttle;
  readonly #requests: RequestLog;
  readonly #rests: LoopRests;
  readonly #ladder: KillLadder;
  readonly #tags: LoopTags;
  readonly #metrics: LoopMetrics;
  readonly #ackDecoder: AckDecoder;
  readonly #ack = new AckFrame();
  readonly #ackTimeout: TimeCell;

  constructor(options: LoopOptions, state: LoopState, parts: CommandParts, { ladder, tags }: LoopKill) {
    this.#ackDecoder = new AckDecoder(options.tag, options.prefixesIds);
    this.#state = state;
    this.#table = parts.table;
    this.#throttle = parts.throttle;
    this.#requests = parts.requests;
    this.#rests = parts.rests;
    this.#ladder = ladder;
    this.#tags = tags;
    this.#metrics = parts.metrics;
    this.#ackTimeout = Float64Array.of(options.timings.ackTimeoutNs);
  }

  configure({ timings }: LoopParameters): void {
    this.#ackTimeout[0] = timings.ackTimeoutNs;
  }

  /** @hot The answer to a request. */
  onAck(bytes: Uint8Array, start: number, end: number): PathSignal {
    const ack = this.#ack;
    if (!this.#ackDecoder.decode(bytes, start, end, ack)) {
      this.#metrics.malformed(Connection.trade);
      return PathSignal.doubt;
    }
    return this.#settle();
  }

  /** An error event, which answers a whole request when it carries its id. */
  onErrorEvent(bytes: Uint8Array, start: number, end: number): PathSignal {
    if (!this.#ackDecoder.decodeErrorEvent(bytes, start, end, this.#ack)) return PathSignal.none;
    return this.#settle();
  }

  #settle(): PathSignal {
    const ack = this.#ack;
    const entry = this.#requests.find(ack.requestId);
    if (entry === NO_REQUEST) return PathSignal.none;
    const requests = this.#requests;
    const op = requests.op[entry]! as CommandOp;
    this.#metrics.acknowledged(op, requests.sentNs, entry);
    const count = requests.itemCount[entry]!;
    let signal: PathSignal = PathSignal.changed;
    for (let item = 0; item < count; item++) {
      const at = entry * BATCH_MAX + item;
      const slot = requests.slot[at]!;
      const row = this.#rowOf(slot, requests.generation[at]!, item, count);
      // -1 where the ack does not say.
      const code = row >= 0 ? ack.sCode[row]! : ack.itemCount === 0 && ack.code !== 0 ? ack.code : -1;
      const isPlaced = op === CommandOp.place && row >= 0 && code === 0;
      if (isPlaced && ack.hasTag[row] === 0) this.#tags.onMismatch(TagSource.ack);
      if (this.#onItem(op, slot, requests.generation[at]!, requests.amendId[at]!, code)) {
        signal = PathSignal.doubt;
      }
    }
    requests.release(entry);
    return signal;
  }

  /** The ack's row of one item: by its id, else by its place; -1 where it has none. */
  #rowOf(slot: number, generation: number, item: number, count: number): number {
    const ack = this.#ack;
    for (let row = 0; row < ack.itemCount; row++) {
      const isThis = ack.isOurs[row] === 1 && ack.slot[row] === slot && ack.generation[row] === generation;
      if (isThis) return row;
    }
    return ack.itemCount === count && ack.isOurs[item] === 0 ? item : -1;
  }

  /** Settles one command; true when it leaves a doubt that only the venue can resolve. */
  #onItem(op: CommandOp, slot: number, generation: number, amendId: number, code: number): boolean {
    const table = this.#table;
    const instrument = table.instrument[slot]!;
    const side = table.side[slot]! as Side;
    const decision = code === -1 ? RejectDecision.unknownOutcome : rejectDecision(code);
    const outcome =
      code === 0 || (op === CommandOp.cancel && code === ALREADY_CANCELLING)
        ? AckOutcome.accepted
        : decision === RejectDecision.unknownOutcome
          ? AckOutcome.unknown
          : op !== CommandOp.place && GONE_CODES.has(code)
            ? AckOutcome.gone
            : AckOutcome.rejected;
    if (op === CommandOp.place) table.onPlaceAck(slot, generation, outcome);
    else if (op === CommandOp.amend) table.onAmendAck(slot, generation, amendId, outcome);
    else table.onCancelAck(slot, generation, outcome);
    this.#state.touched.add(instrument);
    this.#metrics.ack(op, code === 0 ? AckResult.accepted : AckResult.rejected);
    if (code === 0) return false;
    this.#metrics.venueReject(decision);
    if (outcome === AckOutcome.gone || outcome === AckOutcome.accepted) return false;
    const { nowNs } = this.#state;
    const isStuck = op === CommandOp.cancel && this.#onCancelRefused(slot, generation, code, nowNs);
    return this.#onRefusal(op, instrument, side, decision, code, nowNs) || isStuck;
  }

  /** The order may rest on. True when its cancels have been refused for so long that other roads must be tried. */
  #onCancelRefused(slot: number, generation: number, code: number, nowNs: Nanoseconds): boolean {
    if (this.#table.generation[slot] !== generation) return false;
    return this.#rests.onCancelRefused(slot, nowNs, this.#ackTimeout[0]!) && code !== NO_CANCEL_PHASE;
  }

  /** What a refusal asks of us: a rest, a halt, or a question to the venue (true). */
  #onRefusal(
    op: CommandOp,
    instrument: number,
    side: Side,
    decision: RejectDecision,
    code: number,
    nowNs: Nanoseconds,
  ): boolean {
    if (code === SUB_ACCOUNT_RATE_LIMIT) this.#throttle.blockAccount(nowNs + RETRY_AFTER_NS);
    else if (code === RATE_LIMIT) this.#throttle.block(op, instrument, nowNs + RETRY_AFTER_NS);
    // A slow road or a wrong clock: asked again at once it would be late again, three hundred times in two seconds.
    if (LATE_CODES.has(code)) this.#rests.rest(instrument, side, nowNs + RETRY_AFTER_NS);
    // A fill on its way can make an amend's total less than what is filled: a matter of that moment, not of the instrument.
    if (op === CommandOp.amend && code === PARAMETER_ERROR) {
      this.#rests.rest(instrument, side, nowNs + RETRY_AFTER_NS);
      return false;
    }
    switch (decision) {
      case RejectDecision.retryLater:
      case RejectDecision.reprice:
        this.#rests.rest(instrument, side, nowNs + RETRY_AFTER_NS);
        return false;
      case RejectDecision.shrink:
        this.#rests.rest(instrument, side, nowNs + SHRINK_PAUSE_NS);
        return false;
      case RejectDecision.pauseInstrument:
        this.#rests.restBoth(instrument, nowNs + INSTRUMENT_PAUSE_NS);
        return false;
      case RejectDecision.halt:
        this.#ladder.raise(KillTrigger.venueRefusal, KillLevel.halted, ACCOUNT);
        return false;
      case RejectDecision.resync:
      case RejectDecision.unknownOutcome:
        return true;
      default:
        return false;
    }
  }

  // ---------------------------------------------------------------------------------------------------- doubt

  /** Puts in doubt what has waited too long for its outcome; the number of orders in doubt. */
  expire(): number {
    const requests = this.#requests;
    const { now } = this.#state;
    const timeout = this.#ackTimeout;
    for (let released = 0; released < REQUESTS_IN_FLIGHT_MAX; released++) {
      const entry = requests.oldestExpired(now, timeout);
      if (entry === NO_REQUEST) break;
      for (let item = 0; item < requests.itemCount[entry]!; item++) {
        this.#metrics.unanswered(this.#table.instrument[requests.slot[entry * BATCH_MAX + item]!]!);
      }
      requests.release(entry);
    }
    return this.#table.expire(now, timeout);
  }

  /** The trade session is lost: no request that is in flight will be answered. */
  onTradeLost(): void {
    const requests = this.#requests;
    for (let entry = requests.oldest(); entry !== NO_REQUEST; entry = requests.oldest())
      requests.release(entry);
    this.#table.doubtInFlight();
  }
}
