/**
 * The core with a journal: every input is noted before it is handed in, and every output as it leaves.
 *
 * Owner:      the engine thread.
 * Invariants: an input stands before all that follows from it; one that threw is followed by `threw`; nothing is noted
 *             that is not the core's own: logins, signatures and keys never come here.
 * Cost:       a record's head before a frame, and a copy of it into the journal's ring after what it led to has left; before
 *             that, copies of the quotes that are taken. Nothing allocates on the path.
 */
import { Loop } from '../loop.ts';
import type { Milliseconds, Nanoseconds, TimeCell } from '../base/units.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { ParameterChange } from '../loop/loop-configuration.ts';
import { Connection } from '../loop/loop-options.ts';
import type {
  AuditedAccount,
  CommandResult,
  LoopMemory,
  LoopOptions,
  OperatorCommand,
  RecoveredAccount,
} from '../loop/loop-options.ts';
import type { KillTrigger } from '../risk/kill-ladder.ts';
import { toExactJson } from './exact-json.ts';
import { JournaledOutput, JournaledQuoteReader, NO_VALUE } from './journal-tap.ts';
import type { TapParts } from './journal-tap.ts';
import { QuoteRecord } from './quote-record.ts';
import { runStartOf, runStartText } from './run-start.ts';
import type { RunAbout } from './run-start.ts';

const NO_BYTES = new Uint8Array(0);

export class JournaledLoop extends Loop {
  readonly #writer: JournalWriter;
  /** Of inputs whose time comes as an argument. */
  readonly #timeNs: TimeCell = new Float64Array(1);
  readonly #value = new Float64Array(1);
  /** An input that is handed in and has not come to its end: still so at the next one, it threw. */
  #isInside = false;

  constructor(options: LoopOptions, writer: JournalWriter, about: RunAbout) {
    const quote = new QuoteRecord(options.handoff.quoteLevels);
    const parts: TapParts & { inputNs: TimeCell } = { writer, inputNs: new Float64Array(1), quote };
    super({
      ...options,
      output: new JournaledOutput(parts, options.output, options.stageClock),
      quoteReaderOf: (instrument) => new JournaledQuoteReader(parts, options.handoff, instrument),
    });
    parts.inputNs = this.inputNs;
    this.#writer = writer;
    writer.text(RecordKind.start, 0, 0, about.nowNs, about.wallMs, runStartText(runStartOf(options, about)));
  }

  // ------------------------------------------------------------------------------------------------- the path

