import { expect, test } from 'vitest';
import { Instrument } from '../../engine/base/instrument.ts';
import { limitsOf } from '../../engine/host/instruments.ts';
import { RateDesk } from '../../engine/host/rate-desk.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';
import { testConfig } from './tiny-world.ts';

const ROWS = new Map(parseInstruments(recordedInstruments()).fields.map((each) => [each.instId, each]));
const TEN_MINUTES = 600e9;

/** ETH-BTC and BTC-USDT; a coin was worth 80,000 dollars at the start. */
function desk(quoteUsd?: number) {
  const instruments = [
    new Instrument(0, { ...ROWS.get('ETH-BTC')!, usdRate: 80_000 }),
    new Instrument(1, ROWS.get('BTC-USDT')!),
  ];
  const config = testConfig();
  const [first] = config.instruments;
  const limits = { ...first!.limits, position: '1', orderSize: '1' };
  const own = quoteUsd === undefined ? limits : { ...limits, quoteUsd };
  const configs = [
    { ...first!, limits: own },
    { ...first!, limits },
  ];
  const asked: string[] = [];
  const log: string[] = [];
  const world = { price: 80_000, isUp: true, changes: 0 };
  const rates = new RateDesk({
    account: {
      fetchIndexPrice: (index) => {
        asked.push(index);
        if (world.isUp) return Promise.resolve(index === 'BTC-USDT' ? world.price : 0);
        const error = new RestError(RestErrorCode.timeout, 'no answer', { method: 'GET', path: '/' });
        return Promise.reject(error);
      },
    },
    instruments,
    config: () => ({ ...config, instruments: configs }),
    nowNs: 0,
    log: (line) => void log.push(line),
    onChanged: () => void world.changes++,
  });
  const rateOf = (index: number): number => limitsOf(instruments[index]!, configs[index]!).notionalRate;
  return { rates, world, asked, log, rateOf };
}

test('what a quote currency is worth is asked every ten minutes, and limits follow it', async () => {
  const { rates, world, asked, rateOf } = desk();
  await rates.onTimer(TEN_MINUTES - 1);
  expect(asked).toEqual([]);
  world.price = 80_500;
  await rates.onTimer(TEN_MINUTES);
  expect(asked).toEqual(['BTC-USDT']);
  expect([rateOf(0), world.changes], 'less than a hundredth').toEqual([80_000, 0]);
  world.price = 60_000;
  await rates.onTimer(2 * TEN_MINUTES);
  expect([rateOf(0), rateOf(1), world.changes]).toEqual([60_000, 1, 1]);
});

test('what cannot be had stays as it was, and is said once', async () => {
  const { rates, world, log, rateOf } = desk();
  world.isUp = false;
  await rates.onTimer(TEN_MINUTES);
  await rates.onTimer(2 * TEN_MINUTES);
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(/^rate of BTC: .*; limits go on with what it was worth before$/);
  expect(rateOf(0)).toBe(80_000);
  world.isUp = true;
  world.price = 0;
  await rates.onTimer(3 * TEN_MINUTES);
  expect([rateOf(0), world.changes, log.length]).toEqual([80_000, 0, 1]);
});

test('what the configuration states is not asked for', async () => {
  const { rates, asked, rateOf } = desk(70_000);
  await rates.onTimer(TEN_MINUTES);
  expect(asked).toEqual([]);
  expect(rateOf(0)).toBe(70_000);
});
