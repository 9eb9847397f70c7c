/**
 * Proves that a run's outputs follow from its inputs: a fresh core is built from the journal's first record, given every
 * input in its order, and what it sends is compared byte for byte with what was sent.
 *
 *     start ─▶ core      input ─▶ core ─▶ outputs      compared with the records between this input and the next
 *
 * A journal may end within an input (kill -9) or have a gap (a disk that fell behind). What is proven then ends there, and
 * the result says where: a core that misses one input is another core.
 */
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import { describeRecord } from './describe-record.ts';
import { toExactJson } from './exact-json.ts';
import { ExpectedOutput, OutputDiffers, OutputUnknown } from './expected-output.ts';
import { ReplayCore } from './replay-core.ts';
import { ReplayError, ReplayErrorCode } from './replay-error.ts';
import { parseRunStart } from './run-start.ts';
import type { RunStart } from './run-start.ts';

/** Outputs of the core have these numbers (record-kind.ts). */
const FIRST_OUTPUT = 40;
/** Inputs that are shown before and after a difference. */
const SHOWN_BEFORE = 5;
const SHOWN_AFTER = 3;

/** Where a replay ended, and why. */
export const ReplayEnd = {
  /** With the run's own end: all of it is proven. */
  complete: 'complete',
  /** Where the journal's records end, without the run's end: the process was killed, or still runs. */
  open: 'open',
  /** At records that were never written. */
  gap: 'gap',
  /** At records that cannot be read any more. */
  damaged: 'damaged',
  /** Where it was told to. */
  until: 'until',
  /** At the first output that is another one. */
  different: 'different',
} as const;
export type ReplayEnd = (typeof ReplayEnd)[keyof typeof ReplayEnd];

export interface ReplayDifference {
  /** Of the input that led to it. */
  readonly inputSequence: number;
  /** Of the output that was expected; -1 where none was. */
  readonly sequence: number;
  readonly expected: string;
  readonly got: string;
  /** Inputs around it, one a line; the one that led to it begins with ">". */
  readonly around: readonly string[];
}

export interface ReplayResult {
  readonly run: number;
  readonly start: RunStart;
  readonly end: ReplayEnd;
  /** What was found at the end of a replay that is not complete; '' of one that is. */
  readonly detail: string;
  /** Records before this number are proven. */
  readonly provenSequence: number;
  /** The time of the last input that is. */
  readonly provenNs: Nanoseconds;
  readonly inputs: number;
  readonly sends: number;
  readonly sentBytes: number;
  readonly requests: number;
  readonly difference: ReplayDifference | undefined;
}

/** Who looks on: each is told in the order in which it happens. */
export interface ReplayWatcher {
  onStart?(loop: Loop, start: RunStart): void;
  /** Before it is handed in; the quotes of `quotes` come right after it. */
  onInput?(record: JournalRecord): void;
  /** When the core has done the same. */
  onOutput?(record: JournalRecord): void;
  /** After the input. */
  onStep?(loop: Loop, record: JournalRecord): void;
}

export interface ReplayOptions extends ReplayWatcher {
  /** Inputs later than this, by the wall clock of the run's machine, are left out. */
  readonly untilMs?: Milliseconds;
}

/**
 * @throws ReplayError when the run cannot be replayed from its start; JournalError when there is no such run
 */
export function replayRun(reader: JournalReader, run: number, options: ReplayOptions = {}): ReplayResult {
  const records = reader.records(run);
  const first = records.next();
  if (first.done === true) {
    throw new ReplayError(
      ReplayErrorCode.noStart,
      `run ${run}: expected records, was an empty run: the process ended before the first was on disk`,
    );
  }
  return new Replay(run, startOf(run, first.value), options).runThrough(records);
}

