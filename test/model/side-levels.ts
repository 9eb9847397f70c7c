import type { BookSide } from '../../engine/book/book-side.ts';

/** All levels of a side as [ticks, lots], best first. */
export function sideLevels(side: BookSide): [ticks: number, lots: number][] {
  const levels: [number, number][] = [];
  for (let ticks = side.bestTicks; ticks > 0; ticks = side.nextTicks(ticks)) {
    levels.push([ticks, side.lotsAt(ticks)]);
    if (levels.length > side.count) throw new Error('the walk down a side does not end');
  }
  return levels;
}
