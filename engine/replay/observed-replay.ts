/** Lets an observer watch the core of a replay, as it would watch one that trades. */
import type { Nanoseconds } from '../base/units.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import type { Connection, RecoveredAccount } from '../loop/loop-options.ts';
import { NO_FRAME } from '../report/run-observer.ts';
import type { RunObserver } from '../report/run-observer.ts';
import { fromExactJson } from './exact-json.ts';
import type { ReplayWatcher } from './replay.ts';

const EMPTY = new Uint8Array(0);

/** All four of a watcher, so that a caller may look on beside it. */
export function observedReplay(observer: RunObserver): Required<ReplayWatcher> {
  let loop: Loop | undefined;
  let startNs: Nanoseconds = 0;
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
