import type { Random } from '../../engine/base/random.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds } from '../../engine/base/units.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';
import type { StateStore } from '../../engine/host/engine-world.ts';
import type { StepKind as Kind } from './sim-types.ts';
import { StepKind } from './sim-types.ts';
import type { Timeline } from './timeline.ts';

/** The machine's disk: what was saved when an engine died is what its successor finds. */
export class Disk {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #saveMs: Milliseconds;
  /** The state as its text: what an engine still holds cannot change it. */
  #durable: string | undefined;
  #underWay: string | undefined;
  /** Each save takes this long while the disk is slow. */
  slowMs: Milliseconds = 0;
  slowUntilNs = 0;
  /** So many of the next saves fail. */
  failures = 0;
  saves = 0;

  constructor(timeline: Timeline, random: Random, saveMs: Milliseconds) {
    this.#timeline = timeline;
    this.#random = random;
    this.#saveMs = saveMs;
  }

  /** The process died: what was being written is there, or what was there before. */
  crash(): void {
    if (this.#underWay !== undefined && this.#random.unit() < 0.5) this.#durable = this.#underWay;
    this.#underWay = undefined;
  }

  read(): EngineState | undefined {
    return this.#durable === undefined ? undefined : (JSON.parse(this.#durable) as EngineState);
  }

  /** A store of one process. */
  storeOf(onThread: (kind: Kind, run: () => void) => void, isDead: () => boolean): StateStore {
    return {
      load: () =>
        new Promise((resolve) => {
          this.#timeline.after(this.#saveMs * NS_PER_MS, StepKind.answer, () =>
            onThread(StepKind.answer, () => this.#settle(() => resolve(this.read()))),
          );
        }),
      save: (state) => this.#save(JSON.stringify(state), onThread, isDead),
    };
  }

  #save(text: string, onThread: (kind: Kind, run: () => void) => void, isDead: () => boolean): Promise<void> {
    if (isDead()) return new Promise(() => {});
    this.#underWay = text;
    this.saves++;
    this.#timeline.isSettling = true;
    const isSlow = this.#timeline.nowNs < this.slowUntilNs;
    const takesMs = this.#saveMs * (0.5 + this.#random.unit()) + (isSlow ? this.slowMs : 0);
    return new Promise((resolve, reject) => {
      this.#timeline.after(takesMs * NS_PER_MS, StepKind.answer, () => {
        if (isDead()) return;
        this.#underWay = undefined;
        const isFailed = this.failures > 0;
        if (isFailed) this.failures--;
        else this.#durable = text;
        onThread(StepKind.answer, () =>
          this.#settle(() => (isFailed ? reject(new Error('no space left on device')) : resolve())),
        );
      });
    });
  }

  #settle(settle: () => void): void {
    this.#timeline.isSettling = true;
    settle();
  }
}
