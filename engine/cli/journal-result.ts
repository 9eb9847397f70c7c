/** The result of a journaled run: it is replayed, and watched while that goes on. */
import { SystemClock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds } from '../base/units.ts';
import { fromExactJson } from '../replay/exact-json.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import type { Connection, RecoveredAccount } from '../loop/loop-options.ts';
import { ReplayEnd, replayRun } from '../replay/replay.ts';
import type { ReplayResult, ReplayWatcher } from '../replay/replay.ts';
import { NO_FRAME, RunObserver } from '../report/run-observer.ts';
import type { FillRow, RunKind, RunResult } from '../report/run-result.ts';

/** The first of the venue's name ("live/global") that is a kind of run. */
const KINDS: readonly RunKind[] = ['live', 'demo', 'paper'];
const EMPTY = new Uint8Array(0);

export interface JournalResult {
  readonly result: RunResult;
  readonly replay: ReplayResult;
  /** All of them; the result holds a bounded number. */
  readonly fills: readonly FillRow[];
}

/** @throws JournalError, ReplayError when the run is not there or cannot be replayed from its start */
export function journalResult(reader: JournalReader, run: number, untilMs?: Milliseconds): JournalResult {
  const clock = new SystemClock();
  const beganNs = clock.nowNs();
  const rows: FillRow[] = [];
  const observer = new RunObserver({ onFill: (row) => rows.push(row) });
  const replay = replayRun(reader, run, {
    ...watcherOf(observer),
    ...(untilMs === undefined ? {} : { untilMs }),
  });
  const { about } = replay.start;
  const kind = KINDS.find((each) => about.venue.startsWith(each)) ?? 'journal';
  const result = observer.finish({
    kind,
    title: `Run ${run}, ${about.venue}`,
    endNs: replay.provenNs,
    notes: notesOf(replay),
    wallSeconds: (clock.nowNs() - beganNs) / NS_PER_SECOND,
    environment: { version: about.build.version, node: about.build.node },
  });
  const fills = rows.map((row) => ({ ...row, timeMs: observer.msOf(row.timeMs * NS_PER_MS) }));
  return { result, replay, fills };
}

function watcherOf(observer: RunObserver): ReplayWatcher {
  let loop: Loop | undefined;
  let startNs = 0;
  return {
    onStart: (started, { about }) => {
      loop = started;
      startNs = about.nowNs;
    },
    onInput: (record) => {
      // What the run before had written down comes first: watching begins behind it.
      if (record.kind === RecordKind.restored) return;
      if (loop !== undefined) observer.begin(loop, startNs);
      if (record.kind === RecordKind.frame)
        observer.onInput(record.sub as Connection, record.bytes, record.timeNs);
      else if (record.kind !== RecordKind.quoteTaken) observer.onInput(NO_FRAME, EMPTY, record.timeNs);
      const hasFacts = record.kind === RecordKind.recovered || record.kind === RecordKind.audited;
      if (hasFacts) observer.onFacts((fromExactJson(recordText(record)) as RecoveredAccount).trades);
    },
    onOutput: (record) => {
      // What a connection did not take never left.
      if (record.kind === RecordKind.send && record.instrument === 1)
        observer.onSend(record.sub as Connection, record.bytes, record.timeNs);
    },
    onStep: (_, record) => {
      if (loop !== undefined && record.kind !== RecordKind.restored) observer.onStep(loop, record.timeNs);
    },
  };
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
