import { expect, it } from 'vitest';
import { isNeededChannel } from '../../engine/host/engine-parts.ts';
import type { Config } from '../../engine/config/schema.ts';
import { testConfig } from './tiny-world.ts';

function configOf(instId: string, account: Partial<Config['account']> = {}): Config {
  const config = testConfig();
  return {
    ...config,
    instruments: [{ ...config.instruments[0]!, instId, tradeMode: instId === 'BTC-USDT' ? 'cash' : 'cross' }],
    account: { ...config.account, ...account },
  };
}

it.each([
  ['BTC-USDT-SWAP', {}, true],
  ['BTC-USD-261225', {}, true],
  ['BTC-USDT', {}, false],
  ['BTC-USDT-SWAP', { marginRatioMin: 0, liquidationDistanceBps: 0 }, false],
])('%s with %o cannot do without what its margin is watched by: %s', (instId, account, isNeeded) => {
  const config = configOf(instId, account);
  expect(isNeededChannel(config, { channel: 'account' })).toBe(isNeeded);
  expect(isNeededChannel(config, { channel: 'positions', instType: 'ANY' })).toBe(isNeeded);
});

it('needs depth and orders always, and fills never', () => {
  const config = configOf('BTC-USDT');
  expect(isNeededChannel(config, { channel: config.venue.depthChannel, instId: 'BTC-USDT' })).toBe(true);
  expect(isNeededChannel(config, { channel: 'orders', instType: 'ANY' })).toBe(true);
  expect(isNeededChannel(config, { channel: 'fills' })).toBe(false);
});
