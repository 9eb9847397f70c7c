export type HostErrorCode =
  | 'VENUE_UNREACHABLE'
  | 'ACCOUNT_REFUSED'
  | 'INSTRUMENT_REFUSED'
  /** This machine's clock is too far from the venue's. */
  | 'CLOCK_REFUSED'
  /** The venue does not give the broker's tag back, or it cannot be shown that it does. */
  | 'TAG_REFUSED'
  /** The state is of another account, venue or tag, or its directory cannot be used. */
  | 'STATE_REFUSED'
  | 'EXPORTER_FAILED'
  /** A thread cannot be pinned to the core that is configured. */
  | 'CORES_REFUSED';

/** The engine cannot start, or cannot go on, for a reason outside of it. The text says what to change. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}
