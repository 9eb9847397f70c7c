/** Wrong command-line arguments. The text says what was expected, what came, and how the command is called. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'BAD_USAGE';
}
