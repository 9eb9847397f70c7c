import { DecimalGrid } from '../../engine/base/decimal.ts';
import type { Random } from '../../engine/base/random.ts';
import type { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import type { SimOptions } from './options.ts';

/** So far from the market that nobody ever comes for them, and within the venue's price limits. */
const DISTANCE_MIN = 0.03;
const DISTANCE_MAX = 0.045;
/** The venue's reasons to end an order by itself: a new grid, and the switch of the tag. */
const ENDED_BY_VENUE: ReadonlySet<string> = new Set(['0', '2', '3', '6', '7', '10', '20']);

/**
 * Another program of the same account. Its orders rest beside ours, some without a tag, some with our very tag but ids that
 * are not of our plan; nothing that an engine does may touch them.
 */
export class ForeignOrders {
  readonly ids = new Set<string>();
  readonly #venue: PaperVenue;
  readonly #uid: string;
  readonly #options: SimOptions;
  readonly #random: Random;
  readonly #instIds = new Map<string, string>();
  #count = 0;

  constructor(venue: PaperVenue, uid: string, options: SimOptions, random: Random) {
    this.#venue = venue;
    this.#uid = uid;
    this.#options = options;
    this.#random = random;
  }

  /** Places one more, while there are few. */
  place(): void {
    if (this.ids.size >= 6) return;
    const { config, tag, positionMode } = this.#options;
    const { instId, tradeMode, product, marginCcy } =
      config.instruments[this.#random.below(config.instruments.length)]!;
    const row = this.#venue.exchange.instruments('', '', instId)[0]!;
    // A premium may be anything: nothing is out of its reach.
    if (row.instType === 'OPTION') return;
    const side = this.#random.unit() < 0.5 ? 'buy' : 'sell';
    const reach = DISTANCE_MIN + this.#random.unit() * (DISTANCE_MAX - DISTANCE_MIN);
    const mark = Number(this.#venue.exchange.markPrice(instId)?.['markPx'] ?? 0);
    const tick = new DecimalGrid(String(row.tickSz));
    const ticks = Math.round((mark * (side === 'buy' ? 1 - reach : 1 + reach)) / tick.value);
    const isTagged = this.#random.unit() < 0.5;
    const hasLegs = positionMode === 'long_short_mode' && ['SWAP', 'FUTURES'].includes(String(row.instType));
    const result = this.#venue.exchange.place(this.#uid, {
      instId,
      tdMode: tradeMode,
      side,
      ordType: 'limit',
      px: tick.toText(ticks),
      sz: row.minSz,
      clOrdId: `other${++this.#count}`,
      ...(isTagged ? { tag } : {}),
      ...(hasLegs ? { posSide: side === 'buy' ? 'long' : 'short' } : {}),
      ...(product === 'margin' ? { ccy: marginCcy } : {}),
    });
    if (result.sCode !== '0') return;
    this.ids.add(result.ordId);
    this.#instIds.set(result.ordId, instId);
  }

  /** Strikes out what the venue ended for reasons of its own. */
  look(): void {
    for (const ordId of this.ids) {
      const row = this.#venue.exchange.order(this.#uid, this.#instIds.get(ordId)!, { ordId });
      if (row === null || row['state'] !== 'canceled') continue;
      if (ENDED_BY_VENUE.has(String(row['cancelSource']))) this.ids.delete(ordId);
    }
  }
}
