import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { runMarket } from '../../engine/backtest/run-backtest.ts';
import { Timeline } from '../../engine/backtest/timeline.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { JournalReader } from '../../engine/journal/journal-reader.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';
import { ReplayEnd, replayRun } from '../../engine/replay/replay.ts';
import type { RunResult } from '../../engine/report/run-result.ts';
import {
  BEGIN_NS,
  EventList,
  NotingWatcher,
  ORIGIN_MS,
  SWAP,
  configOf,
  eventAt,
  priceText,
  wanderingMarket,
  withoutReceipts,
} from './market.ts';

/** `books` is told so often. */
const CHANNEL_NS = 100 * NS_PER_MS;
/** The engine's time of a time since the origin. */
const timeOf = (sinceOriginNs: number): number => new Timeline(ORIGIN_MS, 0).since(sinceOriginNs);

async function play(
  events: readonly RecordingEvent[],
  config: Config = configOf(),
): Promise<{ result: RunResult; seen: NotingWatcher }> {
  const seen = new NotingWatcher();
  const result = await runMarket(new EventList(events), { config, watcher: seen });
  return { result, seen };
}

describe('a recorded market', () => {
  it('is quoted, fills, and comes to the result of the contract', async () => {
    const events = wanderingMarket(1, 40);
    const { result } = await play(events);
    expect(result.kind).toBe('backtest');
    expect(result.events).toBe(events.length);
    expect(result.fills).toBeGreaterThan(5);
    expect(result.orders.place).toBeGreaterThan(10);
    expect(result.timeQuoted).toBeGreaterThan(0.5);
    const { profit } = result;
    expect(profit.spread + profit.inventory + profit.fees + profit.funding).toBe(profit.total);
    expect(result.control.difference).toBe(0);
    expect(result.seconds).toBeCloseTo(40, 0);
  });

  it('pays what the tier pays for its kind of instruments, a rebate too', async () => {
    const events = wanderingMarket(1, 40);
    const row = { instType: 'SWAP' as const, makerBps: -1, takerBps: 3 };
    const { result } = await play(events, configOf({ backtest: { fees: [row] } }));
    expect(result.makerShare).toBe(1);
    expect(result.fees).toBeCloseTo(result.volume * 1e-4, 6);
    expect(result.notes.join(' ')).toContain('SWAP: maker -1 bps, taker 3 bps');
    const other = await play(events, configOf({ backtest: { fees: [{ ...row, instType: 'SPOT' }] } }));
    expect(other.result.fees).toBeLessThan(0);
  });

  it('gives the same result twice, and another with another latency', async () => {
    const events = wanderingMarket(2, 10);
    const first = await play(events);
    const again = await play(events);
    const slower = await play(events, configOf({ backtest: { entryLatencyMs: 40 } }));
    expect(again.result.resultHash).toBe(first.result.resultHash);
    expect(again.seen.all).toEqual(first.seen.all);
    expect(slower.result.resultHash).not.toBe(first.result.resultHash);
  });

  it('does not hang on how the events are read', async () => {
    const events = wanderingMarket(3, 5);
    const whole = new EventList(events);
    Object.defineProperty(whole, 'needsFill', { value: false });
    const first = await runMarket(whole, { config: configOf() });
    expect(first.resultHash).toBe((await play(events)).result.resultHash);
  });
});

