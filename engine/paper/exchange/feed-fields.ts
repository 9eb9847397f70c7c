/** What a recorded event says, in the ticks and lots of the market that plays it. */
import { OFF_GRID } from '../../base/decimal.ts';
import { TICKS_MAX, type Lots, type Ticks } from '../../base/units.ts';
import { FeedError, type FeedEvent } from './feed-source.ts';
import type { Market } from './market.ts';

/** One side's rows of an event, read. */
export class LevelRows {
  readonly ticks: Ticks[] = [];
  readonly lots: Lots[] = [];
  count = 0;

  /** @throws FeedError when a price or a size is not on the market's grids */
  read(market: Market, rows: FeedEvent['asks']): void {
    this.count = rows.length;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index]!;
      this.ticks[index] = readTicks(market, row[0]!);
      this.lots[index] = readLots(market, row[1]!);
    }
  }
}

/** @throws FeedError when the price is not on the market's grid, as all of these do */
export function readTicks(market: Market, text: string): Ticks {
  const ticks = market.listing.tick.fromText(text);
  if (ticks === OFF_GRID || ticks === 0 || ticks > TICKS_MAX) throw offGrid(market, 'price', text);
  return ticks;
}

/** A mark price is an average: it may lie between ticks, and is rounded. */
export function readMark(market: Market, text: string): Ticks {
  const ticks = Math.round(Number(text) / market.listing.tick.value);
  if (!(ticks >= 1 && ticks <= TICKS_MAX)) throw offGrid(market, 'price', text);
  return ticks;
}

export function readRate(market: Market, text: string): number {
  const rate = Number(text);
  if (text !== '' && Number.isFinite(rate)) return rate;
  throw new FeedError(
    `feed: expected a funding rate of ${market.listing.instId} as a decimal, was "${text}"`,
  );
}

export function readLots(market: Market, text: string): Lots {
  const lots = market.listing.lot.fromText(text);
  if (lots === OFF_GRID) throw offGrid(market, 'size', text);
  return lots;
}

function offGrid(market: Market, what: 'price' | 'size', text: string): FeedError {
  const { instId, tick, lot } = market.listing;
  const step = what === 'price' ? tick.step : lot.step;
  return new FeedError(
    `feed: expected a ${what} of ${instId} on the grid of ${step}, was "${text}"; list the instrument as it was recorded`,
  );
}
