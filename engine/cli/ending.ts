import type { Clock } from '../base/clock.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { ExitCode } from './exit-code.ts';

/** A signal so soon after the first is its echo: npm forwards the Ctrl-C that the terminal sends to all its processes. */
const ECHO_NS = NS_PER_SECOND;

export interface Ending {
  /** Resolves when the process is to stop: with what failed, or with nothing when it was told to. */
  readonly promise: Promise<Error | undefined>;
  readonly fail: (error: Error) => void;
}

/**
 * What ends a process that runs until it is told: a signal, the duration, an error, and where a supervisor started it, that
 * supervisor's end.
 *
 * @param durationMs 0 for none
 * @param onImpatience the second signal, of a person who does not want to wait: ends the process unless given
 */
export function ending(durationMs: Milliseconds, clock: Clock, onImpatience?: () => void): Ending {
  let settle: (error: Error | undefined) => void = () => {};
  const promise = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  let firstNs: Nanoseconds = -1;
  const onSignal = (): void => {
    const nowNs = clock.nowNs();
    if (firstNs === -1) firstNs = nowNs;
    // The venue may be left with orders.
    if (nowNs - firstNs > ECHO_NS) (onImpatience ?? exitNow)();
    settle(undefined);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A terminal that is closed must leave no orders either.
  process.on('SIGHUP', onSignal);
  // Only a process that was forked has a channel that can close.
  process.on('disconnect', () => settle(undefined));
  // It may have closed before anybody listened; without one, this is undefined.
  if (process.connected === false) settle(undefined);
  if (durationMs > 0) setTimeout(() => settle(undefined), durationMs).unref();
  return { promise, fail: settle };
}

function exitNow(): void {
  process.exit(ExitCode.failed);
}
