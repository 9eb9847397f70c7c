import type { Lots, Ticks } from './units.ts';

/**
 * @hot The size-weighted mid ("naive micro-price"), in ticks with a fraction: Pb + I·(Pa − Pb), I = Qb / (Qb + Qa).
 * Cross-weighted: a big bid moves it towards the ask. Source: S. Stoikov, Quantitative Finance 18(12), 2018, §2.
 * Sizes must be our own orders' excluded, and their sum above zero.
 */
export function microPrice(bidTicks: Ticks, bidLots: Lots, askTicks: Ticks, askLots: Lots): number {
  return bidTicks + (askTicks - bidTicks) * (bidLots / (bidLots + askLots));
}
