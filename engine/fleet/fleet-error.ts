export type FleetErrorCode =
  /** What an earlier supervisor kept is not what it wrote. */
  | 'FLEET_STATE_DAMAGED'
  /** It cannot be kept. */
  | 'FLEET_STATE_UNWRITABLE';

/** The supervisor of several accounts cannot go on. The text says what to do. */
export class FleetError extends Error {
  override readonly name = 'FleetError';
  readonly code: FleetErrorCode;

  constructor(code: FleetErrorCode, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}
