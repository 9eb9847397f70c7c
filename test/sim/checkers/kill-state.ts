import type { StickyTrigger } from '../../../engine/risk/kill-ladder.ts';
import { KillLevel } from '../../../engine/risk/kill-ladder.ts';
import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import type { OperatorCommand } from '../../../engine/loop/loop-options.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';

/** A halt that stood for so long is on disk, however slow that was and however often it failed. */
const DURABLE_NS: Nanoseconds = 60 * NS_PER_SECOND;

/** What a command that was acknowledged leaves on disk; what takes a hold back leaves none of the operator's. */
const WRITTEN: Readonly<
  Record<OperatorCommand, { readonly trigger: string; readonly level: string } | null>
> = {
  pause: { trigger: 'operator', level: 'paused' },
  reduce: { trigger: 'operator', level: 'reduceOnly' },
  halt: { trigger: 'operator', level: 'halted' },
  flatten: { trigger: 'flatten', level: 'paused' },
  resume: null,
};

/**
 * What must survive an engine survives it: run numbers only grow; what an operator was told is done is on disk when the
 * engine dies, and so is a halt that stood for a while; and the next engine stands where the disk says.
 */
export class KillState implements Checker {
  readonly name = 'state survives';
  #engine: EngineView | null = null;
  #run = -1;
  /** Since when it has been halted; Infinity while it is not. */
  #haltedNs = Infinity;
  /** What the disk said when the last engine was gone; null while one lives. */
  #written: readonly StickyTrigger[] | null = null;

  step(world: SimWorldView): string | null {
    const engine = engineOf(world);
    const last = this.#engine;
    let wrong: string | null = null;
    if (engine === null) {
      if (last !== null) wrong = this.#bury(world);
    } else if (engine !== last) wrong = this.#greet(engine);
    this.#engine = engine;
    if (engine === null || !engine.loop.ladder.isHalted) this.#haltedNs = Infinity;
    else if (this.#haltedNs === Infinity) this.#haltedNs = world.nowNs;
    return wrong;
  }

  end(): null {
    return null;
  }

  #bury(world: SimWorldView): string | null {
    const written = world.durable()?.kill ?? [];
    this.#written = written;
    if (world.nowNs - this.#haltedNs > DURABLE_NS && !written.some(({ level }) => level === 'halted'))
      return `halted for a minute, and the disk does not know: ${JSON.stringify(written)}`;
    const { commandDone } = world;
    const wanted = commandDone === null ? null : WRITTEN[commandDone];
    if (wanted === null) return null;
    const isWritten = written.some(
      ({ trigger, level }) => trigger === wanted.trigger && level === wanted.level,
    );
    return isWritten
      ? null
      : `"${commandDone!}" was acknowledged, and the disk says ${JSON.stringify(written)}`;
  }

  #greet(engine: EngineView): string | null {
    if (engine.run <= this.#run) return `run ${engine.run} after run ${this.#run}`;
    this.#run = engine.run;
    const held = engine.loop.ladder.sticky();
    for (const row of this.#written ?? []) {
      const isHeld = held.some(
        ({ trigger, level, instId }) =>
          trigger === row.trigger && instId === row.instId && rankOf(level) >= rankOf(row.level),
      );
      if (!isHeld) return `started without ${JSON.stringify(row)}, which the disk had kept`;
    }
    this.#written = null;
    return null;
  }
}

function rankOf(level: string): number {
  return KillLevel[level as keyof typeof KillLevel];
}
