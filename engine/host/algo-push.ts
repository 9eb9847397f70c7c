import { Channel } from '../okx/shapes.ts';
import { RowReader } from '../venue/account-rows.ts';
import { readAlgo, type AlgoRow } from '../venue/algo-rows.ts';

const CHANNELS: readonly unknown[] = [Channel.ordersAlgo, Channel.algoAdvance];
const EMPTY: readonly AlgoRow[] = [];

/**
 * The rows of a frame of /business; none of one that tells something else, or nothing that can be read. Cold: a few a
 * minute.
 */
export function algoRowsOf(text: string): readonly AlgoRow[] {
  if (!text.includes('"data"')) return EMPTY;
  try {
    const push = JSON.parse(text) as { arg?: { channel?: unknown }; data?: unknown };
    if (!CHANNELS.includes(push.arg?.channel) || !Array.isArray(push.data)) return EMPTY;
    return push.data.map((row) => readAlgo(new RowReader(row, 'GET', '/ws/v5/business')));
  } catch {
    // What it says is learnt by REST, a little later.
    return EMPTY;
  }
}
