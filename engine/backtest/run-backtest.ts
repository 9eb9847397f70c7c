/**
 * A backtest from its files to its result. Nothing of it hangs on the machine but `wallSeconds`: the same configuration and
 * the same files give the same result hash.
 */
import { basename } from 'node:path';
import { SystemClock } from '../base/clock.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { Log } from '../host/log.ts';
import type { JournalWriter } from '../journal/journal-writer.ts';
import { INST_TYPES } from '../okx/instrument-rows.ts';
import type { InstrumentRow } from '../paper/exchange/exchange.ts';
import { FeedError } from '../paper/exchange/feed-source.ts';
import { RecordingReader } from '../recording/recording-reader.ts';
import { KillLevel, TRIGGER_RULES } from '../risk/kill-ladder.ts';
import { RunObserver } from '../report/run-observer.ts';
import type { FillRow, RunResult } from '../report/run-result.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';
import { BacktestWorld } from './backtest-world.ts';
import type { LoopWatcher } from './backtest-world.ts';
import { latenciesOf } from './latency-models.ts';
import { modelledCredentials, modelledVenue } from './modelled-venue.ts';
import { RecordedFeed } from './recorded-feed.ts';
import type { RecordedEvents } from './recorded-feed.ts';
import { Timeline } from './timeline.ts';

/** What stands in for a broker code that is not configured: nobody outside sees it. */
const TAG = 'BACKTEST';

/** How far a backtest has come. */
export interface BacktestProgress {
  /** Events of the recording that were played. */
  readonly events: number;
  /** Where the market stands: the venue's wall clock, and how much of it has passed. */
  readonly marketMs: Milliseconds;
  readonly marketSeconds: number;
  readonly wallSeconds: number;
}

export interface MarketOptions {
  readonly config: Config;
  /** Rows of GET /api/v5/public/instruments, for instruments that the recording has no row of. */
  readonly instruments?: readonly InstrumentRow[];
  readonly title?: string;
  /** What else the reader of the result must know. */
  readonly notes?: readonly string[];
  /** Versions and the like: in the result, not in its hash. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A line for each change of state of the engine, with the market's time. */
  readonly log?: (line: string) => void;
  readonly onProgress?: (progress: BacktestProgress) => void;
  /** Who looks on beside the report. */
  readonly watcher?: LoopWatcher;
  /** Told each fill as it would be in `fillRows`, however many there are. */
  readonly onFill?: (row: FillRow) => void;
  /**
   * A journal of the run as a live one keeps it, with trades and funding of the market.
   *
   * @testonly What is made of a journal can be held up against the recording and the models that made it.
   */
  readonly openJournal?: (run: number) => JournalWriter;
}

export interface BacktestOptions extends MarketOptions {
  readonly files: readonly string[];
  /** Only events from here on, and before there; the book that stands at the beginning is known. */
  readonly fromMs?: Milliseconds;
  readonly toMs?: Milliseconds;
  /** Takes what there is of broken files. */
  readonly isPartial?: boolean;
  /** Files may hold several instruments, as the market that parity writes does; false for an error when they do. */
  readonly isMixed?: boolean;
}

/**
 * Plays the files' market against the configured engine.
 *
 * @throws RecordingError, BacktestError, ListingError for data that cannot be played; HostError for what the engine does not
 *   start with; AssertionError when a rule of the engine does not hold
 */
export async function runBacktest(options: BacktestOptions): Promise<RunResult> {
  const { config, files, fromMs, toMs, isPartial, isMixed } = options;
  const reader = await RecordingReader.open(files, {
    instIds: config.instruments.map(({ instId }) => instId),
    isMixed: isMixed ?? true,
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(isPartial === undefined ? {} : { isPartial }),
  });
  try {
    return await runMarket(reader, options, () =>
      reader.cuts.map(({ message }) => `data left out: ${message}`),
    );
  } finally {
    await reader.close();
  }
}

/**
 * As `runBacktest`, from events that somebody else reads.
 *
 * @param notesAtEnd what is only known when everything was read
 * @testonly Tests play lists of events.
 */
export async function runMarket(
  source: RecordedEvents,
  options: MarketOptions,
  notesAtEnd: () => readonly string[] = () => [],
): Promise<RunResult> {
  const { config } = options;
  const wall = new SystemClock();
  const startedNs = wall.nowNs();
  const wallSeconds = (): number => (wall.nowNs() - startedNs) / NS_PER_SECOND;
  const instIds = config.instruments.map(({ instId }) => instId);
  const latencies = await latenciesOf(config.backtest, source.originMs);
  const feed = await RecordedFeed.open(source, instIds, latencies.feed);
  const timeline = new Timeline(feed.originMs, (feed.startMs - feed.originMs) * NS_PER_MS);
  const clock = { nowNs: () => 0, readNs: () => {}, wallMs: () => Math.floor(timeline.nowMs) };
  const { onFill } = options;
  const observer: RunObserver = new RunObserver(
    onFill === undefined
      ? {}
      : { onFill: (row) => onFill({ ...row, timeMs: observer.msOf(row.timeMs * NS_PER_MS) }) },
  );
  const world = new BacktestWorld({
    config,
    tag: config.tag ?? TAG,
    credentials: modelledCredentials(),
    timeline,
    feed,
    venue: modelledVenue(config, feed, timeline, options.instruments ?? []),
    entry: latencies.entry,
    response: latencies.response,
    watcher: options.watcher === undefined ? observer : bothOf(observer, options.watcher),
    log: new Log(clock, (line) => options.log?.(line.trimEnd())),
    ...(options.openJournal === undefined ? {} : { openJournal: options.openJournal }),
    onProgress: () =>
      options.onProgress?.({
        events: feed.events,
        marketMs: timeline.nowMs,
        marketSeconds: (timeline.nowMs - feed.startMs) / 1_000,
        wallSeconds: wallSeconds(),
      }),
  });
  try {
    await world.run();
    if (world.engine === null) {
      throw new BacktestError(
        BacktestErrorCode.noMarket,
        'data: expected a market that lasts longer than the engine takes to start, was over before; take more of it, or less latency',
      );
    }
  } catch (error) {
    throw error instanceof FeedError ? wrongGrid(error, timeline) : error;
  }
  return observer.finish({
    kind: 'backtest',
    title: options.title ?? instIds.join(', '),
    endNs: timeline.since(feed.lastReceivedNs),
    notes: [
      ...notesOf(config, feed, world.engine!.instruments),
      ...endOf(world),
      ...notesAtEnd(),
      ...(options.notes ?? []),
    ],
    events: feed.events,
    wallSeconds: wallSeconds(),
    environment: options.environment ?? {},
  });
}

