export type StateErrorCode =
  /** There is a state, and it is not what was written: it is kept aside, and the next start is halted. */
  | 'STATE_DAMAGED'
  /** There is a state of another version of the engine: it is left as it is. */
  | 'STATE_VERSION'
  | 'STATE_UNREADABLE'
  | 'STATE_UNWRITABLE';

/** The state of earlier runs cannot be had, or that of this run not be kept. The text says what to do. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;

  constructor(code: StateErrorCode, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}
