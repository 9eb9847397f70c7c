import { expect, it } from 'vitest';
import type { Config } from '../../engine/config/schema.ts';
import { channelsOf, followersOf } from '../../engine/host/engine-parts.ts';
import { swap } from '../loop/swap-row.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { testConfig } from './tiny-world.ts';

/** Swaps on BTC and ETH, by the weight of the index in their fair values. */
function publicChannels(...weights: readonly number[]): string[] {
  const config = testConfig();
  const [first] = config.instruments;
  const withIndex = (weight: number): Config['instruments'][number]['strategy'] => ({
    ...first!.strategy,
    fair: { ...first!.strategy.fair, index: { ...first!.strategy.fair.index, weight } },
  });
  const coins = ['BTC', 'ETH'];
  const instruments = weights.map((_, index) => swap(coins[index]!, index));
  const rows = weights.map((weight, index) => ({
    ...first!,
    instId: instruments[index]!.instId,
    strategy: withIndex(weight),
  }));
  return channelsOf({ ...config, instruments: rows }, instruments).public.map(
    ({ channel, instId }) => `${channel} ${instId ?? ''}`,
  );
}

it('trades are heard of every instrument, an index where a fair value reads it', () => {
  const channels = publicChannels(0, 0.5);
  expect(channels).toContain('trades BTC-USDT-SWAP');
  expect(channels).toContain('trades ETH-USDT-SWAP');
  expect(channels.filter((name) => name.startsWith('index-tickers'))).toEqual(['index-tickers ETH-USDT']);
  expect(publicChannels(0, 0).filter((name) => name.startsWith('index-tickers'))).toEqual([]);
  expect(new Set(channels).size).toBe(channels.length);
});

it('a lead has those as followers whose fair values read it', () => {
  const reading = (instrument: number, weight: number): typeof PLAIN_LADDER => ({
    ...PLAIN_LADDER,
    fair: { ...PLAIN_LADDER.fair, lead: { ...PLAIN_LADDER.fair.lead, instrument, weight } },
  });
  expect(followersOf([reading(0, 0), reading(0, 0.5), reading(0, -0.5), reading(1, 0)])).toEqual([
    [1, 2],
    [],
    [],
    [],
  ]);
});