function wrongGrid(error: FeedError, timeline: Timeline): BacktestError {
  return new BacktestError(
    BacktestErrorCode.wrongGrid,
    `at ${new Date(timeline.nowMs).toISOString()}: ${error.message}: give its row of then with --instruments FILE`,
    { cause: error },
  );
}

function bothOf(first: LoopWatcher, second: LoopWatcher): LoopWatcher {
  return {
    onInput: (connection, bytes, timeNs) => {
      first.onInput(connection, bytes, timeNs);
      second.onInput(connection, bytes, timeNs);
    },
    onSend: (connection, bytes, timeNs) => {
      first.onSend(connection, bytes, timeNs);
      second.onSend(connection, bytes, timeNs);
    },
    onStep: (loop, timeNs) => {
      first.onStep(loop, timeNs);
      second.onStep(loop, timeNs);
    },
  };
}

/** What is paid for what is traded here: negative is a rebate. */
function feesText(
  { makerFeeBps, takerFeeBps, fees }: Config['backtest'],
  instruments: readonly Instrument[],
): string {
  const types = new Set<string>(instruments.map(({ type }) => INST_TYPES[type]));
  const own = fees
    .filter(({ instType }) => types.has(instType))
    .map(({ instType, groupId, makerBps, takerBps }) => {
      const of = groupId === undefined ? instType : `${instType}, group ${groupId}`;
      return `; ${of}: maker ${makerBps} bps, taker ${takerBps} bps`;
    });
  return `maker ${makerFeeBps} bps, taker ${takerFeeBps} bps${own.join('')}`;
}

/** The models, and what the data lacks. */
function notesOf({ backtest }: Config, feed: RecordedFeed, instruments: readonly Instrument[]): string[] {
  const { feedLatencyMs, entryLatencyMs, responseLatencyMs, latencyFile } = backtest;
  const { queueModel, queueExponent } = backtest;
  const ways = `${feedLatencyMs} ms from the venue, ${entryLatencyMs} ms to it, ${responseLatencyMs} ms for its answers`;
  const notes = [
    'Our orders never move the recorded market: nobody answers them, and what we trade with is there again with the next recorded change.',
    `Latency: ${latencyFile === undefined ? ways : `sampled from ${basename(latencyFile)}`}; quotes are computed in no time.`,
    feed.hasReceipts
      ? 'Market data reaches the engine when it was recorded (recvNs).'
      : 'The recording has no receive times: market data reaches the engine at its ts plus the feed latency.',
    `Queues: ${queueModel}${queueModel.startsWith('power') ? ` with exponent ${queueExponent}` : ''}. Fees: ${feesText(backtest, instruments)}.`,
  ];
  for (const { instId } of instruments) {
    const { books, trades, gaps } = feed.counts.get(instId)!;
    if (books === 0) notes.push(`${instId}: the data has no book of it; it was not quoted.`);
    else if (trades === 0)
      notes.push(
        `${instId}: the data has no trades of it; orders fill only where the book goes through them.`,
      );
    if (gaps > 0)
      notes.push(
        `${instId}: ${gaps} gaps in the recording; nothing was quoted from each to the next snapshot.`,
      );
  }
  return notes;
}

/** How the engine stands at the end, where it does not simply quote. */
function endOf({ engine, haltedMs }: BacktestWorld): string[] {
  const { ladder, instruments } = engine!.loop;
  const notes: string[] = [];
  const { accountLevel } = ladder;
  if (accountLevel > KillLevel.quoting) {
    const when = Number.isFinite(haltedMs) ? ` at ${new Date(haltedMs).toISOString()}` : '';
    notes.push(
      `The engine ended ${levelText(accountLevel)}${when}: ${TRIGGER_RULES[ladder.accountReason]!.text}.`,
    );
  }
  for (const { index, instId } of instruments) {
    const level = ladder.level(index);
    if (level > accountLevel)
      notes.push(`${instId} ended ${levelText(level)}: ${TRIGGER_RULES[ladder.reason(index)]!.text}.`);
  }
  return notes;
}

function levelText(level: KillLevel): string {
  return ['quoting', 'quoting wider', 'reducing only', 'paused', 'halted'][level]!;
}
