import type { Side } from '../base/side.ts';
import type { Milliseconds } from '../base/units.ts';
import type { RowReader } from './account-rows.ts';

/** An algo order as the venue holds it, by REST or as pushed. Prices and sizes stay text, "" where they do not apply. */
export interface AlgoRow {
  readonly instType: string;
  readonly instId: string;
  readonly algoId: string;
  readonly algoClOrdId: string;
  readonly tag: string;
  readonly ordType: string;
  readonly state: string;
  readonly side: Side;
  readonly posSide: string;
  readonly tdMode: string;
  readonly sz: string;
  /** "1": all of the position. */
  readonly closeFraction: string;
  readonly isReduceOnly: boolean;
  readonly slTriggerPx: string;
  readonly tpTriggerPx: string;
  /** Of a stop or a target: which price triggers it, last, index or mark. */
  readonly triggerBy: string;
  readonly triggerPx: string;
  readonly callbackRatio: string;
  /** Which of its sides was triggered: sl, tp, or "". */
  readonly actualSide: string;
  /** What has been placed of it so far, of those that work an order off in pieces. */
  readonly actualSz: string;
  /** Orders it has made. */
  readonly ordIds: readonly string[];
  /** Why it could not make one, a code of orders. */
  readonly failCode: string;
  readonly uTimeMs: Milliseconds;
  readonly cTimeMs: Milliseconds;
}

/** What one item of a place, an amend or a cancel came to. sCode "0": accepted. */
export interface AlgoResult {
  readonly algoId: string;
  readonly algoClOrdId: string;
  readonly tag: string;
  readonly sCode: string;
  readonly sMsg: string;
}

export function readAlgo(row: RowReader): AlgoRow {
  const ordId = row.optionalText('ordId');
  const ordIds = row.optionalTexts('ordIdList');
  return {
    instType: row.optionalText('instType'),
    instId: row.text('instId'),
    algoId: row.text('algoId'),
    algoClOrdId: row.optionalText('algoClOrdId'),
    tag: row.optionalText('tag'),
    ordType: row.text('ordType'),
    state: row.text('state'),
    side: row.side(),
    posSide: row.optionalText('posSide'),
    tdMode: row.optionalText('tdMode'),
    sz: row.optionalDecimal('sz'),
    closeFraction: row.optionalDecimal('closeFraction'),
    isReduceOnly: row.isTrue('reduceOnly'),
    slTriggerPx: row.optionalDecimal('slTriggerPx'),
    tpTriggerPx: row.optionalDecimal('tpTriggerPx'),
    triggerBy: row.optionalText('slTriggerPxType') || row.optionalText('tpTriggerPxType'),
    triggerPx: row.optionalDecimal('triggerPx'),
    callbackRatio: row.optionalDecimal('callbackRatio'),
    actualSide: row.optionalText('actualSide'),
    actualSz: row.optionalDecimal('actualSz'),
    ordIds: ordIds.length > 0 || ordId === '' ? ordIds : [ordId],
    failCode: row.optionalText('failCode'),
    uTimeMs: row.milliseconds('uTime'),
    cTimeMs: row.milliseconds('cTime'),
  };
}

export function readAlgoResult(row: RowReader): AlgoResult {
  return {
    algoId: row.optionalText('algoId'),
    algoClOrdId: row.optionalText('algoClOrdId'),
    tag: row.optionalText('tag'),
    sCode: row.text('sCode'),
    sMsg: row.optionalText('sMsg'),
  };
}
