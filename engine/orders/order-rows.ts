/** Rows of order updates, as the decoder of the venue's pushes gives them. */
export interface OrderRows {
  readonly slot: Int32Array;
  readonly generation: Int32Array;
  /** UpdateState */
  readonly state: Uint8Array;
  /** Zero or less where the push does not say. */
  readonly priceTicks: Int32Array;
  readonly sizeLots: Float64Array;
  /** Filled since the order began; below zero where the push does not say. */
  readonly accFillLots: Float64Array;
  readonly uTimeMs: Float64Array;
  /** Id of the amend that the push reports on, -1 when it reports on none. */
  readonly reqId: Float64Array;
  readonly amendResult: Int8Array;
}
