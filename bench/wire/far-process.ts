import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { compiledFile } from './compiled-file.ts';
import type { FarOrder, FarReport } from './far-side.ts';
import type { WireSecurity } from './wire-security.ts';

export const START_TIMEOUT_MS = 20_000;
const PLAY_MARGIN_MS = 20_000;
/** On a machine without two free cores a frame takes some slices of the scheduler. */
const FRAME_MS_MAX = 100;

type Played = Extract<FarReport, { kind: 'played' }>;

/** The far side's process where there is no compiler, seen from the engine's. */
export class FarProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(security: WireSecurity): Promise<FarProcess> {
    const child = fork(compiledFile('far-side'), [security], { execArgv: [], serialization: 'advanced' });
    try {
      const outcome = await nextReport(child, START_TIMEOUT_MS);
      if (outcome.kind !== 'listening') throw new Error(`far side: expected its port, was ${outcome.kind}`);
      return new FarProcess(child, outcome.port);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** @throws Error when the engine did not answer every frame */
  async play(order: FarOrder): Promise<Played> {
    this.#child.send(order);
    const outcome = await nextReport(this.#child, playTimeoutMs(order));
    if (outcome.kind === 'played') return outcome;
    throw new Error(`wire-to-wire: ${outcome.kind === 'lost' ? outcome.text : 'the far side began anew'}`);
  }

  async close(): Promise<void> {
    if (!this.#child.connected) return;
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    this.#child.disconnect();
    await ended;
  }
}

/** How long a round may take. The far side itself gives up when one frame has no answer for two seconds. */
export function playTimeoutMs({ frames, intervalUs }: FarOrder): number {
  return frames * (intervalUs / 1_000 + FRAME_MS_MAX) + PLAY_MARGIN_MS;
}

function nextReport(child: ChildProcess, timeoutMs: number): Promise<FarReport> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => settle(() => reject(new Error(`far side: expected a report within ${timeoutMs} ms`))),
      timeoutMs,
    );
    const onMessage = (outcome: FarReport): void => settle(() => resolve(outcome));
    const onExit = (code: number | null): void =>
      settle(() => reject(new Error(`far side: ended by itself with code ${code}`)));
    function settle(act: () => void): void {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    }
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
