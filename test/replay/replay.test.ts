import { beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../engine/journal/journal-block.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { JournalReader } from '../../engine/journal/journal-reader.ts';
import { MemorySegment } from '../../engine/journal/journal-segment.ts';
import { QUOTE_DOUBLES } from '../../engine/handoff/layout.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { ReplayErrorCode } from '../../engine/replay/replay-error.ts';
import { KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { replayRun } from '../../engine/replay/replay.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { SimWorld } from '../sim/world.ts';
import { RUN, flipped, journalOf, journaledRun, replayed, withRecord } from './journaled-run.ts';

let records: readonly JournalRecord[];

beforeAll(async () => {
  records = await journaledRun(2, 20);
});

const isInput = ({ kind }: JournalRecord): boolean => kind < RecordKind.send && kind !== RecordKind.start;
const isSend = ({ kind }: JournalRecord): boolean => kind === RecordKind.send;

/** The input to which this record belongs. */
function inputOf(record: JournalRecord): JournalRecord {
  return records.findLast(
    (each) => each.sequence < record.sequence && isInput(each) && each.kind !== RecordKind.quoteTaken,
  )!;
}

describe('a run', () => {
  it('is replayed to the same outputs, and is told in order', () => {
    const seen: number[] = [];
    let steps = 0;
    let openOrders = 0;
    const result = replayed(records, {
      onStart: (loop, start) => {
        expect(start.options.run).toBeGreaterThan(0);
        expect(loop.openOrders).toBe(0);
      },
      onInput: ({ sequence }) => seen.push(sequence),
      onOutput: ({ sequence }) => seen.push(sequence),
      onStep: (loop) => {
        steps++;
        openOrders = Math.max(openOrders, loop.openOrders);
      },
    });
    expect(result).toMatchObject({ end: 'open', difference: undefined, provenSequence: records.length });
    expect(result.sends).toBe(records.filter(isSend).length);
    expect(result.sends).toBeGreaterThan(10);
    // Every record but the start was handed on, once and in its order.
    expect(seen).toEqual(records.slice(1).map(({ sequence }) => sequence));
    expect(steps).toBe(result.inputs);
    expect(openOrders).toBeGreaterThan(0);
  });

  it('that was closed is proven to its end', () => {
    const end = { ...records[0]!, kind: RecordKind.end, timeNs: records.at(-1)!.timeNs };
    expect(replayed([...records, end])).toMatchObject({ end: 'complete', detail: '' });
  });

  it('is replayed up to a time', () => {
    const middle = inputOf(records[Math.floor(records.length / 2)]!);
    let wallMs = 0;
    const all = replayed(records, { onStart: (_, { about }) => (wallMs = about.wallMs) });
    const { nowNs } = all.start.about;
    const result = replayed(records, { untilMs: wallMs + (middle.timeNs - nowNs) / 1e6 + 0.001 });
    expect(result.end).toBe('until');
    expect(result.inputs).toBeLessThan(all.inputs);
    expect(result.provenSequence).toBeGreaterThan(middle.sequence);
  });
});

it('a pause from beside the core is one of its inputs', async () => {
  const world = new SimWorld(2, undefined, true);
  await world.runUntil(world.nowNs + 20 * NS_PER_SECOND, () => {});
  world.engine!.loop.pause(KillTrigger.protection, world.nowNs);
  await world.runUntil(world.nowNs + 5 * NS_PER_SECOND, () => {});
  const { run, journal } = world.machine.journals!.newest!;
  const paused = [...journal.reader().records(run)];
  const asked = paused.findIndex(({ kind }) => kind === RecordKind.paused);
  // The cancels that follow from it are proven with it.
  expect(paused.slice(asked).filter(isSend).length).toBeGreaterThan(0);
  expect(replayed(paused)).toMatchObject({ end: 'open', difference: undefined });
  const without = paused.filter(({ kind }) => kind !== RecordKind.paused);
  expect(replayed(without).end).toBe('different');
});

describe('one bit', () => {
  it('of anything that was sent is found, where it is', () => {
    const sends = records.filter(isSend);
    for (const send of [sends[0]!, sends[Math.floor(sends.length / 2)]!, sends.at(-1)!]) {
      const at = Math.floor(send.bytes.length / 2);
      const other = withRecord(records, send.sequence, ({ bytes }) => ({ bytes: flipped(bytes, at) }));
      const { end, difference, provenSequence } = replayed(other);
      expect(end).toBe('different');
      expect(difference).toMatchObject({
        sequence: send.sequence,
        inputSequence: inputOf(send).sequence,
        got: `send trade ${Buffer.from(send.bytes).toString()}`.replace('send trade', nameOf(send)),
      });
      expect(provenSequence).toBeLessThanOrEqual(inputOf(send).sequence);
      expect(difference!.around.some((line) => line.startsWith(`> #${inputOf(send).sequence} `))).toBe(true);
    }
  });

  it('of a quote that moved an order is found with the input that took it', () => {
    const send = records.filter(isSend).find((each) => inputOf(each).kind === RecordKind.quotes)!;
    const quote = records.find(
      ({ kind, sequence }) => kind === RecordKind.quoteTaken && sequence > inputOf(send).sequence,
    )!;
    expect(quote.sequence).toBeLessThan(send.sequence);
    // The first row begins behind the counts and the quote's doubles: its price, a little above.
    const at = (3 + QUOTE_DOUBLES) * 8;
    const price = Buffer.from(quote.bytes).readDoubleLE(at);
    const bytes = Buffer.from(quote.bytes);
    bytes.writeDoubleLE(price - 1_000, at);
    const result = replayed(withRecord(records, quote.sequence, () => ({ bytes })));
    expect(result.difference).toMatchObject({ inputSequence: inputOf(send).sequence });
  });

  it('of the price of a book that quotes follow is found at that book or after it, never before', () => {
    const frames = records.filter(
      ({ kind, sub, bytes }) =>
        kind === RecordKind.frame && sub === Connection.public && Buffer.from(bytes).includes('"bids":[["'),
    );
    let found = 0;
    for (const frame of frames.slice(0, 12)) {
      const at = Buffer.from(frame.bytes).indexOf('"bids":[["') + 11;
      const other = withRecord(records, frame.sequence, ({ bytes }) => ({ bytes: flipped(bytes, at) }));
      const { difference } = replayed(other);
      if (difference === undefined) continue;
      found++;
      expect(difference.inputSequence).toBeGreaterThanOrEqual(frame.sequence);
    }
    expect(found).toBeGreaterThan(6);
  });

  it('of what the connection answered is found where it mattered first', () => {
    const send = records.find(isSend)!;
    const { end, difference } = replayed(withRecord(records, send.sequence, () => ({ instrument: 0 })));
    expect(end).toBe('different');
    expect(difference!.inputSequence).toBeGreaterThanOrEqual(inputOf(send).sequence);
  });
});

describe('an output', () => {
  it('that was not sent is missed', () => {
    const send = records.filter(isSend).at(-1)!;
    const other = records.filter(({ sequence }) => sequence !== send.sequence);
    expect(replayed(other).difference).toMatchObject({
      inputSequence: inputOf(send).sequence,
      sequence: -1,
      expected: 'nothing more',
    });
  });

  it('that was sent too much is missed, too', () => {
    const send = records.find(isSend)!;
    const at = records.indexOf(send);
    const other = [...records.slice(0, at + 1), send, ...records.slice(at + 1)];
    expect(replayed(other).difference).toMatchObject({
      inputSequence: inputOf(send).sequence,
      sequence: send.sequence + 1,
      got: 'nothing more',
    });
  });

  it('of an operator’s command is compared with what he was told', () => {
    const text = (value: string): Uint8Array => Buffer.from(value);
    const { timeNs } = records.at(-1)!;
    const command = { ...records[1]!, kind: RecordKind.command, timeNs, value: 0, bytes: text('resume') };
    const told = { ...command, kind: RecordKind.commandResult };
    const right = { ...told, bytes: text('{"isDone":true,"text":"quoting"}') };
    const wrong = { ...told, bytes: text('{"isDone":true,"text":"quotinh"}') };
    expect(replayed([...records, command, right, records.at(-1)!]).difference).toBe(undefined);
    expect(replayed([...records, command, wrong]).difference).toMatchObject({
      got: '{"isDone":true,"text":"quoting"}',
    });
  });
});

describe('an input that throws', () => {
  it('is noted by the next one, and throws again', async () => {
    const world = new SimWorld(2, undefined, true);
    await world.runUntil(world.nowNs + 2 * NS_PER_SECOND, () => {});
    const { loop } = world.engine!;
    const { run, journal } = world.machine.journals!.newest!;
    // A worker of an instrument that is none.
    expect(() => loop.onWorkerReady([99], world.nowNs)).toThrow(TypeError);
    loop.stop(world.nowNs);
    loop.onBroken();
    const reader = journal.reader();
    const kinds = [...reader.records(run)].map(({ kind }) => kind);
    const threwAt = kinds.indexOf(RecordKind.threw);
    expect(kinds.slice(threwAt - 1, threwAt + 2)).toEqual([
      RecordKind.workerReady,
      RecordKind.threw,
      RecordKind.stop,
    ]);
    expect(replayRun(reader, run)).toMatchObject({ end: 'open', provenSequence: kinds.length });
  });

  it('and did not is a difference', () => {
    const input = { ...records.at(-1)!, kind: RecordKind.workerReady, bytes: Buffer.from('[99]') };
    const next = { ...records.at(-1)!, kind: RecordKind.stop, bytes: new Uint8Array(0) };
    const before = records.slice(0, inputOf(records.at(-1)!).sequence);
    expect(replayed([...before, input, next]).difference).toMatchObject({
      expected: 'nothing more',
      got: expect.stringContaining('an error: '),
    });
  });
});

describe('a journal', () => {
  it('that ends within an input is proven up to there', () => {
    const send = records.filter(isSend).at(-1)!;
    // What the input brought is cut off, as by a kill: the core does more than was written.
    const result = replayed(records.slice(0, send.sequence));
    expect(result).toMatchObject({ end: 'open', difference: undefined });
    expect(result.provenSequence).toBeLessThanOrEqual(inputOf(send).sequence);
  });

  it('whose last block is torn is proven up to it', () => {
    const journal = new MemoryJournal({ run: RUN, blockBytes: 4_096 });
    const whole = journalOf(records).reader().records(RUN);
    const timeNs = new Float64Array(1);
    for (const { kind, sub, instrument, bytes, ...record } of whole) {
      timeNs[0] = record.timeNs;
      journal.writer.record(
        kind,
        sub,
        instrument,
        timeNs,
        Float64Array.of(record.value),
        bytes,
        0,
        bytes.length,
      );
    }
    const bytes = journal.bytes();
    const torn = new MemorySegment('torn', RUN, 0, bytes.slice(0, bytes.length - 10));
    const result = replayRun(
      JournalReader.of(() => [torn]),
      RUN,
    );
    expect(result.end).toBe('open');
    expect(result.difference).toBe(undefined);
    expect(result.provenSequence).toBeLessThan(records.length);
    expect(result.provenSequence).toBeGreaterThan(records.length / 2);
  });

  it('with a gap is proven up to the gap, and says how much is missing', () => {
    // A ring that was full for a while.
    const from = inputOf(records[Math.floor(records.length / 2)]!).sequence;
    const journal = journalOf(records.slice(0, from));
    const reader = journal.reader();
    const gap = { ...records[0]!, sequence: from, kind: RecordKind.gap, value: 3 };
    const read = reader.records.bind(reader);
    reader.records = function* withGap(run) {
      yield* read(run);
      yield gap;
      yield* records.slice(from + 3);
    };
    const result = replayRun(reader, RUN);
    expect(result).toMatchObject({ end: 'gap', difference: undefined, provenSequence: from });
    expect(result.detail).toContain(`3 records from ${from} on`);
  });

  it('without its beginning cannot be replayed, and says why', () => {
    expect(() => replayed(records.slice(1))).toThrow(
      expect.objectContaining({ code: ReplayErrorCode.noStart }),
    );
  });

  it('of another build cannot be replayed, and says so', () => {
    const other = withRecord(records, 0, () => ({ bytes: Buffer.from('{"version":99}') }));
    expect(() => replayed(other)).toThrow(/another/);
  });
});

function nameOf({ sub }: JournalRecord): string {
  return `send ${['public', 'private', 'trade'][sub]}`;
}
