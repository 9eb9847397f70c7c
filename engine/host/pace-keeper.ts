/**
 * Keeps the loop in the mode that it was told, as far as the machine allows it: once a second it looks whether the thread
 * had its core, and says in metrics and log what follows.
 *
 * Owner:      the engine thread.
 * Cost:       17 µs a second, outside of the path.
 */
import { LoopMode } from '../base/loop-mode.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { namesOf } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';
import type { CoreSample } from './core-watch.ts';
import type { LoopPace } from './loop-pace.ts';
import { PaceGovernor } from './pace-governor.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND;
const MODE_NAMES = namesOf(LoopMode);

export interface PaceKeeperOptions {
  readonly configured: LoopMode;
  readonly pace: Pick<LoopPace, 'run' | 'stop' | 'turns'>;
  /** None where nothing can be measured: the configured mode stays then. */
  readonly watch: { sample(nowNs: Nanoseconds): CoreSample; close(): void } | undefined;
  readonly writer: MetricsWriter;
  readonly log: (line: string) => void;
  readonly nowNs: Nanoseconds;
}

export class PaceKeeper {
  readonly #options: PaceKeeperOptions;
  readonly #governor: PaceGovernor;
  #sampledNs: Nanoseconds;
  #involuntarySwitches = 0;
  #waitedNs: Nanoseconds = 0;
  #stolenNs: Nanoseconds = 0;

  /** Starts the pace in the configured mode. */
  constructor(options: PaceKeeperOptions) {
    this.#options = options;
    this.#governor = new PaceGovernor(options.configured, options.nowNs);
    this.#sampledNs = options.nowNs;
    const { configured, watch, log } = options;
    if (configured !== LoopMode.sleep) {
      const name = MODE_NAMES[configured];
      log(
        watch === undefined
          ? `loop: ${name}; whether it has a core of its own cannot be measured here (no Linux /proc), so it stays with that`
          : `loop: ${name}`,
      );
    }
    this.#enter();
  }

  onTimer(nowNs: Nanoseconds): void {
    if (nowNs - this.#sampledNs < PERIOD_NS) return;
    this.#sampledNs = nowNs;
    const { pace, watch, writer } = this.#options;
    writer.set(writer.cell('eventLoopTurns'), pace.turns);
    if (watch === undefined) return;
    const sample = watch.sample(nowNs);
    this.#count(sample);
    if (!this.#governor.onSample(sample, nowNs)) return;
    this.#say(sample);
    this.#enter();
  }

  close(): void {
    this.#options.pace.stop();
    this.#options.watch?.close();
  }

  #count({ involuntarySwitches, waitedNs, stolenNs }: CoreSample): void {
    const { writer } = this.#options;
    this.#involuntarySwitches += involuntarySwitches;
    this.#waitedNs += waitedNs;
    this.#stolenNs += stolenNs;
    writer.set(writer.cell('involuntarySwitches'), this.#involuntarySwitches);
    writer.set(writer.cell('coreWait'), this.#waitedNs / NS_PER_SECOND);
    writer.set(writer.cell('steal'), this.#stolenNs / NS_PER_SECOND);
  }

  #enter(): void {
    const { pace, writer } = this.#options;
    const { mode, isFallen, fallbacks } = this.#governor;
    writer.set(writer.cell('loopMode'), mode);
    writer.set(writer.cell('loopFallen'), isFallen ? 1 : 0);
    writer.set(writer.cell('loopFallbacks'), fallbacks);
    pace.run(mode);
  }

  #say(sample: CoreSample): void {
    const { configured, isFallen, crowding, restNs } = this.#governor;
    const name = MODE_NAMES[configured];
    if (!isFallen) {
      this.#options.log(`loop: ${name}, tried again`);
      return;
    }
    const found = {
      none: '',
      waiting: `it was ready to run for ${(sample.waitedNs / 1e6).toFixed(0)} ms of the last second while others ran`,
      switches: `it was put aside ${sample.involuntarySwitches} times in the last second`,
      steal: `the hypervisor kept ${(sample.stolenRatio * 100).toFixed(1)} % of the machine in the last second`,
    }[crowding];
    this.#options.log(
      `loop: falls back from ${name} to sleep, for want of a core of its own: ${found}; ${name} again in ${restNs / NS_PER_SECOND} s`,
    );
  }
}
