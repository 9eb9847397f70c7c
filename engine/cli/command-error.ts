import type { ExitCode } from './exit-code.ts';

/** Ends a command with this code and this text: what was expected, what came, what to change. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
