import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import {
  HandoffLayout,
  MARKET_DOUBLES,
  MarketDouble,
  QUOTE_DOUBLES,
  QuoteDouble,
  SlotViews,
} from '../../engine/handoff/layout.ts';
import type { HandoffDimensions } from '../../engine/handoff/layout.ts';

const CACHE_LINE_BYTES = 64;

const dimensions = fc.record({
  instrumentCount: fc.integer({ min: 1, max: 130 }),
  workerCount: fc.integer({ min: 1, max: 9 }),
  marketLevels: fc.integer({ min: 1, max: 50 }),
  quoteLevels: fc.integer({ min: 1, max: 20 }),
});

interface Region {
  readonly writer: string;
  readonly start: number;
  readonly end: number;
}

function slotRegion(
  writer: string,
  memory: SharedArrayBuffer,
  at: number,
  doubles: number,
  levels: number,
): Region {
  const views = new SlotViews(memory, at, doubles, levels);
  const rows = [views.words, views.doubles, views.bidLots, views.askLots, views.bidTicks, views.askTicks];
  const sorted = rows.toSorted((a, b) => a.byteOffset - b.byteOffset);
  for (let index = 1; index < sorted.length; index++) {
    const before = sorted[index - 1];
    expect(before.byteOffset + before.byteLength).toBeLessThanOrEqual(sorted[index].byteOffset);
  }
  const last = sorted.at(-1)!;
  return { writer, start: at, end: last.byteOffset + last.byteLength };
}

/** Every region that somebody writes, with who does. */
function regions(given: HandoffDimensions): Region[] {
  const layout = new HandoffLayout(given);
  const memory = createHandoff(given);
  const found: Region[] = [{ writer: 'creator', start: 0, end: 24 }];
  const addBell = (name: string, at: number): void => {
    found.push({ writer: `${name}'s two ends`, start: at, end: at + 4 + 4 * layout.bellGroups });
  };
  for (let worker = 0; worker < given.workerCount; worker++) {
    found.push({ writer: 'supervisor', start: layout.controlAt(worker), end: layout.controlAt(worker) + 4 });
    found.push({
      writer: `worker ${worker}`,
      start: layout.statusAt(worker),
      end: layout.statusAt(worker) + 16,
    });
    addBell(`market bell ${worker}`, layout.marketBellAt(worker));
  }
  addBell('quote bell', layout.quoteBellAt);
  for (let i = 0; i < given.instrumentCount; i++) {
    found.push(slotRegion('engine', memory, layout.marketSlotAt(i), MARKET_DOUBLES, given.marketLevels));
    const worker = new Handoff(memory).workerOf(i);
    found.push(
      slotRegion(`quotes of ${worker}`, memory, layout.quoteSlotAt(i), QUOTE_DOUBLES, given.quoteLevels),
    );
  }
  expect(memory.byteLength).toBe(layout.totalBytes);
  return found.toSorted((a, b) => a.start - b.start);
}

describe('HandoffLayout', () => {
  it('keeps regions apart, and those of different writers on different cache lines', () => {
    fc.assert(
      fc.property(dimensions, (given) => {
        const found = regions(given);
        for (let index = 1; index < found.length; index++) {
          const before = found[index - 1];
          const after = found[index];
          // One writer's regions may share a line, nothing more.
          const isOneWriter = before.writer === after.writer;
          const lineEnd = Math.ceil(before.end / CACHE_LINE_BYTES) * CACHE_LINE_BYTES;
          expect(after.start).toBeGreaterThanOrEqual(isOneWriter ? before.end : lineEnd);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('has a double for each name and no more', () => {
    expect(new Set(Object.values(MarketDouble))).toEqual(
      new Set(Array.from({ length: MARKET_DOUBLES }, (_, i) => i)),
    );
    expect(new Set(Object.values(QuoteDouble))).toEqual(
      new Set(Array.from({ length: QUOTE_DOUBLES }, (_, i) => i)),
    );
  });

  it.each([
    { instrumentCount: 0, workerCount: 1, marketLevels: 1, quoteLevels: 1 },
    { instrumentCount: 1, workerCount: 0, marketLevels: 1, quoteLevels: 1 },
    { instrumentCount: 1, workerCount: 1, marketLevels: 1.5, quoteLevels: 1 },
    { instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: 401 },
  ])('refuses %o', (given) => {
    expect(() => createHandoff(given)).toThrow(/between 1 and/);
  });
});

describe('Handoff', () => {
  it('reads its dimensions from the memory, and deals every instrument to exactly one worker', () => {
    fc.assert(
      fc.property(dimensions, (given) => {
        const handoff = new Handoff(createHandoff(given));
        expect(handoff.layout.dimensions).toEqual(given);
        const dealt: number[] = [];
        for (let worker = 0; worker < given.workerCount; worker++) {
          for (const instrument of handoff.instrumentsOf(worker)) {
            expect(handoff.workerOf(instrument)).toBe(worker);
            dealt.push(instrument);
          }
        }
        expect(dealt.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: given.instrumentCount }, (_, i) => i),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('refuses memory that is something else', () => {
    expect(() => new Handoff(new SharedArrayBuffer(4_096))).toThrow('createHandoff');
    const memory = createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: 1 });
    new Int32Array(memory)[1] = 99;
    expect(() => new Handoff(memory)).toThrow('same build');
  });
});
