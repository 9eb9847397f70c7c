import { Random } from '../../engine/base/random.ts';

export interface GeneratedMarket {
  readonly seed: number;
  readonly seconds: number;
  /** Of both sides: A·e^(−k·d). */
  readonly rate: number;
  readonly decay: number;
  /** Ticks/√s. */
  readonly sigma: number;
  /** Sweeps come so many at a time, two milliseconds from each other. */
  readonly cluster?: number;
  /** What is done to a row before it is written; undefined leaves it out. */
  readonly change?: (row: Row) => Row | undefined;
}

export interface Row {
  readonly [field: string]: unknown;
}

export const SWAP = 'BTC-USDT-SWAP';
const TICK = 0.1;
const BEGIN_MS = Date.UTC(2024, 7, 8, 12);
const STEP_MS = 20;
const DEPTH_LOTS = 1_000;
const START_TICKS = 618_000;

const sides = ['buy', 'sell'] as const;

const px = (ticks: number): string => (ticks * TICK).toFixed(1);

/**
 * A recording of BTC-USDT-SWAP, a line each, in which everything is known: the micro-price moves as a random walk, its fraction
 * of a tick told by the sizes of a book one tick wide; takers come at random and take every price up to as far as they reach,
 * each in rows of one time.
 */
export function generateMarket({
  seed,
  seconds,
  rate,
  decay,
  sigma,
  cluster = 1,
  change,
}: GeneratedMarket): string {
  const random = new Random(seed);
  const rows: Row[] = [];
  let fair = START_TICKS;
  let tradeId = 0;
  let best = { bid: 0, ask: 0 };
  const book = (ms: number, action: string): void => {
    const bid = Math.floor(fair);
    const bidLots = Math.max(1, Math.round(DEPTH_LOTS * (fair - bid)));
    const levels = (ticks: number, lots: number): string[][] => [[px(ticks), String(lots), '0', '1']];
    // Levels that are no longer the best are taken out: the book has one level a side.
    const gone = (before: number, now: number): string[][] =>
      before === 0 || before === now ? [] : [[px(before), '0', '0', '0']];
    rows.push({
      recvNs: `${ms}000000`,
      instId: SWAP,
      action,
      ts: String(ms),
      asks: [...levels(bid + 1, DEPTH_LOTS - bidLots || 1), ...gone(best.ask, bid + 1)],
      bids: [...levels(bid, bidLots), ...gone(best.bid, bid)],
    });
    best = { bid, ask: bid + 1 };
  };
  const trade = (ms: number, side: string, ticks: number): void => {
    tradeId++;
    const ts = String(ms);
    rows.push({
      recvNs: `${ms}000000`,
      instId: SWAP,
      channel: 'trades',
      tradeId: String(tradeId),
      px: px(ticks),
      sz: '1',
      side,
      ts,
    });
  };
  const sweep = (ms: number, side: 'buy' | 'sell'): void => {
    const reach = random.exponential(1 / decay);
    const last = side === 'buy' ? Math.floor(fair + reach) : Math.ceil(fair - reach);
    const first = side === 'buy' ? best.ask : best.bid;
    if (side === 'buy' ? last < first : last > first) return;
    trade(ms, side, first);
    if (last !== first) trade(ms, side, last);
  };
  book(BEGIN_MS, 'snapshot');
  // Milliseconds since the beginning, in the order of time: two of one side and time would be one sweep.
  const due = sides.flatMap((side) => {
    const times: { ms: number; side: 'buy' | 'sell' }[] = [];
    for (
      let time = random.exponential(cluster / rate);
      time < seconds;
      time += random.exponential(cluster / rate)
    ) {
      for (let count = 0; count < cluster; count++)
        times.push({ ms: Math.ceil(time * 1_000) + 2 * count, side });
    }
    return times;
  });
  due.sort((one, other) => one.ms - other.ms);
  let next = 0;
  for (let step = 1; step <= (seconds * 1_000) / STEP_MS; step++) {
    const ms = BEGIN_MS + step * STEP_MS;
    for (; next < due.length && due[next]!.ms <= step * STEP_MS; next++)
      sweep(BEGIN_MS + due[next]!.ms, due[next]!.side);
    fair += sigma * Math.sqrt(STEP_MS / 1_000) * random.normal();
    book(ms, 'update');
  }
  const changed = change === undefined ? rows : rows.map(change).filter((row) => row !== undefined);
  return `${changed.map((row) => JSON.stringify(row)).join('\n')}\n`;
}
