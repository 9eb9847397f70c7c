/** Every quoting model through the whole chain: configuration, engine, calibration, quoter, orders at the modelled venue. */
import { describe, expect, it } from 'vitest';
import { runMarket } from '../../engine/backtest/run-backtest.ts';
import type { Config } from '../../engine/config/schema.ts';
import { MODEL_NAMES } from '../../workers/strategy/parameters.ts';
import { EventList, configOf, wanderingMarket } from './market.ts';

const EVENTS = wanderingMarket(4, 30);

function configWith(model: string, strategy: Readonly<Record<string, unknown>> = {}): Config {
  const base = configOf({
    // Of few sweeps and without doubts: what is learnt in half a minute.
    calibration: { seconds: 1, sweepsMin: 20, rSquaredMin: 0.1, ksDistanceMax: 0.9 },
    backtest: { makerFeeBps: 0, takerFeeBps: 0 },
  });
  const [instrument] = base.instruments;
  return {
    ...base,
    instruments: [{ ...instrument!, strategy: { ...instrument!.strategy, ...strategy, model } }],
  } as Config;
}

async function play(config: Config) {
  return runMarket(new EventList(EVENTS), { config });
}

describe.each(MODEL_NAMES)('the model %s', (model) => {
  it('quotes a recorded market, twice the same, within its position’s limit', async () => {
    const first = await play(configWith(model));
    expect(first.orders.place).toBeGreaterThan(2);
    expect(first.timeQuoted).toBeGreaterThan(0.5);
    expect(first.control.difference).toBeCloseTo(0, 12);
    expect(first.inventory.maximum).toBeLessThanOrEqual(2_000);
    const again = await play(configWith(model));
    expect(again.resultHash).toBe(first.resultHash);
  });
});

it('models are different strategies', async () => {
  const hashes = await Promise.all(
    MODEL_NAMES.map(async (model) => (await play(configWith(model))).resultHash),
  );
  // Within half a minute those that stand in for each other may be the same: fixed and the sample never are.
  expect(new Set(hashes).size).toBeGreaterThanOrEqual(3);
});
