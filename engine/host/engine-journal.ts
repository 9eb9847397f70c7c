/**
 * The journal of one running engine: opened with its run's number, shown in its metrics, closed after its last input.
 *
 * Owner:      the engine thread.
 * Invariants: an engine that is started by a person has its journal or does not start; one that takes another's place while
 *             it trades goes on without.
 */
import type { Instrument } from '../base/instrument.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { Journal } from '../journal/journal.ts';
import type { JournalCounts } from '../journal/journal.ts';
import { JournalError } from '../journal/journal-error.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import type { MetricId } from '../metrics/catalog.ts';
import { MetricsWriter } from '../metrics/cells.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import { Channel } from '../okx/shapes.ts';
import type { ChannelArg } from '../okx/shapes.ts';

export interface EngineJournalOptions {
  readonly config: Config['journal'];
  /** Absolute, or of the process's working directory. */
  readonly directory: string;
  readonly processOriginMs: Milliseconds;
  /** Whether an engine whose journal does not open may not start. */
  readonly isNeeded: boolean;
  readonly log: (line: string) => void;
}

const METRICS: readonly (readonly [MetricId, (counts: JournalCounts) => number])[] = [
  ['journalRecords', ({ records }) => records],
  ['journalBytes', ({ bytes }) => bytes],
  ['journalLost', ({ lost }) => lost],
  ['journalRefused', ({ refused }) => refused],
  ['journalErrors', ({ errors }) => errors],
  ['journalStored', ({ stored }) => stored],
  ['journalSegments', ({ segments }) => segments],
  ['journalDeleted', ({ deleted }) => deleted],
  ['journalFailing', ({ isFailing }) => (isFailing ? 1 : 0)],
];

export class EngineJournal {
  readonly #options: EngineJournalOptions;
  #journal: Journal | undefined;
  #writer: MetricsWriter | undefined;
  /** Once a run: a disk that is too slow is so again and again. */
  #isLossTold = false;
  #cells: readonly (readonly [cell: number, read: (counts: JournalCounts) => number])[] = [];

  constructor(options: EngineJournalOptions) {
    this.#options = options;
  }

  /**
   * Undefined when the journal is off, or did not open and is not needed.
   *
   * @throws JournalError when it did not open and is
   */
  async open(run: number): Promise<JournalWriter | undefined> {
    const { config, directory, processOriginMs, isNeeded, log } = this.#options;
    if (!config.isOn) return undefined;
    try {
      this.#journal = await Journal.open({ ...config, directory, run, processOriginMs, onTrouble: log });
    } catch (error) {
      if (isNeeded || !(error instanceof JournalError)) throw error;
      log(`${error.message}; trading goes on without it`);
      return undefined;
    }
    return this.#journal.writer;
  }

  channelsOf(instruments: readonly Instrument[]): ChannelArg[] {
    return this.#options.config.isOn ? journaledChannels(instruments) : [];
  }

  /** The metrics that show it. */
  show(memory: MetricsMemory): void {
    const writer = new MetricsWriter(memory);
    this.#writer = writer;
    this.#cells = METRICS.map(([id, read]) => [writer.cell(id), read]);
  }

  post(): void {
    if (this.#journal === undefined || this.#writer === undefined) return;
    const { counts } = this.#journal;
    for (const [cell, read] of this.#cells) this.#writer.set(cell, read(counts));
    if (counts.lost === 0 || this.#isLossTold) return;
    this.#isLossTold = true;
    this.#options.log(
      'journal: records are lost: its ring is full, because the disk hangs or falls behind (journal.ringMegabytes); trading goes on',
    );
  }

  /** Nothing is handed to the engine any more. */
  async close(nowNs: Nanoseconds): Promise<void> {
    const journal = this.#journal;
    if (journal === undefined) return;
    await journal.close(nowNs);
    const { lost, refused } = journal.counts;
    if (lost + refused > 0)
      this.#options.log(`journal: at least ${lost + refused} records of this run are not in it`);
  }
}

/** What the engine has no use for and a journal has: a market without its funding cannot be played again. */
export function journaledChannels(instruments: readonly Instrument[]): ChannelArg[] {
  return instruments
    .filter(({ isFunded }) => isFunded)
    .map(({ instId }) => ({ channel: Channel.fundingRate, instId }));
}
