import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { recordText } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import { Connection } from '../loop/loop-options.ts';
import { textOf } from '../okx/message-fields.ts';
import { OrderRequests } from './journal-orders.ts';
import type { OrderRequest } from './journal-orders.ts';
import type { JournalRun } from './journal-run.ts';
import { roundEpochMs, roundMs } from './journal-rows.ts';
import type { ExportRow, RowMaker } from './journal-rows.ts';

const US_PER_MS = 1_000;
/** Where a push's channel and its venue time are: found without parsing books of hundreds of levels. */
const CHANNEL = /"channel":"([^"]+)"/;
const TIME = /"ts":"(\d{13})"/;

/**
 * Latencies as they were, for the models of a backtest: one row an order operation that was answered, and rows of the
 * public feed, at most one in `feedMs`.
 *
 * An operation's entry (sending to the venue's inTime), gateway (to outTime) and response (to our receipt) add up to its
 * round trip, which this machine's clock measured; how that is split hangs on the offset between the clocks, as the
 * engine had measured it then: one part may even be below zero.
 */
export class LatencyRows implements RowMaker {
  readonly columns = [
    'kind',
    'op',
    'timeMs',
    'sentNs',
    'inTimeUs',
    'outTimeUs',
    'ackNs',
    'roundTripMs',
    'entryMs',
    'gatewayMs',
    'responseMs',
    'feedMs',
  ];
  readonly #run: JournalRun;
  readonly #feedMs: Milliseconds;
  readonly #requests = new OrderRequests();
  #lastFeedMs = -Infinity;

  constructor(run: JournalRun, feedMs: Milliseconds) {
    this.#run = run;
    this.#feedMs = feedMs;
  }

  onRecord(record: JournalRecord): readonly ExportRow[] {
    if (record.kind === RecordKind.frame && record.sub === Connection.public) return this.#feedRow(record);
    return this.#requests.onRecord(record).flatMap((request) => this.#orderRow(request));
  }

  end(): readonly ExportRow[] {
    return this.#requests.end().flatMap((request) => this.#orderRow(request));
  }

  #feedRow(record: JournalRecord): ExportRow[] {
    const timeMs = this.#run.wallMs(record.timeNs);
    if (timeMs - this.#lastFeedMs < this.#feedMs) return [];
    const text = recordText(record);
    const channel = CHANNEL.exec(text);
    const time = TIME.exec(text);
    if (channel === null || time === null) return [];
    this.#lastFeedMs = timeMs;
    return [
      {
        ...EMPTY,
        kind: 'feed',
        op: channel[1]!,
        timeMs: roundEpochMs(timeMs),
        feedMs: roundEpochMs(this.#run.venueMs(record.timeNs) - Number(time[1])),
      },
    ];
  }

  #orderRow({ record, op, ackNs, answer }: OrderRequest): ExportRow[] {
    if (answer === undefined) return [];
    const inTimeUs = Number(textOf(answer, 'inTime') || NaN);
    const outTimeUs = Number(textOf(answer, 'outTime') || NaN);
    const isTimed = inTimeUs <= outTimeUs;
    const sentMs = this.#run.venueMs(record.timeNs);
    const entryMs = roundEpochMs(inTimeUs / US_PER_MS - sentMs);
    const gatewayMs = roundMs((outTimeUs - inTimeUs) / US_PER_MS);
    const roundTripMs = roundMs((ackNs - record.timeNs) / NS_PER_MS);
    return [
      {
        ...EMPTY,
        kind: 'order',
        op,
        timeMs: roundEpochMs(this.#run.wallMs(record.timeNs)),
        sentNs: record.timeNs,
        inTimeUs: isTimed ? inTimeUs : null,
        outTimeUs: isTimed ? outTimeUs : null,
        ackNs,
        roundTripMs,
        entryMs: isTimed ? entryMs : null,
        gatewayMs: isTimed ? gatewayMs : null,
        responseMs: isTimed ? roundMs(roundTripMs - entryMs - gatewayMs) : null,
      },
    ];
  }
}

const EMPTY = {
  sentNs: null,
  inTimeUs: null,
  outTimeUs: null,
  ackNs: null,
  roundTripMs: null,
  entryMs: null,
  gatewayMs: null,
  responseMs: null,
  feedMs: null,
};
