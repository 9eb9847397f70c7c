import type { OrderRows } from '../../engine/orders/order-rows.ts';
import { AmendResult } from '../../engine/orders/order-state.ts';
import type { UpdateState } from '../../engine/orders/order-state.ts';

export interface UpdateFields {
  readonly slot: number;
  readonly generation: number;
  readonly state: UpdateState;
  readonly ticks?: number;
  readonly lots?: number;
  readonly filled?: number;
  readonly updatedMs?: number;
  readonly amendId?: number;
  readonly amendResult?: number;
}

/** One update in the shape that the decoder gives. */
export function orderRows(fields: UpdateFields): OrderRows {
  return {
    slot: Int32Array.of(fields.slot),
    generation: Int32Array.of(fields.generation),
    state: Uint8Array.of(fields.state),
    priceTicks: Int32Array.of(fields.ticks ?? 0),
    sizeLots: Float64Array.of(fields.lots ?? 0),
    accFillLots: Float64Array.of(fields.filled ?? 0),
    uTimeMs: Float64Array.of(fields.updatedMs ?? 0),
    reqId: Float64Array.of(fields.amendId ?? -1),
    amendResult: Int8Array.of(fields.amendResult ?? AmendResult.none),
  };
}
