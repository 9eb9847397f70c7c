/** What the process says when it ends. The numbers above 63 are those of sysexits.h. */
export const ExitCode = {
  done: 0,
  /** A check failed, or not every order could be confirmed cancelled. */
  failed: 1,
  usage: 2,
  /** A bug was caught by an assertion. */
  internal: 70,
  /** The venue cannot be reached: the same start may succeed later. */
  unavailable: 75,
  /** The configuration, or the account it names, must be changed first. */
  config: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
