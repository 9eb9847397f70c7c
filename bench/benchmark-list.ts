import type { Benchmark } from './benchmark.ts';
import { allocation } from './suites/allocation.ts';
import { backtest } from './suites/backtest.ts';
import { bookUpdate } from './suites/book-update.ts';
import { diff } from './suites/diff.ts';
import { encode } from './suites/encode.ts';
import { gate } from './suites/gate.ts';
import { handoff } from './suites/handoff.ts';
import { quoter } from './suites/quoter.ts';
import { histogram } from './suites/histogram.ts';
import { socket } from './suites/socket.ts';
import { journaled } from './suites/journaled.ts';
import { longRun } from './suites/long-run.ts';
import { scale } from './suites/scale.ts';
import { throttle } from './suites/throttle.ts';
import { tickToTrade } from './suites/tick-to-trade.ts';
import { wireToWire } from './suites/wire-to-wire.ts';

/** The whole first, then the parts that explain it. */
export const BENCHMARKS: readonly Benchmark[] = [
  tickToTrade,
  journaled,
  wireToWire,
  bookUpdate,
  handoff,
  quoter,
  encode,
  socket,
  gate,
  diff,
  throttle,
  histogram,
  allocation,
  scale,
  backtest,
  longRun,
];
