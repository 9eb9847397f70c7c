import { afterEach, describe, expect, it, vi } from 'vitest';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import type * as MarketSlot from '../../engine/handoff/market-slot.ts';
import type * as QuoteSlot from '../../engine/handoff/quote-slot.ts';

const { arch } = process;

afterEach(() => {
  Object.defineProperty(process, 'arch', { value: arch });
  vi.restoreAllMocks();
});

/** The slots as they are on a machine of another architecture, which decides when they are loaded. */
async function slotsOn(name: string): Promise<typeof MarketSlot & typeof QuoteSlot> {
  Object.defineProperty(process, 'arch', { value: name });
  vi.resetModules();
  const market = await import('../../engine/handoff/market-slot.ts');
  const quote = await import('../../engine/handoff/quote-slot.ts');
  return { ...market, ...quote };
}

// What a weak order of memory does to a load cannot be shown on x86: what is shown is that none is relied upon.
describe.each([
  ['x64', 0],
  ['arm64', 1],
])('on %s', (name, writes) => {
  it(`a reader looks again with ${writes === 0 ? 'a load' : 'a read-modify-write'}, and reads the same`, async () => {
    const slots = await slotsOn(name);
    const handoff = new Handoff(
      createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: 1 }),
    );
    const writer = new slots.MarketWriter(handoff, 0);
    writer.begin();
    writer.bidTicks[0] = 17;
    writer.publish(1, 0, true, 3);
    const quote = new slots.QuoteView(1);
    quote.marketVersion = 1;
    new slots.QuoteWriter(handoff, 0).publish(quote);

    const or = vi.spyOn(Atomics, 'or');
    const market = new slots.MarketView(1);
    const marketReader = new slots.MarketReader(handoff, 0);
    expect(marketReader.read(market)).toBe(true);
    expect(market).toMatchObject({ bidCount: 1, epoch: 3, isQuotable: true });
    expect(market.bidTicks[0]).toBe(17);
    expect(or).toHaveBeenCalledTimes(writes);

    const taken = new slots.QuoteView(1);
    const quoteReader = new slots.QuoteReader(handoff, 0);
    expect(quoteReader.read(taken)).toBe(true);
    expect(taken.marketVersion).toBe(1);
    expect(or).toHaveBeenCalledTimes(2 * writes);
    // The look changed nothing: there is no news.
    expect([marketReader.read(market), quoteReader.read(taken)]).toEqual([false, false]);
  });
});
