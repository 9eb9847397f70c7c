export type ControlErrorCode =
  /** Another engine has the directory. */
  | 'CONTROL_BUSY'
  /** The directory or its socket cannot be used at all. */
  | 'CONTROL_UNUSABLE'
  /** Nobody listens there. */
  | 'CONTROL_NO_ENGINE'
  /** Somebody listens, and does not answer as an engine does. */
  | 'CONTROL_SILENT';

/** The control socket cannot be opened, or nobody answers on it. The text says what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }
}