function startOf(run: number, record: JournalRecord): RunStart {
  if (record.sequence > 0 || record.kind !== RecordKind.start) {
    throw new ReplayError(
      ReplayErrorCode.noStart,
      `run ${run}: expected its first record, was record ${record.sequence}: its oldest segments were deleted to keep ` +
        'within journal.megabytesMax, so that it cannot be replayed from its start; replay a newer run, or raise that limit',
    );
  }
  const start = parseRunStart(recordText(record));
  if (start !== undefined) return start;
  throw new ReplayError(
    ReplayErrorCode.noStart,
    `run ${run}: expected a start of this build, was another; replay it with the build that wrote it`,
  );
}

function untilNsOf({ about }: RunStart, untilMs: Milliseconds | undefined): Nanoseconds {
  return untilMs === undefined ? Infinity : about.nowNs + (untilMs - about.wallMs) * NS_PER_MS;
}

/** An input with all that belongs to it. */
interface Step {
  readonly input: JournalRecord;
  readonly quotes: JournalRecord[];
  readonly outputs: JournalRecord[];
}

class Replay {
  readonly #run: number;
  readonly #start: RunStart;
  readonly #options: ReplayOptions;
  readonly #output: ExpectedOutput;
  readonly #core: ReplayCore;
  readonly #recent: JournalRecord[] = [];
  readonly #untilNs: Nanoseconds;
  #step: Step | undefined;
  #provenSequence = 1;
  #provenNs: Nanoseconds;
  #inputs = 0;
  #sends = 0;
  #sentBytes = 0;
  #requests = 0;
  #end: ReplayEnd | undefined;
  #detail = '';
  #difference: ReplayDifference | undefined;

  constructor(run: number, start: RunStart, options: ReplayOptions) {
    this.#run = run;
    this.#start = start;
    this.#options = options;
    this.#provenNs = start.about.nowNs;
    this.#untilNs = untilNsOf(start, options.untilMs);
    if (this.#untilNs < start.about.nowNs) {
      throw new ReplayError(
        ReplayErrorCode.tooEarly,
        `run ${run}: expected a time after its start at ${new Date(start.about.wallMs).toISOString()}, was an earlier one; ` +
          'give a later one, or another run',
      );
    }
    this.#output = new ExpectedOutput((record) => this.#onOutput(record));
    this.#core = new ReplayCore(start, this.#output);
  }

  runThrough(records: Generator<JournalRecord, void>): ReplayResult {
    this.#options.onStart?.(this.#core.loop, this.#start);
    let last: JournalRecord | undefined;
    try {
      for (let next = records.next(); next.done !== true; next = records.next()) {
        last = next.value;
        this.#take(last);
        if (this.#end !== undefined) break;
      }
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#finish(ReplayEnd.damaged, error.message);
    }
    this.#finish(
      ReplayEnd.open,
      'the journal ends without the end of the run: the process was killed, or still runs',
    );
    if (this.#end === ReplayEnd.different) this.#showAfter(last, records);
    return {
      run: this.#run,
      start: this.#start,
      end: this.#end!,
      detail: this.#detail,
      provenSequence: this.#provenSequence,
      provenNs: this.#provenNs,
      inputs: this.#inputs,
      sends: this.#sends,
      sentBytes: this.#sentBytes,
      requests: this.#requests,
      difference: this.#difference,
    };
  }

  #take(record: JournalRecord): void {
    const { kind, sequence } = record;
    if (kind === RecordKind.gap) {
      this.#finish(
        ReplayEnd.gap,
        `${record.value} records from ${sequence} on were never written: the disk or the ring fell behind (journal.ringMegabytes); what comes after cannot be proven`,
      );
    } else if (kind === RecordKind.end) {
      this.#runStep(false);
      this.#end ??= ReplayEnd.complete;
    } else if (kind === RecordKind.quoteTaken) this.#stepOf(record).quotes.push(record);
    else if (kind >= FIRST_OUTPUT) this.#stepOf(record).outputs.push(record);
    else {
      this.#runStep(false);
      if (record.timeNs > this.#untilNs) this.#end ??= ReplayEnd.until;
      else this.#step = { input: record, quotes: [], outputs: [] };
    }
  }

