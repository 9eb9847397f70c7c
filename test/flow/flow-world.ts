import { FLOW_BUCKETS, FLOW_DOUBLES, FlowField } from '../../engine/base/flow-record.ts';
import type { FlowHistogram } from '../../engine/base/flow-record.ts';
import { microPrice } from '../../engine/base/micro-price.ts';
import type { Side } from '../../engine/base/side.ts';
import { FlowStatistics } from '../../engine/flow/flow-statistics.ts';
import { OwnFill, OwnFillDouble } from '../../engine/flow/own-fills.ts';

/** Statistics of one instrument, number 1 of two, with time and venue time in milliseconds. */
export class FlowWorld {
  readonly flow: FlowStatistics;
  readonly now = Float64Array.of(1e9);

  constructor(decayS?: number) {
    this.flow = new FlowStatistics(2, decayS);
    this.flow.sample(this.now);
  }

  /** A market of a lot on each side, `spread` ticks apart, whose fair price is `fair`. */
  market(fair: number, tsMs: number, spread = 2): void {
    const bid = fair - spread / 2;
    this.best([bid, 1, bid + spread, 1], tsMs);
  }

  best([bid, bidLots, ask, askLots]: readonly [number, number, number, number], tsMs: number): void {
    this.flow.bookMs[1] = tsMs;
    const fair = Float64Array.of(0, microPrice(bid, bidLots, ask, askLots));
    this.flow.onMarket(
      1,
      Int32Array.of(bid),
      Float64Array.of(bidLots),
      Int32Array.of(ask),
      Float64Array.of(askLots),
      fair,
    );
  }

  trade(taker: Side, ticks: number, lots: number, tsMs: number): void {
    const rows = {
      ticks: Float64Array.of(9, ticks),
      lots: Float64Array.of(9, lots),
      tsMs: Float64Array.of(9, tsMs),
    };
    this.flow.onTrade(1, taker, rows, 1);
  }

  fill(side: Side, ticks: number, share: number, tsMs: number): void {
    const fill = new OwnFill();
    fill.instrument = 1;
    fill.side = side;
    fill.doubles[OwnFillDouble.ticks] = ticks;
    fill.doubles[OwnFillDouble.share] = share;
    fill.doubles[OwnFillDouble.tsMs] = tsMs;
    this.flow.onFill(fill, this.now);
  }

  /** So many samples, a tenth of a second apart. */
  samples(count: number, each: () => void = () => {}): void {
    for (let sample = 0; sample < count; sample++) {
      this.now[0]! += 1e8;
      this.flow.sample(this.now);
      each();
    }
  }

  row(instrument = 1): Float64Array {
    const row = new Float64Array(FLOW_DOUBLES);
    this.flow.writeRow(instrument, this.now, row);
    return row;
  }

  /** The buckets that are not empty, by the distance at which each begins. */
  histogram(which: FlowHistogram): Record<number, number> {
    const row = this.row();
    const found: Record<number, number> = {};
    for (let bucket = 0; bucket < FLOW_BUCKETS; bucket++) {
      const count = row[which + bucket]!;
      if (count !== 0) found[bucket * row[FlowField.bucketTicks]!] = count;
    }
    return found;
  }
}
