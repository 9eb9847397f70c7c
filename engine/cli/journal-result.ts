/** The result of a journaled run: it is replayed, and watched while that goes on. */
import { SystemClock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds } from '../base/units.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { commissionOf } from './journal-commission.ts';
import { observedReplay } from '../replay/observed-replay.ts';
import { ReplayEnd, replayRun } from '../replay/replay.ts';
import type { ReplayResult } from '../replay/replay.ts';
import { RunObserver } from '../report/run-observer.ts';
import type { FillRow, RunKind, RunResult } from '../report/run-result.ts';

/** The first of the venue's name ("live/global") that is a kind of run. */
const KINDS: readonly RunKind[] = ['live', 'demo', 'paper'];

export interface JournalResult {
  readonly result: RunResult;
  readonly replay: ReplayResult;
  /** All of them; the result holds a bounded number. */
  readonly fills: readonly FillRow[];
}

export interface JournalResultOptions {
  /** Inputs later than this, by the wall clock of the run's machine, are left out. */
  readonly untilMs?: Milliseconds;
  /** What the venue's name says where it is not given. */
  readonly kind?: RunKind;
  readonly title?: string;
  /** What the journal does not say of itself. */
  readonly notes?: readonly string[];
}

/** @throws JournalError, ReplayError when the run is not there or cannot be replayed from its start */
export function journalResult(
  reader: JournalReader,
  run: number,
  options: JournalResultOptions = {},
): JournalResult {
  const { untilMs } = options;
  const clock = new SystemClock();
  const beganNs = clock.nowNs();
  const rows: FillRow[] = [];
  const observer = new RunObserver({ onFill: (row) => rows.push(row) });
  const replay = replayRun(reader, run, {
    ...observedReplay(observer),
    ...(untilMs === undefined ? {} : { untilMs }),
  });
  const { about } = replay.start;
  const kind = options.kind ?? KINDS.find((each) => about.venue.startsWith(each)) ?? 'journal';
  const commission = commissionOf(rows, replay.start.instruments, about.config);
  const result = observer.finish({
    kind,
    title: options.title ?? `Run ${run}, ${about.venue}`,
    endNs: replay.provenNs,
    notes: [...(options.notes ?? []), ...notesOf(replay)],
    ...(commission.length === 0 ? {} : { commission }),
    wallSeconds: (clock.nowNs() - beganNs) / NS_PER_SECOND,
    environment: { version: about.build.version, node: about.build.node },
  });
  const fills = rows.map((row) => ({ ...row, timeMs: observer.msOf(row.timeMs * NS_PER_MS) }));
  return { result, replay, fills };
}

function notesOf({ end, detail, difference }: ReplayResult): string[] {
  const lines = [
    'From the engine’s journal, replayed: every figure follows from what the engine received and sent.',
  ];
  if (end === ReplayEnd.different) {
    lines.push(
      `The replay differs from what the engine did (${difference?.got ?? ''}); the figures are of the time before. okx-mm replay shows more.`,
    );
  } else if (end !== ReplayEnd.complete && detail !== '') lines.push(`Not all of the run: ${detail}.`);
  return lines;
}
