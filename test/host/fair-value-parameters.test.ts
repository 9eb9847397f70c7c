import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../engine/config/load-config.ts';
import { HostError } from '../../engine/host/host-error.ts';
import { strategyOf } from '../../engine/host/instruments.ts';
import { MicroPriceCounts, fitMicroPrice } from '../../workers/strategy/fair/micro-price-fit.ts';
import { microPriceFileText } from '../../workers/strategy/fair/micro-price-file.ts';
import { PLAIN_FAIR_VALUE } from '../../workers/strategy/fair/fair-value-parameters.ts';
import type { FairValueParameters } from '../../workers/strategy/fair/fair-value-parameters.ts';
import { exampleWith } from '../config/example.ts';
import { instrumentsOf } from '../okx/okx-fixtures.ts';

const INST_IDS = ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP'] as const;
const instruments = instrumentsOf(...INST_IDS);
const folder = mkdtempSync(join(tmpdir(), 'fair-value-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of BTC-USDT-SWAP, with these keys of strategy.fair. */
function fairOf(fair: object): FairValueParameters {
  const config = parseConfig(exampleWith('instruments.1.strategy.fair', fair), 'my.yaml');
  const fees = { makerRate: 0, takerRate: 0 };
  return strategyOf(instruments[1]!, config.instruments[1]!, fees, INST_IDS).fair;
}

function tableFile(name: string, instId: string, tickSize: string): string {
  const file = join(folder, name);
  const fit = fitMicroPrice(new MicroPriceCounts({ buckets: 2, spreads: 1 }));
  writeFileSync(file, microPriceFileText(fit, instId, tickSize));
  return file;
}

describe('strategy.fair', () => {
  it('with nothing said is the plain micro-price', () => {
    expect(fairOf({})).toEqual(PLAIN_FAIR_VALUE);
  });

  it('comes in lots, and with the number of the instrument that leads', () => {
    expect(
      fairOf({ base: 'impact-mid', depthSize: '2.5', lead: { instrument: 'ETH-USDT-SWAP', weight: 0.3 } }),
    ).toEqual({
      ...PLAIN_FAIR_VALUE,
      base: 'impact-mid',
      depthLots: 250,
      lead: { ...PLAIN_FAIR_VALUE.lead, instrument: 2, weight: 0.3 },
    });
  });

  it('brings the table of its micro-price', () => {
    const microPriceFile = tableFile('btc.json', 'BTC-USDT-SWAP', '0.1');
    expect(fairOf({ base: 'stoikov', microPriceFile }).microPrice).toEqual({
      buckets: 2,
      spreads: 1,
      ticks: [-0.25, 0.25],
    });
    // Named, but not used.
    expect(fairOf({ microPriceFile: 'nowhere.json' }).microPrice).toBeNull();
  });

  it.each<readonly [string, () => object, string]>([
    [
      'a file that is not there',
      () => ({ base: 'stoikov', microPriceFile: join(folder, 'none.json') }),
      'none.json" (ENOENT); okx-mm calibrate --micro-price writes one',
    ],
    [
      'the table of another instrument',
      () => ({ base: 'stoikov', microPriceFile: tableFile('eth.json', 'ETH-USDT-SWAP', '0.01') }),
      'eth.json: instId: expected "BTC-USDT-SWAP", was "ETH-USDT-SWAP"',
    ],
    [
      'the table of another grid',
      () => ({ base: 'stoikov', microPriceFile: tableFile('grid.json', 'BTC-USDT-SWAP', '0.5') }),
      'grid.json: tickSize: expected "0.1", was "0.5"',
    ],
    [
      'a lead that is not configured',
      () => ({ lead: { instrument: 'SOL-USDT', weight: 1 } }),
      'expected another of the configured instruments, was "SOL-USDT"',
    ],
    [
      'itself as its lead',
      () => ({ lead: { instrument: 'BTC-USDT-SWAP', weight: 1 } }),
      'expected another of the configured instruments, was "BTC-USDT-SWAP"',
    ],
    ['a size between two lots', () => ({ depthSize: '0.005' }), "expected a multiple of BTC-USDT-SWAP's lot"],
  ])('refuses %s', (_, fair, text) => {
    expect(() => fairOf(fair())).toThrow(HostError);
    expect(() => fairOf(fair())).toThrow(text);
    expect(() => fairOf(fair())).toThrow('instruments[1].strategy.fair.');
  });
});

describe('a configuration', () => {
  it.each<readonly [object, string]>([
    [
      { base: 'stoikov' },
      'fair.microPriceFile: expected the file of a fitted table, since base is "stoikov"',
    ],
    [{ base: 'impact-mid' }, 'fair.depthSize: expected a size above zero, since base is "impact-mid"'],
    [{ lead: { weight: 0.5 } }, 'fair.lead.instrument: expected the name of one of the instruments'],
    [{ base: 'last' }, 'fair.base: '],
    [{ orderFlow: { halfLifeSeconds: 0 } }, 'fair.orderFlow.halfLifeSeconds: '],
    [{ tradeFlow: { weightBps: 1_000 } }, 'fair.tradeFlow.weightBps: '],
    [{ bookImbalance: { kind: 'cube' } }, 'fair.bookImbalance.kind: '],
    [{ mark: { weight: 9 } }, 'fair.mark.weight: '],
    [{ microprice: 1 }, 'fair.microprice: expected no such key'],
  ])('with %j is refused, and says why', (fair, text) => {
    expect(() => parseConfig(exampleWith('instruments.1.strategy.fair', fair), 'my.yaml')).toThrow(text);
  });
});
