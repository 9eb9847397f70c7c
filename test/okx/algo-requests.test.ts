import { describe, expect, it } from 'vitest';
import { AlgoPurpose, algoOrderIdText, algoRunOf, parseAlgoOrderId } from '../../engine/okx/algo-order-id.ts';
import {
  icebergBody,
  stopBody,
  trailingBody,
  triggerBody,
  twapBody,
  type AlgoHead,
} from '../../engine/okx/algo-requests.ts';

const HEAD: AlgoHead = {
  instId: 'BTC-USDT-SWAP',
  tdMode: 'cross',
  side: 'sell',
  posSide: 'net',
  algoClOrdId: 'P00000012000003',
  tag: 'TAG1',
};
const SLICES = { sz: '10', szLimit: '1', pxLimit: '48000' };

/** One of each kind. */
const bodies = (head: AlgoHead): Readonly<Record<string, unknown>>[] => [
  stopBody(head, { stopPx: '1', targetPx: '', triggerBy: 'mark', size: { closesAll: true } }),
  trailingBody(head, { callbackRatio: '0.01', sz: '1' }),
  triggerBody(head, { triggerPx: '1', triggerBy: 'mark', sz: '1', isOfBase: false }),
  twapBody(head, { ...SLICES, intervalSeconds: 10, pxVar: '0.001' }),
  icebergBody(head, { ...SLICES, pieces: 2 }),
];

describe('bodies of algo orders', () => {
  it('all carry the tag and the name, and are not made without', () => {
    for (const body of bodies(HEAD)) {
      expect(body).toMatchObject({ tag: 'TAG1', algoClOrdId: HEAD.algoClOrdId, instId: HEAD.instId });
    }
    for (const tag of ['', 'not a tag', 'SEVENTEEN1234567X']) {
      expect(() => bodies({ ...HEAD, tag })).toThrow(/tag: expected 1 to 16/);
    }
  });

  it('of a stop say all that the venue needs to close a net position at the market', () => {
    expect(
      stopBody(HEAD, { stopPx: '47500', targetPx: '', triggerBy: 'mark', size: { closesAll: true } }),
    ).toEqual({
      ...BARE,
      ordType: 'conditional',
      closeFraction: '1',
      reduceOnly: true,
      slTriggerPx: '47500',
      slTriggerPxType: 'mark',
      slOrdPx: '-1',
    });
  });

  it('of a trigger say that the size of spot is of the base coin: a market buy would take it for the quote’s', () => {
    const trigger = { triggerPx: '0.0001', triggerBy: 'mark', sz: '1000000' } as const;
    expect(triggerBody(HEAD, { ...trigger, isOfBase: true })).toMatchObject({ tgtCcy: 'base_ccy' });
    expect(triggerBody(HEAD, { ...trigger, isOfBase: false })).not.toHaveProperty('tgtCcy');
  });

  it('of both prices are one order that the other cancels; of a leg they name it, which reduces by itself', () => {
    const leg = { ...HEAD, posSide: 'long' as const };
    expect(
      stopBody(leg, { stopPx: '47500', targetPx: '55000', triggerBy: 'last', size: { sz: '2' } }),
    ).toEqual({
      ...BARE,
      posSide: 'long',
      ordType: 'oco',
      sz: '2',
      slTriggerPx: '47500',
      slTriggerPxType: 'last',
      slOrdPx: '-1',
      tpTriggerPx: '55000',
      tpTriggerPxType: 'last',
      tpOrdPx: '-1',
    });
  });
});

const BARE = {
  instId: 'BTC-USDT-SWAP',
  tdMode: 'cross',
  side: 'sell',
  algoClOrdId: 'P00000012000003',
  tag: 'TAG1',
};

describe('names of algo orders', () => {
  it('come back as what they were made of', () => {
    for (const [purpose, run, number] of [
      [AlgoPurpose.protection, 0, 1],
      [AlgoPurpose.exit, 99_999_999, 999_999],
    ] as const) {
      const text = algoOrderIdText(purpose, run, number);
      expect(text).toMatch(/^[A-Za-z0-9]{1,32}$/);
      expect(parseAlgoOrderId(text)).toEqual({ purpose, run, number });
      expect(algoRunOf(Buffer.from(`""${text}"`), 2, 17)).toBe(run);
    }
    expect(algoOrderIdText(AlgoPurpose.protection, 12, 1_000_003)).toBe('P00000012000003');
  });

  it.each(['', 'byhand', 'P0000001200000', 'P000000120000030', 'p00000012000003', '100000012000003'])(
    '%j is none of ours',
    (text) => {
      expect(parseAlgoOrderId(text)).toBeNull();
      expect(algoRunOf(Buffer.from(text), 0, text.length)).toBe(-1);
    },
  );
});
