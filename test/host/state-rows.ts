import { blankState } from '../../engine/host/engine-state.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';

/** A state with something in every field. Every trade of it carries the run, so that two states cannot be mixed unseen. */
export function stateOf(run: number, tradeCount = 3): EngineState {
  return {
    ...blankState([{ trigger: 'operator', level: 'paused', instId: 'BTC-USDT' }], 1_795_000_000_000 + run),
    venue: 'paper/global',
    uid: '446556789012345678',
    tag: 'ΔTAG',
    run,
    loss: {
      baseline: -12.5,
      peak: 3.25,
      instruments: [{ instId: 'BTC-USDT', baseline: 0, profit: -0.1 }],
    },
    trades: Array.from({ length: tradeCount }, (_, index) => ({
      instId: 'BTC-USDT',
      tradeId: run,
      tsMs: 1_795_000_000_000 + index,
      hasFee: index % 2 === 0,
    })),
    verifiedMs: 1_795_000_000_000,
    holdings: { BTC: '20.00000001' },
  };
}
