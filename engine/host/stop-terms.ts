/**
 * What the stop of a position should be, and how far one that stands is from it. Numbers only: no venue, no clock.
 *
 *     long   target ── entry ── stop        sold when the price falls to the stop
 *     short  stop ── entry ── target        bought when it rises there
 */
import { Side } from '../base/side.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { ProtectionTerms } from '../config/protection-schema.ts';

/** A position, or one leg of it. */
export interface Held {
  readonly isLong: boolean;
  readonly lots: Lots;
  /** Average entry, in ticks, with a fraction. */
  readonly entryTicks: number;
  /** The price now, in ticks. */
  readonly markTicks: number;
}

export interface StopPrices {
  readonly side: Side;
  /** 0 for none. */
  readonly stopTicks: Ticks;
  readonly targetTicks: Ticks;
}

/** A stop that stands at the venue, as far as it matters here. */
export interface Standing {
  readonly side: Side;
  readonly stopTicks: Ticks;
  readonly targetTicks: Ticks;
}

const BPS = 10_000;
/** A price that the venue would take for reached already is none: it lies at least this far from the price of now. */
const NEAR_BPS = 5;

/**
 * From the entry; where the price has been there already, as far from the price of now, so that an engine that begins with a
 * loss does not close at once what nobody asked it to close. The price of one that stands already is kept then: it does
 * not run away from a price that comes nearer, nor from one that has come.
 *
 * @param standing what stands for this side, null for nothing
 */
export function stopPrices(
  held: Held,
  terms: Pick<ProtectionTerms, 'stopLossBps' | 'takeProfitBps'>,
  standing: Standing | null,
): StopPrices {
  const side = held.isLong ? Side.sell : Side.buy;
  const own = standing?.side === side ? standing : null;
  const away = held.isLong ? -1 : 1;
  const stop = priceOf(held, away * terms.stopLossBps, own?.stopTicks ?? 0);
  const target =
    terms.takeProfitBps === 0 ? 0 : priceOf(held, -away * terms.takeProfitBps, own?.targetTicks ?? 0);
  return { side, stopTicks: stop, targetTicks: target };
}

/** @param signedBps from the entry, with its sign */
function priceOf({ entryTicks, markTicks }: Held, signedBps: number, standing: Ticks): Ticks {
  const sign = Math.sign(signedBps);
  const near = markTicks * (1 + (sign * NEAR_BPS) / BPS);
  const fromEntry = Math.max(1, round(entryTicks * (1 + signedBps / BPS), sign));
  if (sign < 0 ? fromEntry < near : fromEntry > near) return fromEntry;
  // Reached already, as this price says: whether it is, the venue alone decides, by its own and by another price perhaps.
  if (standing > 0) return standing;
  return Math.max(1, round(markTicks * (1 + signedBps / BPS), sign));
}

/** Away from the price of now. */
function round(ticks: number, sign: number): Ticks {
  return sign < 0 ? Math.floor(ticks) : Math.ceil(ticks);
}

/** Whether a price has moved so far from where it should be that it is worth a request: by a share of its distance. */
export function isPriceOff(
  stands: Ticks,
  wanted: Ticks,
  entryTicks: number,
  distanceBps: number,
  ratio: number,
): boolean {
  if (stands === wanted) return false;
  if (stands === 0 || wanted === 0) return true;
  return Math.abs(stands - wanted) > ((entryTicks * distanceBps) / BPS) * ratio;
}
