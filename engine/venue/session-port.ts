import type { Milliseconds } from '../base/units.ts';

/** Does something after a while, unless what it returns is called before. */
export type After = (ms: Milliseconds, run: () => void) => () => void;

/** The runtime's timers; a simulation has its own. */
export const afterTimer: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/**
 * What the host needs of a lasting session with the venue: `Session` over a WebSocket, or the REST sessions, which look the
 * same from here. What it hears goes to a `SessionHandler` (session.ts).
 */
export interface SessionPort {
  readonly isUp: boolean;
  /** Once. */
  start(): void;
  /** @hot False when nothing was sent. The bytes may be changed at once. */
  send(bytes: Uint8Array, length: number): boolean;
  /** Down, and up again on what is new. */
  reconnect(reason: string): void;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}
