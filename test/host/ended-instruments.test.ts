import { describe, expect, it } from 'vitest';
import type { Config } from '../../engine/config/schema.ts';
import { withoutEnded } from '../../engine/host/ended-instruments.ts';
import { TinyAccount } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';

const ENDING = 'ETH-USDT-SWAP';
const MINUTE_MS = 60_000;
/** The venue's list has it no more. */
const GONE = { instId: 'ANOTHER-USDT-SWAP' };

/** The lead of the first instrument, and the leg of a group's hedger, are the contract that ends. */
function leaningOn(instId: string): Config {
  const config = testConfig();
  const [first, ...others] = config.instruments;
  const lead = { ...first!.strategy.fair.lead, instrument: instId, weight: 0.5 };
  const strategy = { ...first!.strategy, fair: { ...first!.strategy.fair, lead } };
  const [group, ...groups] = config.portfolio.groups;
  return {
    ...config,
    instruments: [{ ...first!, strategy }, ...others],
    portfolio: { groups: [{ ...group!, hedge: { ...group!.hedge, instId } }, ...groups] },
  };
}

describe('a contract that has expired since a run traded it', () => {
  it('keeps nothing else from being traded, nor a configuration that still names it from being followed', async () => {
    const machine = new Machine((nowMs) => new TinyAccount(nowMs));
    const expTime = String(machine.clock.wallMs() + MINUTE_MS);
    machine.account.changes.set(ENDING, { expTime });
    const first = new TinyWorld(machine);
    const before = await first.recovered();
    expect(before.instruments.map(({ instId }) => instId)).toContain(ENDING);
    await first.within(5_000, before.stop(), before);
    first.crash();

    machine.clock.advanceNs(2 * MINUTE_MS * 1e6);
    machine.account.changes.set(ENDING, GONE);
    const second = new TinyWorld(machine);
    const engine = await second.recovered();
    expect(engine.instruments.map(({ instId }) => instId)).toEqual(['BTC-USDT', 'BTC-USDT-SWAP']);
    expect(second.said(`${ENDING} has expired; the engine goes on without it`)).toBe(1);

    const config = testConfig();
    expect(engine.configure(config, true)).toMatchObject({
      isDone: true,
      text: expect.stringContaining('nothing'),
    });
    const account = { ...config.account, lossMax: config.account.lossMax / 2 };
    expect(engine.configure({ ...config, account }).isDone).toBe(true);
    expect(engine.config.account.lossMax).toBe(account.lossMax);
    expect(engine.config.instruments).toHaveLength(2);
    second.crash();
  });

  it('is refused where no run has traded it: the name may be a mistake', async () => {
    const machine = new Machine((nowMs) => new TinyAccount(nowMs));
    machine.account.changes.set(ENDING, GONE);
    await expect(new TinyWorld(machine).start()).rejects.toThrow(
      `expected a tradable instrument, was "${ENDING}"`,
    );
  });

  it('is there while the venue lists it: its end may still be told', async () => {
    const machine = new Machine((nowMs) => new TinyAccount(nowMs));
    const expTime = String(machine.clock.wallMs() + MINUTE_MS);
    machine.account.changes.set(ENDING, { expTime });
    const first = new TinyWorld(machine);
    const before = await first.recovered();
    await first.within(5_000, before.stop(), before);
    first.crash();
    machine.clock.advanceNs(2 * MINUTE_MS * 1e6);
    machine.account.changes.set(ENDING, { expTime, state: 'expired' });
    const second = new TinyWorld(machine);
    const engine = await second.recovered();
    expect(engine.instruments.map(({ instId }) => instId)).toContain(ENDING);
    second.crash();
  });

  it('leads nobody, and no group is hedged in it; nothing else of the configuration changes', () => {
    const config = leaningOn(ENDING);
    const left = withoutEnded(config, [ENDING]);
    expect(left.instruments.map(({ instId }) => instId)).toEqual(['BTC-USDT', 'BTC-USDT-SWAP']);
    expect(left.instruments[0]!.strategy.fair.lead).toMatchObject({ weight: 0 });
    expect(left.instruments[0]!.strategy.fair.lead.instrument).toBeUndefined();
    expect(left.portfolio.groups[0]!.hedge.instId).toBeUndefined();
    expect(left.portfolio.groups[0]!.hedge.lossMax).toBe(config.portfolio.groups[0]!.hedge.lossMax);
    expect(left.instruments[1]).toEqual(config.instruments[1]);
    expect(withoutEnded(config, [])).toBe(config);
  });

  it('was all there is: the start says so', () => {
    const config = testConfig();
    const all = config.instruments.map(({ instId }) => instId);
    expect(() => withoutEnded(config, all)).toThrow('expected one that has not expired');
  });
});
