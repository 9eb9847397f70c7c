import { describe, expect, it } from 'vitest';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MARKET_DOUBLES, MarketWord, SlotViews } from '../../engine/handoff/layout.ts';
import { MarketReader, MarketView, MarketWriter } from '../../engine/handoff/market-slot.ts';

const LEVELS = 4;

function openHandoff(): Handoff {
  return new Handoff(
    createHandoff({ instrumentCount: 3, workerCount: 2, marketLevels: LEVELS, quoteLevels: 2 }),
  );
}

function publish(writer: MarketWriter, bestBid: number, levels = LEVELS): number {
  writer.begin();
  for (let level = 0; level < levels; level++) {
    writer.bidTicks[level] = bestBid - level;
    writer.bidLots[level] = 10 + level;
    writer.askTicks[level] = bestBid + 2 + level;
    writer.askLots[level] = 20.5 + level;
  }
  writer.seqId = 2 ** 40 + bestBid;
  writer.tsMs = 1_700_000_000_123;
  writer.recvNs = 123_456_789.25;
  writer.positionLots = -7;
  return writer.publish(levels, levels, true, 5);
}

describe('market slot', () => {
  it('carries a market whole, each version once', () => {
    const handoff = openHandoff();
    const writer = new MarketWriter(handoff, 1);
    const reader = new MarketReader(handoff, 1);
    const view = new MarketView(LEVELS);
    expect(reader.hasChanged()).toBe(false);
    expect(reader.read(view)).toBe(false);
    expect(publish(writer, 100)).toBe(1);
    expect(reader.hasChanged()).toBe(true);
    expect(reader.read(view)).toBe(true);
    expect([...view.bidTicks]).toEqual([100, 99, 98, 97]);
    expect([...view.bidLots]).toEqual([10, 11, 12, 13]);
    expect([...view.askTicks]).toEqual([102, 103, 104, 105]);
    expect([...view.askLots]).toEqual([20.5, 21.5, 22.5, 23.5]);
    expect([view.bidCount, view.askCount, view.isQuotable, view.epoch]).toEqual([4, 4, true, 5]);
    expect([view.version, view.seqId, view.tsMs]).toEqual([1, 2 ** 40 + 100, 1_700_000_000_123]);
    expect([view.recvNs, view.positionLots]).toEqual([123_456_789.25, -7]);
    expect(reader.read(view)).toBe(false);
  });

  it('gives only the newest of several, and leaves the neighbours alone', () => {
    const handoff = openHandoff();
    const writer = new MarketWriter(handoff, 1);
    const reader = new MarketReader(handoff, 1);
    const view = new MarketView(LEVELS);
    publish(writer, 100);
    publish(writer, 200);
    expect(publish(writer, 300, 2)).toBe(3);
    expect(writer.version).toBe(3);
    expect(reader.read(view)).toBe(true);
    expect([view.version, view.bidTicks[0], view.bidCount]).toEqual([3, 300, 2]);
    expect(new MarketReader(handoff, 0).read(view)).toBe(false);
    expect(new MarketReader(handoff, 2).read(view)).toBe(false);
  });

  it('gives nothing while the writer is at work, and everything afterwards', () => {
    const handoff = openHandoff();
    const writer = new MarketWriter(handoff, 0);
    const reader = new MarketReader(handoff, 0);
    const view = new MarketView(LEVELS);
    publish(writer, 100);
    writer.begin();
    writer.bidTicks[0] = 1;
    expect(reader.read(view)).toBe(false);
    writer.publish(1, 0, false, 6);
    expect(reader.read(view)).toBe(true);
    expect([view.version, view.bidTicks[0], view.isQuotable, view.epoch]).toEqual([2, 1, false, 6]);
  });

  it('goes on when the sequence passes the end of 32 bits', () => {
    const handoff = openHandoff();
    const slotAt = handoff.layout.marketSlotAt(0);
    const { words } = new SlotViews(handoff.memory, slotAt, MARKET_DOUBLES, LEVELS);
    words[MarketWord.sequence] = 2_147_483_644;
    const writer = new MarketWriter(handoff, 0);
    const reader = new MarketReader(handoff, 0);
    const view = new MarketView(LEVELS);
    for (let turn = 1; turn <= 6; turn++) {
      expect(publish(writer, 100 + turn)).toBe(turn);
      expect(reader.read(view)).toBe(true);
      expect(view.bidTicks[0]).toBe(100 + turn);
      expect(reader.read(view)).toBe(false);
    }
    expect(words[MarketWord.sequence]).toBeLessThan(0);
  });

  it('holds its writer to the protocol', () => {
    const writer = new MarketWriter(openHandoff(), 0);
    expect(() => writer.publish(0, 0, false, 0)).toThrow('begin()');
    writer.begin();
    expect(() => writer.publish(LEVELS + 1, 0, false, 0)).toThrow('fits');
    expect(() => new MarketWriter(openHandoff(), 3)).toThrow('market slot');
  });
});
