import { describe, expect, it } from 'vitest';
import { fillValue } from '../../engine/broker/fill-value.ts';
import type { FillFigures, ValueTerms } from '../../engine/broker/fill-value.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';

const LISTED = new Map(
  parseInstruments(recordedInstruments()).fields.map((fields) => [fields.instId, fields as ValueTerms]),
);

function valueOf(terms: ValueTerms, figures: Partial<FillFigures>): [string | undefined, string | undefined] {
  const { volume, fee } = fillValue(terms, {
    price: '0',
    size: '0',
    fee: '0',
    feeCcy: '',
    indexPrice: '',
    ...figures,
  });
  return [volume?.toString(), fee?.toString()];
}

function listed(instId: string): ValueTerms {
  const terms = LISTED.get(instId);
  if (terms === undefined) throw new Error(`expected ${instId} among the recorded instruments`);
  return terms;
}

const OPTION: ValueTerms = {
  ...listed('BTC-USD-SWAP'),
  type: 4,
  kind: 1,
  baseCcy: 'BTC',
  quoteCcy: 'BTC',
  settleCcy: 'BTC',
  contractValue: 0.01,
};

describe('the value of a fill', () => {
  it('of a spot sale: 0.0015 BTC x 65000.1 = 97.50015 USDT, its fee as it is', () => {
    const figures = { price: '65000.1', size: '0.0015', fee: '-0.04875', feeCcy: 'USDT' };
    expect(valueOf(listed('BTC-USDT'), figures)).toEqual(['97.50015', '-0.04875']);
  });

  it('of dollars for another currency: 100 USDT are 100, whatever index is told; 0.0805 EUR at 0.92 are 0.0875 USDT', () => {
    const figures = { price: '0.92', size: '100', fee: '-0.0805', feeCcy: 'EUR' };
    const euros: ValueTerms = {
      ...listed('BTC-USDT'),
      baseCcy: 'USDT',
      quoteCcy: 'EUR',
      settleCcy: 'EUR',
    };
    expect(valueOf(euros, figures)).toEqual(['100', '-0.0875']);
    expect(
      valueOf({ ...euros, baseCcy: 'USDC' }, { ...figures, fee: '-0.1', feeCcy: 'USDC', indexPrice: '41.5' }),
    ).toEqual(['100', '-0.1']);
  });

  it('of a spot purchase whose fee is in coin: 0.00000075 BTC x 65000.1 = 0.048750075 USDT', () => {
    const figures = { price: '65000.1', size: '0.0015', fee: '-0.00000075', feeCcy: 'BTC' };
    expect(valueOf(listed('BTC-USDT'), figures)).toEqual(['97.50015', '-0.048750075']);
  });

  it('of a linear swap: 3 contracts x 0.01 BTC x 65000 = 1950 USDT, with a rebate', () => {
    const figures = { price: '65000', size: '3', fee: '0.0975', feeCcy: 'USDT' };
    expect(valueOf(listed('BTC-USDT-SWAP'), figures)).toEqual(['1950', '0.0975']);
  });

  it('of an inverse swap: 7 contracts x 100 USD = 700 USD, its fee 0.0000021 BTC x 65000 = 0.1365 USD', () => {
    const figures = { price: '65000', size: '7', fee: '-0.0000021', feeCcy: 'BTC' };
    expect(valueOf(listed('BTC-USD-SWAP'), figures)).toEqual(['700', '-0.1365']);
  });

  it('of an option: what it is an option on, 5 x 0.01 BTC x 64000 = 3200, its fee 0.0003 BTC x 64000 = 19.2', () => {
    const figures = { price: '0.0415', size: '5', fee: '-0.0003', feeCcy: 'BTC', indexPrice: '64000' };
    expect(valueOf(OPTION, figures)).toEqual(['3200', '-19.2']);
  });

  const pair: ValueTerms = { ...listed('BTC-USDT'), baseCcy: 'ETH', quoteCcy: 'BTC', settleCcy: 'BTC' };

  it('of a pair of two coins by the index of the first: 2 ETH x 2000 = 4000', () => {
    const figures = { price: '0.03125', size: '2', fee: '-0.002', feeCcy: 'ETH', indexPrice: '2000' };
    expect(valueOf(pair, figures)).toEqual(['4000', '-4']);
  });

  it('of a fee in the second: a BTC is 2000 / 0.03125 = 64000, the fee 0.0001 x 64000 = 6.4', () => {
    const figures = { price: '0.03125', size: '2', fee: '-0.0001', feeCcy: 'BTC', indexPrice: '2000' };
    expect(valueOf(pair, figures)).toEqual(['4000', '-6.4']);
  });

  it('is not made up where no price is known, or the fee is in a third coin', () => {
    const figures = { price: '0.03125', size: '2', fee: '-0.0001', feeCcy: 'BTC' };
    expect(valueOf(pair, figures)).toEqual([undefined, undefined]);
    expect(valueOf(OPTION, { price: '0.04', size: '1', fee: '-0.0001', feeCcy: 'BTC' })).toEqual([
      undefined,
      undefined,
    ]);
    const inThird = { price: '65000', size: '1', fee: '-0.1', feeCcy: 'OKB' };
    expect(valueOf(listed('BTC-USDT'), inThird)).toEqual(['65000', undefined]);
  });
});
