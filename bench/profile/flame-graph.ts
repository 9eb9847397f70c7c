import type { Flame } from './cpu-profile.ts';

const WIDTH = 1_200;
const ROW = 17;
const TEXT_PX = 6.6;
/** Narrower boxes are left out: nobody could see them. */
const LEAST_PX = 0.4;

/** A flame graph as one SVG: a box a function, as wide as its share of the time, upon the function that called it. */
export function flameGraph(root: Flame, title: string): string {
  const boxes: string[] = [];
  let depthMax = 0;
  const draw = (flame: Flame, left: number, depth: number): void => {
    depthMax = Math.max(depthMax, depth);
    const width = (flame.totalUs / root.totalUs) * WIDTH;
    boxes.push(box(flame, root.totalUs, left, depth, width));
    let at = left;
    for (const child of [...flame.children.values()].toSorted((a, b) => b.totalUs - a.totalUs)) {
      const childWidth = (child.totalUs / root.totalUs) * WIDTH;
      if (childWidth >= LEAST_PX) draw(child, at, depth + 1);
      at += childWidth;
    }
  };
  draw(root, 0, 1);
  const height = (depthMax + 2) * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="11">`,
    `<text x="4" y="12">${escaped(title)}</text>`,
    ...boxes,
    '</svg>\n',
  ].join('\n');
}

function box(flame: Flame, totalUs: number, left: number, depth: number, width: number): string {
  const top = depth * ROW;
  const share = `${((flame.totalUs / totalUs) * 100).toFixed(1)} %`;
  const label = width > 4 * TEXT_PX ? flame.what.slice(0, Math.floor(width / TEXT_PX)) : '';
  return (
    `<g><title>${escaped(`${flame.what} (${flame.room}) ${share}`)}</title>` +
    `<rect x="${left.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colourOf(flame.room)}"/>` +
    `<text x="${(left + 2).toFixed(1)}" y="${top + 12}">${escaped(label)}</text></g>`
  );
}

/** A room has one colour in every graph. */
function colourOf(room: string): string {
  let hash = 0;
  for (let index = 0; index < room.length; index++) hash = (hash * 31 + room.charCodeAt(index)) % 360;
  return `hsl(${hash} 70% 75%)`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
