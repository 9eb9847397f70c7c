import type { Nanoseconds } from '../../engine/base/units.ts';
import type { JournalWriter } from '../../engine/journal/journal-writer.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { replayRun } from '../../engine/replay/replay.ts';
import type { ReplayResult } from '../../engine/replay/replay.ts';

/** What the replays of a world's processes came to. */
export interface ReplayCounts {
  /** Processes that had got as far as an engine. */
  readonly processes: number;
  readonly inputs: number;
  readonly sends: number;
  readonly requests: number;
}

interface ProcessJournal {
  readonly run: number;
  readonly journal: MemoryJournal;
  isClosed: boolean;
}

/** The journals of one world's processes, in memory, and the proof that each follows from its inputs. */
export class Journals {
  readonly #open: ProcessJournal[] = [];
  #counts: ReplayCounts = { processes: 0, inputs: 0, sends: 0, requests: 0 };
  #difference = '';

  get counts(): ReplayCounts {
    return this.#counts;
  }

  /** Of the process that came up last, if it was not forgotten yet. */
  get newest(): ProcessJournal | undefined {
    return this.#open.at(-1);
  }

  /** The journal of a process that has come up to its run's number. */
  begin(run: number): JournalWriter {
    const journal = new MemoryJournal({ run });
    this.#open.push({ run, journal, isClosed: false });
    return journal.writer;
  }

  /** The newest process has stopped in good order. */
  close(nowNs: Nanoseconds): void {
    const { newest } = this;
    if (newest === undefined || newest.isClosed) return;
    newest.isClosed = true;
    newest.journal.close(nowNs);
  }

  /**
   * Replays what was written by processes that are over, and forgets it.
   *
   * @returns the first that does not follow from its inputs, with where and what; '' when all do
   */
  check(): string {
    for (const { run, journal, isClosed } of this.#open.splice(0)) {
      if (this.#difference === '') this.#difference = this.#checkOne(run, journal, isClosed);
    }
    return this.#difference;
  }

  #checkOne(run: number, journal: MemoryJournal, isClosed: boolean): string {
    const result = replayRun(journal.reader(), run);
    const { processes, inputs, sends, requests } = this.#counts;
    this.#counts = {
      processes: processes + 1,
      inputs: inputs + result.inputs,
      sends: sends + result.sends,
      requests: requests + result.requests,
    };
    // What was killed wrote no end; all it wrote is here.
    return result.end === (isClosed ? 'complete' : 'open') ? '' : textOf(result);
  }
}

function textOf({ run, end, detail, difference, provenSequence }: ReplayResult): string {
  if (difference === undefined) return `run ${run}: ${end} after ${provenSequence} records: ${detail}`;
  const { inputSequence, expected, got, around } = difference;
  return `run ${run}: input ${inputSequence}: expected ${expected}, got ${got}\n${around.join('\n')}`;
}
