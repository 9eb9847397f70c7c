/**
 * What a fair price with everything on allocates, in bytes, and takes, in nanoseconds: run compiled, in a process of its own
 * with --expose-gc and a young generation that no pass count here fills, so that nothing is collected in between.
 */
import { getHeapStatistics } from 'node:v8';
import { FAIR_PARTS } from '../../../engine/base/explain-record.ts';
import { SystemClock } from '../../../engine/base/clock.ts';
import { MarketDouble } from '../../../engine/handoff/layout.ts';
import { MarketView } from '../../../engine/handoff/market-slot.ts';
import { PLAIN_FAIR_VALUE } from '../../../workers/strategy/fair/fair-value-parameters.ts';
import type { FairBase, FairValueParameters } from '../../../workers/strategy/fair/fair-value-parameters.ts';
import { FairValue } from '../../../workers/strategy/fair/fair-value.ts';

const LEVELS = 10;
const PASSES = 150_000;

const signals: FairValueParameters = {
  ...PLAIN_FAIR_VALUE,
  depthLevels: LEVELS,
  bookImbalance: { kind: 'log', levels: LEVELS, withinBps: 0, weightBps: 0.1 },
  orderFlow: { halfLifeSeconds: 2, weightBps: 0.1 },
  tradeFlow: { halfLifeSeconds: 2, weightBps: 0.1 },
  lead: { instrument: 1, weight: 0.5, ageMsMax: 500, basisSeconds: 60 },
  mark: { weight: 0.2, ageMsMax: 2_000, basisSeconds: 60 },
  index: { weight: 0.2, ageMsMax: 2_000, basisSeconds: 60 },
};
const table = { buckets: 10, spreads: 1, ticks: Array.from({ length: 10 }, (_, bucket) => bucket / 9 - 0.5) };

const market = new MarketView(LEVELS);
const lead = new MarketView(LEVELS);
const half = new Float64Array(1);
const parts = new Float64Array(FAIR_PARTS);

function move(view: MarketView, pass: number): void {
  const { doubles } = view;
  for (let level = 0; level < LEVELS; level++) {
    view.bidTicks[level] = 650_000 + (pass & 1_023) - level;
    view.bidLots[level] = 1 + ((pass * 7 + level) & 4_095);
    view.askTicks[level] = 650_001 + (pass & 1_023) + level;
    view.askLots[level] = 1 + ((pass * 11 + level) & 4_095);
  }
  view.bidCount = LEVELS;
  view.askCount = LEVELS;
  view.isQuotable = true;
  doubles[MarketDouble.recvNs] = 1e15 + pass * 1e7;
  doubles[MarketDouble.ofiLots] = (pass * 13) % 977;
  doubles[MarketDouble.boughtLots] = pass * 3;
  doubles[MarketDouble.soldLots] = pass * 2 + ((pass * 31) % 101);
  doubles[MarketDouble.markTicks] = 650_000.25 + (pass & 1_023);
  doubles[MarketDouble.indexTicks] = 650_000.75 + (pass & 1_023);
}

function run(fair: FairValue): number {
  let checksum = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    move(market, pass);
    if ((pass & 3) === 0) move(lead, pass + 5);
    half[0] = 20 + (pass & 15);
    fair.compute(market, lead, half, parts);
    checksum += fair.fair[0];
  }
  return checksum;
}

const bases: FairBase[] = [
  'mid',
  'micro',
  'vamp',
  'weighted-depth',
  'effective-vamp',
  'impact-mid',
  'stoikov',
];
const clock = new SystemClock();
const results = [...bases, 'plain' as const].map((base) => {
  const parameters: FairValueParameters =
    base === 'plain'
      ? PLAIN_FAIR_VALUE
      : { ...signals, base, depthLots: 5_000, microPrice: base === 'stoikov' ? table : null };
  const fair = new FairValue(parameters, LEVELS);
  // Compilers and the statistics themselves still allocate, at first and now and then: the least of some rounds is the price's.
  run(fair);
  let bytesPerPass = Infinity;
  let passNs = Infinity;
  let checksum = 0;
  for (let round = 0; round < 3; round++) {
    globalThis.gc!();
    const before = getHeapStatistics().used_heap_size;
    const beforeNs = clock.nowNs();
    checksum = run(fair);
    passNs = Math.min(passNs, (clock.nowNs() - beforeNs) / PASSES);
    bytesPerPass = Math.min(bytesPerPass, (getHeapStatistics().used_heap_size - before) / PASSES);
  }
  return { base, bytesPerPass, passNs, checksum };
});
console.log(JSON.stringify(results));