  #stepOf(record: JournalRecord): Step {
    if (this.#step !== undefined) return this.#step;
    throw new ReplayError(
      ReplayErrorCode.unreadable,
      `record ${record.sequence}: expected an input before the first output, was none; the journal was written by another build`,
    );
  }

  /** The records end here: the last input may have brought more than they say. */
  #finish(end: ReplayEnd, detail: string): void {
    if (this.#end !== undefined) return;
    this.#runStep(true);
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#detail = detail;
  }

  // --------------------------------------------------------------------------------------------------- a step

  /** @param isCut whether the journal is cut off behind it */
  #runStep(isCut: boolean): void {
    const step = this.#step;
    if (step === undefined) return;
    this.#step = undefined;
    const { input, quotes, outputs } = step;
    this.#options.onInput?.(input);
    for (const quote of quotes) this.#options.onInput?.(quote);
    this.#output.begin(outputs, isCut);
    try {
      this.#feed(input, quotes);
      this.#output.end();
    } catch (error) {
      // Beyond what was written nothing is proven, and nothing is wrong.
      if (error instanceof OutputUnknown) return;
      if (!(error instanceof OutputDiffers)) throw error;
      this.#end = ReplayEnd.different;
      this.#difference = this.#differenceOf(input, error);
      return;
    }
    this.#inputs++;
    const last = outputs.at(-1) ?? quotes.at(-1) ?? input;
    this.#provenSequence = last.sequence + 1;
    this.#provenNs = input.timeNs;
    this.#recent.push(input);
    if (this.#recent.length > SHOWN_BEFORE) this.#recent.shift();
    this.#options.onStep?.(this.#core.loop, input);
  }

  #feed(input: JournalRecord, quotes: readonly JournalRecord[]): void {
    let result;
    try {
      result = this.#core.feed(input, quotes);
    } catch (error) {
      const isOurs =
        error instanceof OutputDiffers || error instanceof OutputUnknown || error instanceof ReplayError;
      if (isOurs) throw error;
      this.#output.threw(error);
      return;
    }
    if (result !== undefined) this.#output.result(RecordKind.commandResult, toExactJson(result));
  }

  #onOutput(record: JournalRecord): void {
    if (record.kind === RecordKind.send) {
      this.#sends++;
      this.#sentBytes += record.bytes.length;
    } else if (record.kind === RecordKind.request) this.#requests++;
    this.#options.onOutput?.(record);
  }

  // --------------------------------------------------------------------------------------------- a difference

  #differenceOf(input: JournalRecord, { expected, got, sequence }: OutputDiffers): ReplayDifference {
    const { nowNs } = this.#start.about;
    const before = this.#recent.map((record) => `  ${describeRecord(record, nowNs)}`);
    const around = [...before, `> ${describeRecord(input, nowNs)}`];
    return { inputSequence: input.sequence, sequence, expected, got, around };
  }

  /** A few more inputs, where there are any; `last` is the first of them, or what ended them. */
  #showAfter(last: JournalRecord | undefined, records: Generator<JournalRecord, void>): void {
    const after: string[] = [];
    const show = (record: JournalRecord): void => {
      if (record.kind < FIRST_OUTPUT && record.sequence > this.#difference!.inputSequence) {
        after.push(`  ${describeRecord(record, this.#start.about.nowNs)}`);
      }
    };
    try {
      if (last !== undefined) show(last);
      while (after.length < SHOWN_AFTER) {
        const next = records.next();
        if (next.done === true) break;
        show(next.value);
      }
    } catch (error) {
      // What cannot be read is not shown; the difference is what matters.
      if (!(error instanceof JournalError)) throw error;
    }
    const { around, ...rest } = this.#difference!;
    this.#difference = { ...rest, around: [...around, ...after] };
  }
}
