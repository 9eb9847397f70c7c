import { expect, it } from 'vitest';
import { exitWords, readExitTerms } from '../../engine/base/exit-terms.ts';

it.each([
  [{ by: 'twap' }],
  [{ by: 'twap', minutes: '90', instrument: 'BTC-USDT', 'limit-bps': '12.5' }],
  [{ by: 'iceberg', instrument: 'ETH-USDT-SWAP' }],
  [{ by: 'trailing', ratio: '0.015' }],
  [{ by: 'trigger', price: '61234.5', instrument: 'BTC-USDT' }],
])('terms of %o are the same after they were told on', (told) => {
  const terms = readExitTerms(new Map(Object.entries(told)));
  if (terms === null || typeof terms === 'string') throw new Error(`expected terms, was ${terms}`);
  expect(readExitTerms(exitWords(terms))).toEqual(terms);
});
