import { Side } from '../../engine/base/side.ts';
import type { Milliseconds } from '../../engine/base/units.ts';
import type { AlgoAmend, AlgoCancel, AlgoPlace } from '../../engine/okx/algo-requests.ts';
import { AlgoState } from '../../engine/okx/shapes.ts';
import type { AlgoResult, AlgoRow } from '../../engine/venue/algo-rows.ts';

/** The algo orders of a small account: they wait, and do nothing by themselves. */
export class TinyAlgos {
  /** All that ever were, by algoId. */
  readonly rows = new Map<string, AlgoRow>();
  /** What was asked for, in order. */
  readonly asked: string[] = [];
  /** The bodies of all that were placed. */
  readonly bodies: AlgoPlace[] = [];
  /** The sCode of the next place, amend or cancel; '0' for none refused. */
  nextCode = '0';
  #nextId = 700;

  get waiting(): AlgoRow[] {
    return [...this.rows.values()].filter(({ state }) => state === AlgoState.live);
  }

  place(body: AlgoPlace): AlgoResult {
    const text = (name: string): string => String(body[name] ?? '');
    this.asked.push(`place ${text('ordType')} ${text('side')} ${text('slTriggerPx')}`);
    this.bodies.push(body);
    const sCode = this.#takeCode();
    const algoId = sCode === '0' ? String(this.#nextId++) : '';
    const result = { algoId, algoClOrdId: text('algoClOrdId'), tag: text('tag'), sCode, sMsg: '' };
    if (sCode !== '0') return result;
    this.rows.set(algoId, {
      instType: 'SWAP',
      instId: text('instId'),
      algoId,
      algoClOrdId: text('algoClOrdId'),
      tag: text('tag'),
      ordType: text('ordType'),
      state: AlgoState.live,
      side: body['side'] === 'buy' ? Side.buy : Side.sell,
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
      uTimeMs: 0,
      cTimeMs: 0,
    });
    return result;
  }

  amend({ algoId, newSz, newSlTriggerPx, newTpTriggerPx }: AlgoAmend): AlgoResult {
    this.asked.push(`amend ${newSlTriggerPx ?? ''}`);
    const row = this.rows.get(algoId);
    const sCode = row === undefined ? '51503' : this.#takeCode();
    if (row !== undefined && sCode === '0') {
      this.rows.set(algoId, {
        ...row,
        sz: newSz ?? row.sz,
        slTriggerPx: newSlTriggerPx ?? row.slTriggerPx,
        tpTriggerPx: newTpTriggerPx ?? row.tpTriggerPx,
      });
    }
    return { algoId, algoClOrdId: row?.algoClOrdId ?? '', tag: '', sCode, sMsg: '' };
  }

  cancel(cancels: readonly AlgoCancel[]): AlgoResult[] {
    return cancels.map(({ algoId }) => {
      this.asked.push('cancel');
      const row = this.rows.get(algoId);
      const sCode = row?.state === AlgoState.live ? this.#takeCode() : '51400';
      if (sCode === '0') this.end(algoId, AlgoState.canceled);
      return { algoId, algoClOrdId: row?.algoClOrdId ?? '', tag: '', sCode, sMsg: '' };
    });
  }

  triggeredSince(sinceMs: Milliseconds): AlgoRow[] {
    return [...this.rows.values()].filter(
      ({ state, uTimeMs }) => state === AlgoState.effective && uTimeMs > sinceMs,
    );
  }

  find(algoClOrdId: string): AlgoRow | undefined {
    return [...this.rows.values()].find((row) => row.algoClOrdId === algoClOrdId);
  }

  end(algoId: string, state: AlgoState, uTimeMs = 0): void {
    this.rows.set(algoId, { ...this.rows.get(algoId)!, state, uTimeMs });
  }

  #takeCode(): string {
    const code = this.nextCode;
    this.nextCode = '0';
    return code;
  }
}