  /** @hot */
  override publicFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#open(Connection.public, start, end);
    try {
      super.publicFrame(bytes, start, end);
    } finally {
      this.#writer.complete(bytes, start, end);
    }
    this.#isInside = false;
  }

  /** @hot */
  override privateFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#open(Connection.private, start, end);
    try {
      super.privateFrame(bytes, start, end);
    } finally {
      this.#writer.complete(bytes, start, end);
    }
    this.#isInside = false;
  }

  /** @hot */
  override tradeFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#open(Connection.trade, start, end);
    try {
      super.tradeFrame(bytes, start, end);
    } finally {
      this.#writer.complete(bytes, start, end);
    }
    this.#isInside = false;
  }

  /** @hot */
  override quotes(): void {
    this.#begin();
    this.#writer.mark(RecordKind.quotes, 0, 0, this.inputNs, NO_VALUE);
    super.quotes();
    this.#isInside = false;
  }

  override timer(): void {
    this.#begin();
    this.#writer.mark(RecordKind.timer, 0, 0, this.inputNs, this.venueMs);
    super.timer();
    this.#isInside = false;
  }

  override onStateOverdue(isOverdue: boolean, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.stateOverdue, isOverdue ? 1 : 0, nowNs);
    super.onStateOverdue(isOverdue, nowNs);
    this.#isInside = false;
  }

  /**
   * @hot A frame's place is taken before it is handed in, and its bytes are copied when the core has answered: the copy is
   * the dear part, and nobody shall wait for it. `finally`, because what made the core throw is what one wants to see;
   * compiled, it costs nothing.
   */
  #open(connection: Connection, start: number, end: number): void {
    this.#begin();
    this.#writer.open(RecordKind.frame, connection, 0, this.inputNs, NO_VALUE, end - start);
  }

  /** @hot */
  #begin(): void {
    if (this.#isInside) this.#threw();
    this.#isInside = true;
  }

  #threw(): void {
    this.#isInside = false;
    this.#writer.mark(RecordKind.threw, 0, 0, this.inputNs, NO_VALUE);
  }

  #mark(kind: RecordKind, sub: number, nowNs: Nanoseconds, value = 0): void {
    this.#begin();
    this.#timeNs[0] = nowNs;
    this.#value[0] = value;
    this.#writer.record(kind, sub, 0, this.#timeNs, this.#value, NO_BYTES, 0, 0);
  }

  #text(kind: RecordKind, instrument: number, nowNs: Nanoseconds, text: string): void {
    this.#begin();
    this.#writer.text(kind, 0, instrument, nowNs, 0, text);
  }

  // ------------------------------------------------------------------------------------- sessions and workers

  override onSessionUp(connection: Connection, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.sessionUp, connection, nowNs);
    super.onSessionUp(connection, nowNs);
    this.#isInside = false;
  }

  override onSessionSwitched(connection: Connection, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.sessionSwitched, connection, nowNs);
    super.onSessionSwitched(connection, nowNs);
    this.#isInside = false;
  }

  override onSessionDown(connection: Connection, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.sessionDown, connection, nowNs);
    super.onSessionDown(connection, nowNs);
    this.#isInside = false;
  }

  override onWorkerLost(instruments: readonly number[], nowNs: Nanoseconds): void {
    this.#text(RecordKind.workerLost, 0, nowNs, toExactJson(instruments));
    super.onWorkerLost(instruments, nowNs);
    this.#isInside = false;
  }

  override onWorkerReady(instruments: readonly number[], nowNs: Nanoseconds): void {
    this.#text(RecordKind.workerReady, 0, nowNs, toExactJson(instruments));
    super.onWorkerReady(instruments, nowNs);
    this.#isInside = false;
  }

  // --------------------------------------------------------------------------------------------- what was told

  override restore(memory: LoopMemory): void {
    this.#text(RecordKind.restored, 0, 0, toExactJson(memory));
    super.restore(memory);
    this.#isInside = false;
  }

  override onRecovered(account: RecoveredAccount, nowNs: Nanoseconds): void {
    this.#text(RecordKind.recovered, 0, nowNs, toExactJson(account));
    super.onRecovered(account, nowNs);
    this.#isInside = false;
  }

  override onAudited(account: AuditedAccount, nowNs: Nanoseconds): void {
    this.#text(RecordKind.audited, 0, nowNs, toExactJson(account));
    super.onAudited(account, nowNs);
    this.#isInside = false;
  }

  override onBookSnapshot(instrument: number, text: string, nowNs: Nanoseconds): void {
    this.#text(RecordKind.bookSnapshot, instrument, nowNs, text);
    super.onBookSnapshot(instrument, text, nowNs);
    this.#isInside = false;
  }

  override onClock(offsetMs: Milliseconds, errorMs: Milliseconds, nowNs: Nanoseconds): void {
    this.#text(RecordKind.clock, 0, nowNs, toExactJson([offsetMs, errorMs]));
    super.onClock(offsetMs, errorMs, nowNs);
    this.#isInside = false;
  }

  override onSwitchArmed(untilNs: Nanoseconds, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.switchArmed, 0, nowNs, untilNs);
    super.onSwitchArmed(untilNs, nowNs);
    this.#isInside = false;
  }

  override onRateLimit(ordersMax: number, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.rateLimit, 0, nowNs, ordersMax);
    super.onRateLimit(ordersMax, nowNs);
    this.#isInside = false;
  }

  // ------------------------------------------------------------------------------------- operator and the end

  override command(command: OperatorCommand, nowNs: Nanoseconds): CommandResult {
    this.#text(RecordKind.command, 0, nowNs, command);
    const result = super.command(command, nowNs);
    this.#writer.text(RecordKind.commandResult, 0, 0, nowNs, 0, toExactJson(result));
    this.#isInside = false;
    return result;
  }

  override configure(change: ParameterChange, nowNs: Nanoseconds): CommandResult {
    this.#text(RecordKind.configured, 0, nowNs, toExactJson(change));
    const result = super.configure(change, nowNs);
    this.#writer.text(RecordKind.commandResult, 0, 0, nowNs, 0, toExactJson(result));
    this.#isInside = false;
    return result;
  }

  override stop(nowNs: Nanoseconds): void {
    this.#mark(RecordKind.stop, 0, nowNs);
    super.stop(nowNs);
    this.#isInside = false;
  }

  /** An account that is refused comes here, too. */
  override halt(trigger: KillTrigger, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.halt, trigger, nowNs);
    super.halt(trigger, nowNs);
    this.#isInside = false;
  }

  override pause(trigger: KillTrigger, nowNs: Nanoseconds): void {
    this.#mark(RecordKind.paused, trigger, nowNs);
    super.pause(trigger, nowNs);
    this.#isInside = false;
  }

  override onBroken(): void {
    this.#mark(RecordKind.broken, 0, this.inputNs[0]!);
    super.onBroken();
    this.#isInside = false;
  }
}
