import { expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { captureState, restoreState } from '../../engine/host/engine-snapshot.ts';
import type { Lasting } from '../../engine/host/engine-snapshot.ts';
import { Holdings } from '../../engine/host/holdings.ts';
import { fillsSinceMs } from '../../engine/host/recovery.ts';
import { restoreMemory } from '../../engine/loop/loop-memory.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import { KillLadder } from '../../engine/risk/kill-ladder.ts';
import { LossWatch } from '../../engine/risk/loss-watch.ts';
import { LINEAR, ledgerInstruments } from '../orders/ledger-instruments.ts';

function lastingOf(capacity: number): Lasting {
  const instruments = [ledgerInstruments[LINEAR]!];
  const ledger = new PositionLedger(instruments);
  const trades = new TradeLog(capacity);
  const ladder = new KillLadder(instruments);
  const limits = { lossMax: Infinity, drawdownMax: Infinity, instrumentLossMax: [Infinity] };
  const loss = new LossWatch({ instruments, ladder, ...limits });
  const hedge = { memory: () => [{ coin: 'BTC', day: 20_000, cost: 12.5, isStopped: true }] };
  const holdings = new Holdings(instruments, ledger, trades);
  return { instruments, ledger, trades, ladder, loss, hedge, holdings };
}

it('a restart does not ask again for trades that are booked and that the log had no room for', () => {
  const lasting = lastingOf(4);
  const identity = {
    venue: 'paper',
    uid: '1',
    tag: 'T',
    run: 1,
    runs: [1],
    savedMs: 0,
    verifiedMs: 1_000_000,
  };
  // Audits have failed for a while, so that nothing is verified, and more is traded than the log holds.
  const times = Array.from({ length: 10 }, (_, index) => 1_000_000 + index * 1_000);
  for (const [index, tsMs] of times.entries()) {
    lasting.ledger.onTrade(0, Side.buy, 100, 1);
    lasting.trades.add(0, index + 1, tsMs, true);
  }
  const state = captureState(identity, lasting, new Uint8Array(1));
  const next = lastingOf(4);
  const isNew = restoreState(state, next, false, (memory) => restoreMemory(next, memory));
  expect(isNew).toEqual(new Uint8Array(1));
  const sinceMs = fillsSinceMs(state.verifiedMs, times.at(-1)!);
  const again = times.filter((tsMs) => tsMs >= sinceMs);
  expect(again).toHaveLength(4);
  for (const tsMs of again) expect(next.trades.look(0, times.indexOf(tsMs) + 1)).toBeGreaterThan(0);
});

it('a hedge that stopped for its loss stays so over a restart, on an account that is new to us, too', () => {
  const lasting = lastingOf(4);
  const identity = {
    venue: 'paper',
    uid: '1',
    tag: 'T',
    run: 1,
    runs: [1],
    savedMs: 0,
    verifiedMs: 1_000_000,
  };
  const state = captureState(identity, lasting, new Uint8Array(1));
  for (const isFreshAccount of [false, true]) {
    const told: unknown[] = [];
    restoreState(state, lastingOf(4), isFreshAccount, ({ hedges }) => told.push(hedges));
    expect(told).toEqual([[{ coin: 'BTC', day: 20_000, cost: 12.5, isStopped: true }]]);
  }
  // A state of before there were hedges.
  const { hedges: _none, ...older } = state;
  const told: unknown[] = [];
  restoreState(older, lastingOf(4), false, ({ hedges }) => told.push(hedges));
  expect(told).toEqual([[]]);
});
