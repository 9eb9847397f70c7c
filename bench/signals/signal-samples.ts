/**
 * Every signal that a fair value can use, sampled ten times a second from the market as it stands then, and the mid with it.
 */
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { MarketDouble } from '../../engine/handoff/layout.ts';
import type { MarketView } from '../../engine/handoff/market-slot.ts';
import { BasisSignal } from '../../workers/strategy/fair/basis-signal.ts';
import {
  bookImbalance,
  effectiveVamp,
  impactMid,
  vamp,
  weightedDepth,
} from '../../workers/strategy/fair/book-estimates.ts';
import { OrderFlowSignal, TradeFlowSignal } from '../../workers/strategy/fair/flow-signals.ts';

export const LEVELS_READ = 50;
const SAMPLE_S = 0.1;
/** A market that comes with the tenth itself is not too early for it, whatever its time rounds to. */
const EARLY = 1e-3;
/** Mean and deviation of flows and distances; a recording may be short. */
const STANDARDISE_S = 600;
const BASIS_S = 60;

export interface SampledSignal {
  readonly name: string;
  /** Its slope is a share of what another price moved, and not basis points for a standard deviation. */
  readonly isShare: boolean;
  /** Called with every market: what it has to remember. */
  readonly update?: (market: MarketView) => void;
  readonly value: (market: MarketView) => number;
}

/** A moment: the time since the first, the mid in ticks, and the signals in order. */
export interface Moment {
  readonly atS: number;
  readonly midTicks: number;
  readonly values: Float64Array;
}

function midOf(market: MarketView): number {
  return (market.bidTicks[0]! + market.askTicks[0]!) / 2;
}

export class SignalSamples {
  readonly signals: readonly SampledSignal[];
  readonly moments: Moment[] = [];
  /** Every change of the mid: when, and to what. */
  readonly midTimes: number[] = [];
  readonly mids: number[] = [];
  readonly #elapsedS = new Float64Array(1);
  /** As they stand. */
  #others: readonly MarketView[] = [];
  #beginNs = -1;
  #atS = 0;
  #nextS = 0;

  /** @param others names of the instruments that may lead */
  constructor(others: readonly string[]) {
    this.signals = this.#list(others);
  }

  /** The others' markets are given as they stand: the caller's views, which it changes in place. */
  onMarket(market: MarketView, others: readonly MarketView[]): void {
    if (this.#beginNs === -1) this.#beginNs = market.recvNs;
    const atS = (market.recvNs - this.#beginNs) / NS_PER_SECOND;
    this.#others = others;
    this.#elapsedS[0] = atS - this.#atS;
    this.#atS = atS;
    for (const signal of this.signals) signal.update?.(market);
    const midTicks = midOf(market);
    if (midTicks !== this.mids.at(-1)) {
      this.midTimes.push(atS);
      this.mids.push(midTicks);
    }
    if (atS < this.#nextS) return;
    // Where nothing comes for a while nothing is sampled: a market that stands says the same again.
    this.#nextS = (Math.floor(atS / SAMPLE_S + EARLY) + 1 - EARLY) * SAMPLE_S;
    const values = Float64Array.from(this.signals, (signal) => signal.value(market));
    this.moments.push({ atS, midTicks, values });
  }

  #list(others: readonly string[]): SampledSignal[] {
    const out = new Float64Array(1);
    const all: SampledSignal[] = [];
    const add = (name: string, write: (market: MarketView) => void, isMid = false): void => {
      all.push({
        name,
        isShare: false,
        value: (market) => {
          write(market);
          return isMid ? out[0]! - midOf(market) : out[0]!;
        },
      });
    };
    const depth = (levels: number, withinBps = 0, lots = 0) => ({ levels, withinBps, lots });
    add('micro', (market) => vamp(market, depth(1), out), true);
    for (const levels of [5, 20]) {
      add(`vamp ${levels}`, (market) => vamp(market, depth(levels), out), true);
      add(`effective-vamp ${levels}`, (market) => effectiveVamp(market, depth(levels), out), true);
      add(`weighted-depth ${levels}`, (market) => weightedDepth(market, depth(levels), out), true);
      add(`impact-mid ${levels}`, (market) => impactMid(market, depth(levels), out), true);
    }
    for (const isLog of [false, true]) {
      const kind = isLog ? 'log' : 'static';
      for (const levels of [1, 5, 10, 20, 50]) {
        add(`imbalance ${kind} ${levels}`, (market) => bookImbalance(market, depth(levels), isLog, out));
      }
      for (const bps of [1, 2.5]) {
        const within = depth(LEVELS_READ, bps);
        add(`imbalance ${kind} <${bps}bps`, (market) => bookImbalance(market, within, isLog, out));
      }
    }
    for (const halfLifeS of [0.2, 0.5, 2, 5]) {
      const flows = [
        ['order flow', new OrderFlowSignal(halfLifeS, STANDARDISE_S, this.#elapsedS)],
        ['trade flow', new TradeFlowSignal(halfLifeS, STANDARDISE_S, this.#elapsedS)],
      ] as const;
      for (const [name, signal] of flows) {
        all.push({
          name: `${name} ${halfLifeS} s`,
          isShare: false,
          update: (market) => signal.update(market),
          value: () => signal.score.value[0]!,
        });
      }
    }
    all.push(this.#share('mark', (market) => market.doubles[MarketDouble.markTicks]!));
    others.forEach((instId, other) =>
      all.push(
        this.#share(`lead ${instId}`, () => {
          const lead = this.#others[other]!;
          if (lead.bidCount === 0 || lead.askCount === 0) return 0;
          vamp(lead, depth(1), out);
          return out[0]!;
        }),
      ),
    );
    return all;
  }

  /** Another price: in ticks of ours, what it moved against its usual distance. Its age is left out. */
  #share(name: string, priceOf: (market: MarketView) => number): SampledSignal {
    const parameters = { weight: 1, ageMsMax: 1_000, basisSeconds: BASIS_S };
    const signal = new BasisSignal(parameters, this.#elapsedS);
    const update = (market: MarketView): void => {
      signal.ours[0] = midOf(market);
      signal.theirs[0] = priceOf(market);
      signal.update();
    };
    return { name, isShare: true, update, value: () => signal.ticks[0]! };
  }
}
