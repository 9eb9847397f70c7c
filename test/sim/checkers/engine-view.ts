import type { Instrument } from '../../../engine/base/instrument.ts';
import type { Book } from '../../../engine/book/book.ts';
import { MetricsWriter } from '../../../engine/metrics/cells.ts';
import type { MetricsMemory } from '../../../engine/metrics/cells.ts';
import type { LoopTruth } from '../../../engine/loop/loop-truth.ts';
import type { OrderTable } from '../../../engine/orders/order-table.ts';
import type { PositionLedger } from '../../../engine/orders/position-ledger.ts';
import type { KillLadder } from '../../../engine/risk/kill-ladder.ts';
import type { SimWorldView } from '../sim-types.ts';

/** What checkers read of an engine: what it believes, never what it would decide. */
export interface EngineView {
  readonly run: number;
  readonly instruments: readonly Instrument[];
  readonly memory: MetricsMemory;
  readonly loop: {
    /** What names of orders begin with; none where they are digits alone. */
    readonly idTag?: string;
    readonly table: OrderTable;
    readonly ladder: KillLadder;
    readonly ledger: PositionLedger;
    /** Engines that are moved by hand have none. */
    readonly truth?: LoopTruth;
    readonly market: { readonly books: readonly Book[] };
  };
}

export function engineOf(world: SimWorldView): EngineView | null {
  return world.engine;
}

/** How often the loop has compared what is wanted with what lives, as it counts itself. */
export function turnsOf(engine: EngineView): number {
  const writer = new MetricsWriter(engine.memory);
  return writer.valueOf(writer.cell('turns'));
}

/** An order's name at the venue, by the plans of client order ids: 1 and run, or tag and run in base 36; slot, generation. */
export function orderName(run: number, slot: number, generation: number, tag = ''): string {
  const part = (value: number, digits: number, base = 10): string =>
    value.toString(base).padStart(digits, '0');
  const beginning = tag === '' ? `1${part(run, 8)}` : `${tag}${part(run, 6, 36)}`;
  return `${beginning}${part(slot, 4)}${part(generation, 6)}`;
}
