import type { Engine } from '../../engine/host/engine.ts';
import type { EngineWorld } from '../../engine/host/engine-world.ts';
import type { Connection } from '../../engine/loop/loop-options.ts';
import type { Loop } from '../../engine/loop.ts';
import { NO_FRAME, RunObserver } from '../../engine/report/run-observer.ts';
import type { RunObserverOptions } from '../../engine/report/run-observer.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Faults } from '../sim/faults.ts';
import type { BrokenEngine, FaultProfile } from '../sim/sim-types.ts';
import { SimWorld } from '../sim/world.ts';

/** Inputs of the loop beside frames, as the host calls them. */
const OTHERS = [
  'quotes',
  'onTimer',
  'onSessionUp',
  'onSessionDown',
  'onSessionSwitched',
  'onWorkerLost',
  'onWorkerReady',
  'onBookSnapshot',
  'onClock',
  'onSwitchArmed',
  'command',
  'stop',
] as const;
const FRAMES = ['publicFrame', 'privateFrame', 'tradeFrame'] as const;
const EMPTY = new Uint8Array(0);

type Method = (...given: unknown[]) => unknown;

export interface ObservedRun {
  readonly observer: RunObserver;
  readonly loop: Loop;
  /** Of the venue's clock when the process started and when it was looked at. */
  readonly process: number;
}

/** A simulated world whose engines are watched, each process by an observer of its own. */
export class ObservedWorld {
  readonly world: SimWorld;
  readonly runs: ObservedRun[] = [];
  readonly #options: RunObserverOptions;
  readonly #faults: Faults | null;

  /** @param isJournaled whether its processes keep journals, too */
  constructor(
    seed: number,
    hours: number,
    faults: FaultProfile | null,
    options: RunObserverOptions = {},
    isJournaled = false,
  ) {
    this.#options = options;
    const watched: BrokenEngine = {
      name: 'watched',
      about: 'changed by nothing',
      caughtBy: '',
      seedsMax: 0,
      break: (engine, world) => this.#watch(engine, world),
    };
    this.world = new SimWorld(seed, watched, isJournaled);
    const untilNs = this.world.nowNs + hours * 3_600 * NS_PER_SECOND;
    this.#faults = faults === null ? null : new Faults(this.world, seed, faults, untilNs);
  }

  async run(seconds: number): Promise<void> {
    await this.world.runUntil(this.world.nowNs + seconds * NS_PER_SECOND, () => {});
  }

  get faults(): Faults | null {
    return this.#faults;
  }

  #watch(engine: Engine, world: EngineWorld): void {
    const { loop } = engine;
    const observer = new RunObserver(this.#options);
    this.runs.push({ observer, loop, process: this.runs.length });
    const nowNs = (): number => this.world.nowNs;
    observer.begin(loop, nowNs());
    const methods = loop as unknown as Record<string, Method>;
    FRAMES.forEach((name, connection) => {
      const original = methods[name]!.bind(loop);
      methods[name] = (bytes, start, end) => {
        const frame = (bytes as Uint8Array).subarray(start as number, end as number);
        observer.onInput(connection as Connection, frame, nowNs());
        original(bytes, start, end);
        observer.onStep(loop, nowNs());
      };
    });
    for (const name of OTHERS) {
      const original = methods[name]!.bind(loop);
      methods[name] = (...given) => {
        observer.onInput(NO_FRAME, EMPTY, nowNs());
        const result = original(...given);
        observer.onStep(loop, nowNs());
        return result;
      };
    }
    for (const name of ['onRecovered', 'onAudited'] as const) {
      const original = methods[name]!.bind(loop);
      methods[name] = (account, at) => {
        observer.onInput(NO_FRAME, EMPTY, nowNs());
        observer.onFacts((account as Parameters<Loop['onRecovered']>[0]).trades);
        original(account, at);
        observer.onStep(loop, nowNs());
      };
    }
    const output = world as { send: EngineWorld['send'] };
    const send = output.send.bind(world);
    output.send = (connection, bytes, length) => {
      const isSent = send(connection, bytes, length);
      if (isSent) observer.onSend(connection, bytes.subarray(0, length), nowNs());
      return isSent;
    };
  }
}
