export const ReplayErrorCode = {
  /** The run cannot be replayed from its start: its beginning is gone, or was written by another build. */
  noStart: 'REPLAY_NO_START',
  /** A record is not as this build writes it. */
  unreadable: 'REPLAY_UNREADABLE',
  /** It was to end before the run began. */
  tooEarly: 'REPLAY_TOO_EARLY',
} as const;
export type ReplayErrorCode = (typeof ReplayErrorCode)[keyof typeof ReplayErrorCode];

/** A run cannot be replayed. That it does something else when it is, is a result and no error. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
  readonly code: ReplayErrorCode;

  constructor(code: ReplayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