describe('times', () => {
  it('are those of receipt, exactly, where the recording has them', async () => {
    const events = wanderingMarket(4, 5);
    const { seen } = await play(events);
    const eventsAt = new Set(events.map(({ recvNs }) => timeOf(recvNs)));
    const [snapshot, ...updates] = seen.books;
    expect(snapshot!.text).toContain('"snapshot"');
    expect(updates.length).toBeGreaterThan(60);
    // What an order of ours has changed is told at the channel's own pace.
    const others = updates.filter(({ timeNs }) => !eventsAt.has(timeNs));
    expect(others.filter(({ timeNs }) => (timeNs - timeOf(NS_PER_MS)) % CHANNEL_NS !== 0)).toEqual([]);
  });

  it('are ts and the feed latency where it has none', async () => {
    const events = withoutReceipts(wanderingMarket(4, 5));
    const { seen, result } = await play(events, configOf({ backtest: { feedLatencyMs: 7.25 } }));
    const eventsAt = new Set(events.map(({ timeNs }) => timeOf(timeNs + 7.25 * NS_PER_MS)));
    const updates = seen.books.slice(1);
    expect(updates.length).toBeGreaterThan(60);
    const others = updates.filter(({ timeNs }) => !eventsAt.has(timeNs));
    expect(others.filter(({ timeNs }) => (timeNs - timeOf(7.25 * NS_PER_MS)) % CHANNEL_NS !== 0)).toEqual([]);
    expect(result.notes.join()).toContain('no receive times');
  });

  it('of orders are those of the modelled ways', async () => {
    const { seen } = await play(
      wanderingMarket(5, 5),
      configOf({ backtest: { entryLatencyMs: 3.5, responseLatencyMs: 11 } }),
    );
    const sends = new Map(seen.sends.map((each) => [JSON.parse(each.text).id as string, each.timeNs]));
    const acks = seen.frames.filter(({ text }) => text.includes('"inTime"'));
    expect(acks.length).toBeGreaterThan(10);
    for (const { text, timeNs } of acks) {
      const { id, inTime } = JSON.parse(text) as { id: string; inTime: string };
      const sentNs = sends.get(id)!;
      expect(timeNs - sentNs).toBe(14.5 * NS_PER_MS);
      // The venue's clock is the recorder's, in whole microseconds.
      const reachedNs = timeOf((Number(inTime) / 1_000 - ORIGIN_MS) * NS_PER_MS);
      expect(Math.abs(reachedNs - sentNs - 3.5 * NS_PER_MS)).toBeLessThan(1_500);
    }
  });

  it('never fall, whatever the latencies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          feedLatencyMs: fc.double({ min: 0, max: 80, noNaN: true }),
          entryLatencyMs: fc.double({ min: 0, max: 80, noNaN: true }),
          responseLatencyMs: fc.double({ min: 0, max: 80, noNaN: true }),
        }),
        fc.boolean(),
        async (backtest, hasReceipts) => {
          const events = wanderingMarket(6, 2);
          const { seen } = await play(hasReceipts ? events : withoutReceipts(events), configOf({ backtest }));
          const times = seen.all.map(({ timeNs }) => timeNs);
          expect(times).toEqual(times.toSorted((left, right) => left - right));
          expect(times.every(Number.isInteger)).toBe(true);
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('looking ahead', () => {
  it('is impossible: what is received later changes nothing before', async () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom(...HOWS), fc.nat(90));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1_000 }),
        fc.nat(),
        fc.constantFrom(...HOWS),
        fc.nat(90),
        fc.array(change, { maxLength: 6 }),
        fc.boolean(),
        async (seed, nth, how, by, changes, hasReceipts) => {
          const recorded = wanderingMarket(seed, 1.5);
          const events = hasReceipts ? recorded : withoutReceipts(recorded);
          const latencyNs = hasReceipts ? 0 : NS_PER_MS;
          const from = 8 + (nth % (events.length - 10));
          // Up to the very moment at which the first changed event is received.
          const untilNs = timeOf(events[from]!.timeNs + latencyNs);
          // Whatever is dropped, both go on as long.
          const end = endOf(events);
          const changed = perturbed(events, from, [...changes, [0, how, by]]);
          const before = await inputsBefore([...events, end], untilNs);
          expect(before.length).toBeGreaterThan(0);
          expect(await inputsBefore([...changed, end], untilNs)).toEqual(before);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('would be noticed: what is received earlier does change what comes after', async () => {
    const events = wanderingMarket(8, 4);
    const middle = Math.floor(events.length / 2);
    const changed = perturbed(events, middle, [[0, 'drop', 0]]);
    const end = timeOf(BEGIN_NS + 4e9);
    expect(await inputsBefore(changed, end)).not.toEqual(await inputsBefore(events, end));
  });
});

const HOWS = ['drop', 'size', 'price', 'late', 'trade', 'mark', 'funding', 'gap'] as const;
type Change = readonly [at: number, how: (typeof HOWS)[number], by: number];

/** The events, those from `from` on changed. */
function perturbed(
  events: readonly RecordingEvent[],
  from: number,
  changes: readonly Change[],
): RecordingEvent[] {
  const changed = [...events];
  for (const [nth, how, by] of changes) {
    if (changed.length <= from) break;
    const at = from + (nth % (changed.length - from));
    const event = changed[at]!;
    if (how === 'drop') changed.splice(at, 1);
    else if (how === 'gap') changed.splice(at, 0, { ...event, kind: 'gap', asks: [], bids: [] });
    else if (how === 'mark' || how === 'funding') {
      const px = how === 'mark' ? priceText(600_000 + 50 * by) : '0.001';
      const fundingTimeMs = event.tsMs + by;
      changed.splice(at, 0, { ...event, kind: how, asks: [], bids: [], px, fundingTimeMs });
    } else if (how === 'trade') {
      const px = priceText(600_000 - 40 + by);
      changed.splice(at, 0, { ...event, kind: 'trade', asks: [], bids: [], px, sz: '50', side: 'sell' });
    } else changed[at] = changedEvent(event, how, by);
  }
  return changed;
}

function changedEvent(event: RecordingEvent, how: 'size' | 'price' | 'late', by: number): RecordingEvent {
  const rows = (levels: RecordingEvent['asks']): RecordingEvent['asks'] =>
    levels.map(([px, sz]) =>
      how === 'size' ? [px!, (by / 10).toFixed(1)] : [(Number(px) + by / 10).toFixed(1), sz!],
    );
  if (how !== 'late') return { ...event, asks: rows(event.asks), bids: rows(event.bids) };
  const recvNs = event.recvNs < 0 ? -1 : event.recvNs + by * NS_PER_MS;
  return { ...event, recvNs, timeNs: event.timeNs + by * NS_PER_MS };
}

/** A trade far from the market, after everything. */
function endOf(events: readonly RecordingEvent[]): RecordingEvent {
  const last = events.at(-1)!;
  return changedEvent({ ...last, kind: 'trade', asks: [], bids: [], px: '1', sz: '1' }, 'late', 200);
}

async function inputsBefore(events: readonly RecordingEvent[], timeNs: number): Promise<string[]> {
  const { seen } = await play(events);
  return seen.all
    .filter((each) => each.timeNs < timeNs)
    .map(({ kind, connection, timeNs: atNs, text }) => `${kind} ${connection} ${atNs} ${text}`);
}

describe('data that is not as it should be', () => {
  it('without any event, or of other instruments, is refused with what there is', async () => {
    await expect(play([])).rejects.toThrow(/expected the book of BTC-USDT-SWAP, was without any event/);
    const others = wanderingMarket(1, 1, 'ETH-USDT-SWAP');
    await expect(play(others)).rejects.toThrow(/was of ETH-USDT-SWAP; name other files/);
  });

  it('with prices off the grid is refused', async () => {
    const events = wanderingMarket(1, 2);
    events.push(eventAt(BEGIN_NS + 2e9, 'update', { asks: [['60000.05', '1']] }));
    await expect(play(events)).rejects.toThrow(
      /^at 2024-08-08T10:00:01\.999Z: .*on the grid of 0\.1, was "60000\.05".*--instruments/,
    );
  });

  it('of an instrument that nobody knows is refused, and taken with its row', async () => {
    const instId = 'XYZ-USDT-SWAP';
    const events = wanderingMarket(1, 2, instId);
    const config = configOf({ instIds: [instId] });
    await expect(play(events, config)).rejects.toThrow(/XYZ-USDT-SWAP: expected its row in the recording/);
    const row = rowOf(instId);
    const listed = [eventAt(BEGIN_NS - 1, 'instrument', { instId, row }), ...events];
    expect((await play(listed, config)).result.orders.place).toBeGreaterThan(0);
    const result = await runMarket(new EventList(events), { config, instruments: [row] });
    expect(result.orders.place).toBeGreaterThan(0);
  });

  it('in which a grid changes is refused where it does', async () => {
    const events = wanderingMarket(1, 2);
    const row = { ...rowOf(SWAP), tickSz: '0.5' };
    events.push(eventAt(BEGIN_NS + 2e9, 'instrument', { row, file: 'day2', line: 7 }));
    await expect(play(events)).rejects.toThrow(
      /day2:7: expected BTC-USDT-SWAP with the tickSz "0\.1".*was "0\.5"/,
    );
  });

  it('with a gap has nothing quoted in it', async () => {
    const events = wanderingMarket(9, 9);
    const gapNs = BEGIN_NS + 3e9;
    const backNs = BEGIN_NS + 6e9;
    const kept = events.filter(({ timeNs }) => timeNs < gapNs || timeNs > backNs);
    const back = events.find(({ kind }) => kind === 'snapshot')!;
    kept.push(eventAt(gapNs, 'gap'), eventAt(backNs, 'snapshot', { asks: back.asks, bids: back.bids }));
    const { seen, result } = await play(kept.toSorted((left, right) => left.timeNs - right.timeNs));
    const placedWithin = seen.sends.filter(
      ({ timeNs, text }) =>
        timeNs > timeOf(gapNs) && timeNs < timeOf(backNs) && /"op":"(batch-)?(amend-)?orders?"/.test(text),
    );
    expect(placedWithin).toEqual([]);
    const cancels = seen.sends.filter(
      ({ timeNs, text }) => timeNs >= timeOf(gapNs) && text.includes('cancel'),
    );
    expect(cancels[0]!.timeNs).toBe(timeOf(gapNs));
    expect(seen.sends.some(({ timeNs }) => timeNs > timeOf(backNs))).toBe(true);
    expect(result.notes.join()).toContain('1 gaps in the recording');
  });

  it('that begins later for an instrument leaves it alone until then', async () => {
    const instId = 'ETH-USDT-SWAP';
    const lateNs = BEGIN_NS + 5e9;
    const late = wanderingMarket(11, 4, instId).map((event) => ({
      ...event,
      recvNs: event.recvNs + 5e9,
      timeNs: event.timeNs + 5e9,
    }));
    const events = [...wanderingMarket(10, 9), ...late].toSorted((left, right) => left.timeNs - right.timeNs);
    const { seen, result } = await play(
      events,
      configOf({ instIds: [SWAP, instId], account: { notionalMax: 1e9 } }),
    );
    const figures = result.instruments[instId]!;
    expect(figures.orders.place).toBeGreaterThan(0);
    expect(figures.timeQuoted).toBeLessThan(0.5);
    expect(result.instruments[SWAP]!.orders.place).toBeGreaterThan(0);
    const code = String(rowOf(instId)['instIdCode']);
    const first = seen.sends.find(({ text }) => text.includes(`"instIdCode":${code}`));
    expect(first!.timeNs).toBeGreaterThanOrEqual(timeOf(lateNs));
  });

  it('without one of the instruments says so', async () => {
    const config = configOf({ instIds: [SWAP, 'ETH-USDT-SWAP'] });
    const { result } = await play(wanderingMarket(12, 3), config);
    expect(result.notes.join()).toContain('ETH-USDT-SWAP: the data has no book of it');
    expect(result.instruments['ETH-USDT-SWAP']!.orders.place).toBe(0);
  });
});

describe('the engine', () => {
  it('that halts is said to have halted, and when', async () => {
    const { result, seen } = await play(wanderingMarket(13, 30), configOf({ account: { lossMax: 0.05 } }));
    const note = result.notes.find((each) => each.startsWith('The engine ended halted'))!;
    expect(note).toMatch(/halted at 2024-08-08T10:00:\d\d\.\d{3}Z: the loss since the baseline/);
    const haltedMs = Date.parse(/at (\S+Z)/.exec(note)![1]!);
    const places = seen.sends.filter(({ text }) => /"op":"(batch-)?orders?"/.test(text));
    expect(places.at(-1)!.timeNs).toBeLessThanOrEqual(timeOf((haltedMs + 1 - ORIGIN_MS) * NS_PER_MS));
  });

  it('trades a contract that settles in its coin, and knows what that is worth', async () => {
    const instId = 'BTC-USD-SWAP';
    const config = configOf({ instIds: [instId], backtest: { balances: { BTC: '2' } } });
    const { result } = await play(wanderingMarket(15, 20, instId), config);
    expect(result.fills).toBeGreaterThan(0);
    expect(result.timeQuoted).toBeGreaterThan(0.5);
    expect(result.notes.filter((note) => note.includes('ended'))).toEqual([]);
  });

  it('that does not start with its configuration says why', async () => {
    const config = configOf();
    config.instruments[0]!.strategy.size = '0.001';
    await expect(play(wanderingMarket(1, 1), config)).rejects.toThrow(/strategy\.size: expected/);
  });

  it('is the core that runs live: its journal is replayed byte for byte', async () => {
    const { reader, run } = await journaled(16, configOf());
    const replayed = replayRun(reader, run);
    expect(replayed.end).toBe(ReplayEnd.complete);
    expect(replayed.sends).toBeGreaterThan(20);
  });

  it('arms the switch, audits and recovers as live', async () => {
    const { reader, run, lines } = await journaled(14, configOf({ engine: { auditMs: 5_000 } }));
    const kinds = [...reader.records(run)].map(({ kind }) => kind);
    const countOf = (wanted: RecordKind): number => kinds.filter((kind) => kind === wanted).length;
    expect(countOf(RecordKind.recovered)).toBe(1);
    // In 15 s: every 2 s, and every 5 s.
    expect(countOf(RecordKind.switchArmed)).toBeGreaterThanOrEqual(7);
    expect(countOf(RecordKind.audited)).toBeGreaterThanOrEqual(2);
    expect(lines.some((line) => /^2024-08-08T10:00:00\.\d+Z recovered/.test(line))).toBe(true);
    expect(lines.filter((line) => /differ|lost|halted|paused/.test(line))).toEqual([]);
  });
});

/** Fifteen seconds of a market, with the journal and the log of the engine. */
async function journaled(
  seed: number,
  config: Config,
): Promise<{ reader: JournalReader; run: number; lines: string[] }> {
  const kept: { run: number; journal: MemoryJournal }[] = [];
  const lines: string[] = [];
  await runMarket(new EventList(wanderingMarket(seed, 15)), {
    config,
    log: (line) => lines.push(line),
    openJournal: (run) => {
      const journal = new MemoryJournal({ run });
      kept.push({ run, journal });
      return journal.writer;
    },
  });
  const { run, journal } = kept[0]!;
  journal.close(0);
  return { reader: journal.reader(), run, lines };
}

/** A row that the venue knows; one that it does not know is that of the swap with another name. */
function rowOf(instId: string): Record<string, unknown> {
  const known = recordedInstruments();
  const row = known.find((each) => each['instId'] === instId);
  if (row !== undefined) return row;
  const coin = instId.split('-')[0]!;
  const names = {
    instId,
    instIdCode: 99_001,
    instFamily: `${coin}-USDT`,
    uly: `${coin}-USDT`,
    ctValCcy: coin,
  };
  return { ...known.find((each) => each['instId'] === SWAP)!, ...names };
}
