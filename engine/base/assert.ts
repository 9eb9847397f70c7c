/** Thrown when an invariant does not hold: a bug in this program, never bad input. Nobody catches it. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly code = 'ASSERTION_FAILED';
}

/**
 * Checks an invariant, in production too. The rule is a constant string: a template string would be built on every
 * call, which costs more than ten times the check itself.
 *
 * @throws AssertionError when the condition is false
 */
export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new AssertionError(rule);
}
