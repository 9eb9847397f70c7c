import { Side } from '../base/side.ts';
import type { Milliseconds } from '../base/units.ts';
import type { AlgoPlace } from '../okx/algo-requests.ts';
import { AlgoState, OrderSide } from '../okx/shapes.ts';
import type { AlgoRow } from '../venue/algo-rows.ts';

/** An algo order that was just taken, as the venue's list will tell it. */
export function placedAlgo(body: AlgoPlace, algoId: string, nowMs: Milliseconds): AlgoRow {
  const text = (name: string): string => String(body[name] ?? '');
  return {
    instType: '',
    instId: text('instId'),
    algoId,
    algoClOrdId: text('algoClOrdId'),
    tag: text('tag'),
    ordType: text('ordType'),
    state: AlgoState.live,
    side: body['side'] === OrderSide.buy ? Side.buy : Side.sell,
    posSide: text('posSide') || 'net',
    tdMode: text('tdMode'),
    sz: text('sz'),
    closeFraction: text('closeFraction'),
    isReduceOnly: body['reduceOnly'] === true,
    slTriggerPx: text('slTriggerPx'),
    tpTriggerPx: text('tpTriggerPx'),
    triggerBy: text('slTriggerPxType') || text('tpTriggerPxType'),
    triggerPx: text('triggerPx'),
    callbackRatio: text('callbackRatio'),
    actualSide: '',
    actualSz: '',
    ordIds: [],
    failCode: '',
    // Whatever is told of it later is newer.
    uTimeMs: 0,
    cTimeMs: nowMs,
  };
}
