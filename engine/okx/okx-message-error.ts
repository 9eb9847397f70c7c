/** A cold message that is not what the documentation says. The text names the field, what was expected and what came. */
export class OkxMessageError extends Error {
  override readonly name = 'OkxMessageError';
  readonly code = 'OKX_MESSAGE';
  /** Where in the message, such as `data[0].px`. */
  readonly field: string;

  constructor(field: string, expected: string, was: unknown, cause?: unknown) {
    super(`${field}: expected ${expected}, was ${shown(was)}`, cause === undefined ? undefined : { cause });
    this.field = field;
  }
}

/** A value short enough for one line of an error. */
function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : (JSON.stringify(value) ?? String(value));
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`;
}
