/** What the process says when it ends. The numbers above 63 are those of sysexits.h. */
export const ExitCode = {
  done: 0,
  /** A check failed, not every order could be confirmed cancelled, or the engine refuses a command. */
  failed: 1,
  usage: 2,
  /** A bug was caught by an assertion. */
  internal: 70,
  /** The venue cannot be reached, or no engine runs there: the same may succeed later. */
  unavailable: 75,
  /** The configuration, the account it names, the state or the clock must be put right first. */
  config: 78,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
