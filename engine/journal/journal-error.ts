export const JournalErrorCode = {
  /** There is no journal where one was looked for. */
  notFound: 'JOURNAL_NOT_FOUND',
  /** The run that was asked for is not in it. */
  noRun: 'JOURNAL_NO_RUN',
  /** What is on disk is not what was written. */
  damaged: 'JOURNAL_DAMAGED',
  /** Written by another version of this program. */
  version: 'JOURNAL_VERSION',
  /** The directory has this run already. */
  runExists: 'JOURNAL_RUN_EXISTS',
  /** The disk or the thread refuses. */
  failed: 'JOURNAL_FAILED',
} as const;
export type JournalErrorCode = (typeof JournalErrorCode)[keyof typeof JournalErrorCode];

/** Where a journal is damaged: [firstSequence, nextSequence) cannot be read. */
export interface JournalDamage {
  readonly file: string;
  readonly offset: number;
  readonly firstSequence: number;
  /** -1 where nothing readable follows. */
  readonly nextSequence: number;
}

/** A journal cannot be written or read. The text says what was expected, what was found, and what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  readonly damage: JournalDamage | undefined;

  constructor(
    code: JournalErrorCode,
    message: string,
    options: ErrorOptions & { readonly damage?: JournalDamage } = {},
  ) {
    super(message, options);
    this.code = code;
    this.damage = options.damage;
  }
}
