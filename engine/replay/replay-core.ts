import { NS_PER_MS } from '../base/units.ts';
import type { Clock } from '../base/clock.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { BellRinger } from '../handoff/doorbell.ts';
import { Handoff, createHandoff } from '../handoff/handoff-memory.ts';
import { QuoteView, QuoteWriter } from '../handoff/quote-slot.ts';
import { buildMemory } from '../host/engine-parts.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind, recordKindName } from '../journal/record-kind.ts';
import { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import type { ParameterChange } from '../loop/loop-configuration.ts';
import type {
  AuditedAccount,
  CommandResult,
  LoopMemory,
  LoopOutput,
  OperatorCommand,
  RecoveredAccount,
} from '../loop/loop-options.ts';
import type { KillTrigger } from '../risk/kill-ladder.ts';
import { fromExactJson } from './exact-json.ts';
import { readQuoteRecord } from './quote-record.ts';
import { ReplayError, ReplayErrorCode } from './replay-error.ts';
import { instrumentsOf } from './run-start.ts';
import type { RunStart } from './run-start.ts';

/** Time stands still within an input: what the core times decides nothing, and is nothing here. */
class InputClock implements Clock {
  readonly inputNs: TimeCell = new Float64Array(1);
  readonly #start: RunStart;

  constructor(start: RunStart) {
    this.#start = start;
  }

  nowNs(): Nanoseconds {
    return this.inputNs[0]!;
  }

  readNs(into: Float64Array, at: number): void {
    into[at] = this.inputNs[0]!;
  }

  wallMs(): number {
    const { nowNs, wallMs } = this.#start.about;
    return wallMs + (this.inputNs[0]! - nowNs) / NS_PER_MS;
  }
}

/**
 * A core as a journal's run had it, and its inputs by their records. The quotes of workers go into the slots in which the
 * core looks for them, so that it takes them as it did.
 */
export class ReplayCore {
  readonly loop: Loop;
  readonly #bell: BellRinger;
  readonly #quote: QuoteView;
  readonly #quoteWriters: readonly QuoteWriter[];
  readonly #clock: InputClock;

  constructor(start: RunStart, output: LoopOutput) {
    const instruments = instrumentsOf(start);
    const { workerCount, marketLevels, quoteLevels, about, options } = start;
    this.#clock = new InputClock(start);
    const dimensions = { instrumentCount: instruments.length, workerCount, marketLevels, quoteLevels };
    const handoff = new Handoff(createHandoff(dimensions));
    this.#bell = new BellRinger(handoff, handoff.layout.quoteBellAt);
    this.#quote = new QuoteView(quoteLevels);
    this.#quoteWriters = instruments.map(({ index }) => new QuoteWriter(handoff, index));
    this.loop = new Loop({
      ...options,
      instruments,
      handoff,
      metrics: buildMemory(about, instruments, options.run, workerCount),
      output,
      stageClock: this.#clock,
    });
  }

  /**
   * Hands an input in.
   *
   * @param quotes of `quotes`: those that were taken, in their order
   * @returns what a command or a change of parameters came to; undefined of everything else
   * @throws ReplayError when the record is no input, or not as this build writes it; and what the core throws
   */
  feed(record: JournalRecord, quotes: readonly JournalRecord[]): CommandResult | undefined {
    this.#clock.inputNs[0] = record.timeNs;
    switch (record.kind) {
      case RecordKind.frame:
        this.#frame(record);
        return undefined;
      case RecordKind.timer:
        this.loop.onTimer(record.timeNs, record.value);
        return undefined;
      case RecordKind.quotes:
        for (const quote of quotes) this.#put(quote);
        this.loop.onQuotes(record.timeNs);
        return undefined;
      case RecordKind.command:
        return this.loop.command(recordText(record) as OperatorCommand, record.timeNs);
      case RecordKind.configured:
        return this.loop.configure(valueOf(record) as ParameterChange, record.timeNs);
      default:
        this.#feedOther(record);
        return undefined;
    }
  }

  #frame({ sub, bytes, timeNs }: JournalRecord): void {
    const { loop } = this;
    if (sub === Connection.public) loop.onPublicFrame(bytes, 0, bytes.length, timeNs);
    else if (sub === Connection.private) loop.onPrivateFrame(bytes, 0, bytes.length, timeNs);
    else loop.onTradeFrame(bytes, 0, bytes.length, timeNs);
  }

  #put(record: JournalRecord): void {
    const writer = this.#quoteWriters[record.instrument];
    if (writer === undefined || !readQuoteRecord(record.bytes, this.#quote)) {
      throw unreadable(record, 'a quote of an instrument of the run');
    }
    writer.publish(this.#quote);
    this.#bell.ring(record.instrument);
  }

  /** All that comes seldom. */
  #feedOther(record: JournalRecord): void {
    const { loop } = this;
    const { kind, sub, instrument, timeNs, value } = record;
    if (kind === RecordKind.stateOverdue) loop.onStateOverdue(sub === 1, timeNs);
    else if (kind === RecordKind.sessionUp) loop.onSessionUp(sub as Connection, timeNs);
    else if (kind === RecordKind.sessionDown) loop.onSessionDown(sub as Connection, timeNs);
    else if (kind === RecordKind.sessionSwitched) loop.onSessionSwitched(sub as Connection, timeNs);
    else if (kind === RecordKind.workerLost) loop.onWorkerLost(valueOf(record) as number[], timeNs);
    else if (kind === RecordKind.workerReady) loop.onWorkerReady(valueOf(record) as number[], timeNs);
    else if (kind === RecordKind.restored) loop.restore(valueOf(record) as LoopMemory);
    else if (kind === RecordKind.recovered) loop.onRecovered(valueOf(record) as RecoveredAccount, timeNs);
    else if (kind === RecordKind.audited) loop.onAudited(valueOf(record) as AuditedAccount, timeNs);
    else if (kind === RecordKind.bookSnapshot) loop.onBookSnapshot(instrument, recordText(record), timeNs);
    else if (kind === RecordKind.clock) {
      const [offsetMs, errorMs] = valueOf(record) as [number, number];
      loop.onClock(offsetMs, errorMs, timeNs);
    } else if (kind === RecordKind.switchArmed) loop.onSwitchArmed(value, timeNs);
    else if (kind === RecordKind.rateLimit) loop.onRateLimit(value, timeNs);
    else if (kind === RecordKind.stop) loop.stop(timeNs);
    else if (kind === RecordKind.halt) loop.halt(sub as KillTrigger, timeNs);
    else if (kind === RecordKind.paused) loop.pause(sub as KillTrigger, timeNs);
    else if (kind === RecordKind.broken) loop.onBroken();
    else throw unreadable(record, 'an input that this build knows');
  }
}

function valueOf(record: JournalRecord): unknown {
  try {
    return fromExactJson(recordText(record));
  } catch (cause) {
    throw unreadable(record, 'JSON', cause);
  }
}

function unreadable({ sequence, kind }: JournalRecord, expected: string, cause?: unknown): ReplayError {
  return new ReplayError(
    ReplayErrorCode.unreadable,
    `record ${sequence} (${recordKindName(kind)}): expected ${expected}, was something else; replay it with the build that wrote it`,
    { cause },
  );
}
