import type { BookSide } from '../../engine/book/book-side.ts';

/** All levels of a side as [ticks, lots], best first. */
export function sideLevels(side: BookSide): [ticks: number, lots: number][] {
  const ticks = new Int32Array(side.count);
  const lots = new Float64Array(side.count);
  const count = side.copyTop(side.count, ticks, lots);
  return Array.from({ length: count }, (_, level) => [ticks[level]!, lots[level]!]);
}
