/** Price bars by REST and on the candle channels: open, high, low, close and volumes of a stretch of time. */
const BAR_MS: Readonly<Record<string, number>> = {
  '1s': 1_000,
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1H': 3_600_000,
  '2H': 7_200_000,
  '4H': 14_400_000,
};

/** Bars kept for each length; docs-v5 gives the newest 1,440. */
const BARS_KEPT_MAX = 1_440;

interface Bar {
  readonly startMs: number;
  readonly open: string;
  high: string;
  low: string;
  close: string;
  highPrice: number;
  lowPrice: number;
  /** Base currency or contracts; a float is good enough for a volume that nobody trades on. */
  volume: number;
  quoteVolume: number;
}

interface Series {
  readonly durationMs: number;
  readonly bars: Bar[];
}

/** The bars of one instrument, of every length, made from its trades. Stretches without a trade have no bar. */
export class Candles {
  readonly #series: ReadonlyMap<string, Series> = new Map(
    Object.entries(BAR_MS).map(([bar, durationMs]) => [bar, { durationMs, bars: [] }]),
  );

  static isBar(bar: string): boolean {
    return Object.hasOwn(BAR_MS, bar);
  }

  trade(px: string, sz: string, tsMs: number): void {
    const price = Number(px);
    const size = Number(sz);
    for (const { durationMs, bars } of this.#series.values()) {
      let current = bars.at(-1);
      if (current === undefined || tsMs >= current.startMs + durationMs) {
        current = barOf(Math.floor(tsMs / durationMs) * durationMs, px, price);
        bars.push(current);
        if (bars.length > BARS_KEPT_MAX) bars.shift();
      } else {
        if (price > current.highPrice) {
          current.high = px;
          current.highPrice = price;
        }
        if (price < current.lowPrice) {
          current.low = px;
          current.lowPrice = price;
        }
        current.close = px;
      }
      current.volume += size;
      current.quoteVolume += size * price;
    }
  }

  /** Rows [ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm], newest first. */
  rows(bar: string, count: number, nowMs: number): string[][] {
    const bars = this.#series.get(bar)?.bars ?? [];
    return bars
      .slice(-count)
      .toReversed()
      .map(({ startMs, open, high, low, close, volume, quoteVolume }) => {
        const isClosed = nowMs >= startMs + BAR_MS[bar]!;
        const [vol, quoteVol] = [plain(volume), plain(quoteVolume)];
        return [String(startMs), open, high, low, close, vol, vol, quoteVol, isClosed ? '1' : '0'];
      });
  }
}

function barOf(startMs: number, px: string, price: number): Bar {
  return {
    startMs,
    open: px,
    high: px,
    low: px,
    close: px,
    highPrice: price,
    lowPrice: price,
    volume: 0,
    quoteVolume: 0,
  };
}

function plain(value: number): string {
  return String(Number(value.toFixed(8)));
}
