import { ManualClock } from '../../engine/base/clock.ts';
import type { Clock } from '../../engine/base/clock.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds } from '../../engine/base/units.ts';
import { loadConfig } from '../../engine/config/load-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { Engine } from '../../engine/host/engine.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';
import type { AccountPort, ClockPort, EngineWorld, StateStore } from '../../engine/host/engine-world.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { exampleFile } from '../config/example.ts';
import type { TinyAccount } from './tiny-account.ts';
import { TAG } from './tiny-account.ts';

const STEP_MS = 20;
/** A question takes so long to reach the venue, and so long its answer back. */
const WAY_MS = 10;

/** What outlives an engine: the venue's account, the disk, the time. */
export class Machine {
  readonly clock = new ManualClock(1_763_676_600_000);
  disk: string | undefined;
  readonly account: TinyAccount;

  constructor(makeAccount: (nowMs: () => Milliseconds) => TinyAccount) {
    this.account = makeAccount(() => this.clock.wallMs());
  }

  get state(): EngineState | undefined {
    return this.disk === undefined ? undefined : (JSON.parse(this.disk) as EngineState);
  }
}

/**
 * The world of one engine in virtual time, until it is crashed. Every question goes to `account` after some time, and may be
 * made to fail, to be answered late, or never to come back.
 */
export class TinyWorld implements EngineWorld {
  readonly clock: Clock;
  readonly account: AccountPort;
  readonly venueClock: ClockPort & { offsetMs: number; offsetErrorMs: number };
  readonly state: StateStore;
  readonly calls: string[] = [];
  readonly lines: string[] = [];
  readonly sent: string[] = [];
  readonly reconnected: number[] = [];
  readonly reloads: string[] = [];
  readonly failures: Error[] = [];
  readonly isUp = [false, false, false];
  /** By question: what happens to the next ones, first come first served. */
  readonly scripts = new Map<string, ((answer: () => unknown) => unknown)[]>();
  /** Awaits of the world so far; the one with the number `crashAt` never returns. */
  awaits = 0;
  crashAt = Infinity;
  /** Whether a save that the crash met is on disk. */
  isCrashedSaveKept = false;
  isDead = false;
  readonly machine: Machine;
  /** How far somebody has set the machine's clock. */
  clockStepMs = 0;
  #waits: { dueNs: number; settle: () => void }[] = [];

  constructor(machine: Machine) {
    this.machine = machine;
    this.clock = {
      nowNs: () => machine.clock.nowNs(),
      readNs: (into, at) => machine.clock.readNs(into, at),
      wallMs: () => machine.clock.wallMs() + this.clockStepMs,
    };
    const { answers } = machine.account;
    const port: Record<string, unknown> = {};
    for (const name of Object.keys(answers) as (keyof AccountPort)[]) {
      const answer = answers[name] as (...args: unknown[]) => unknown;
      port[name] = (...args: unknown[]) => this.#ask(name, () => answer(...args));
    }
    this.account = port as unknown as AccountPort;
    this.venueClock = {
      offsetMs: 0,
      offsetErrorMs: 5,
      measureClockOffset: () =>
        this.#ask('measureClockOffset', () => {
          if (this.clockStepMs !== 0) this.venueClock.offsetMs = -this.clockStepMs;
        }) as Promise<void>,
    };
    this.state = {
      load: () => this.#await('load', () => machine.state),
      save: (state) => {
        const text = JSON.stringify(state);
        return this.#await(
          'save',
          () => {
            machine.disk = text;
          },
          () => {
            if (this.isCrashedSaveKept) machine.disk = text;
          },
        );
      },
    };
  }

  // ------------------------------------------------------------------------------------------------ the world

  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    if (!this.isUp[connection]) return false;
    this.sent.push(Buffer.from(bytes.subarray(0, length)).toString());
    return true;
  }

  reconnect(connection: Connection): void {
    this.reconnected.push(connection);
  }

  isSessionUp(connection: Connection): boolean {
    return this.isUp[connection]!;
  }

  waitMs(ms: Milliseconds): Promise<void> {
    return this.#await(`wait ${ms}`, () => {}, undefined, ms);
  }

  log(line: string): void {
    this.lines.push(line);
  }

  reload(reason: string): void {
    this.reloads.push(reason);
  }

  fail(error: Error): void {
    this.failures.push(error);
  }

  // ----------------------------------------------------------------------------------------------- the script

  /** The next question of this name: fails, or is answered with something else than the truth. */
  script(name: string, ...steps: ((answer: () => unknown) => unknown)[]): void {
    this.scripts.set(name, [...(this.scripts.get(name) ?? []), ...steps]);
  }

  said(text: string): number {
    return this.lines.filter((line) => line.includes(text)).length;
  }

  count(call: string): number {
    return this.calls.filter((each) => each === call).length;
  }

  /** Nothing comes back to the engine any more. */
  crash(): void {
    this.isDead = true;
    this.#waits = [];
  }

  async #ask(name: string, answer: () => unknown): Promise<unknown> {
    this.calls.push(name);
    await this.#await(name, () => {}, undefined, WAY_MS);
    const step = this.scripts.get(name)?.shift();
    const result = step === undefined ? answer() : await step(answer);
    await this.#await(`${name} answer`, () => {}, undefined, WAY_MS);
    return result;
  }

  #await<T>(name: string, done: () => T, onCrash?: () => void, ms = 1): Promise<T> {
    if (this.isDead) return new Promise(() => {});
    if (name.startsWith('wait') || name === 'save' || name === 'load') this.calls.push(name);
    this.awaits++;
    if (this.awaits === this.crashAt) {
      onCrash?.();
      this.crash();
      return new Promise(() => {});
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        try {
          resolve(done());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.#waits.push({ dueNs: this.clock.nowNs() + ms * NS_PER_MS, settle });
    });
  }

  /** Lets what is due happen, and everything that follows from it at the same moment. */
  async #settle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      const due = this.#waits.filter(({ dueNs }) => dueNs <= this.clock.nowNs());
      if (due.length === 0) return;
      this.#waits = this.#waits.filter(({ dueNs }) => dueNs > this.clock.nowNs());
      for (const { settle } of due) settle();
    }
  }

  /** Time passes, with the timer of the engine if there is one. */
  async pass(ms: Milliseconds, engine?: Engine): Promise<void> {
    const endNs = this.clock.nowNs() + ms * NS_PER_MS;
    await this.#settle();
    while (this.clock.nowNs() < endNs) {
      this.machine.clock.advanceNs(STEP_MS * NS_PER_MS);
      await this.#settle();
      if (!this.isDead) engine?.onTimer();
    }
    await this.#settle();
  }

  /** The result, with time passing until it is there; undefined when it is not within the time, or the world died. */
  async within<T>(ms: Milliseconds, work: Promise<T>, engine?: Engine): Promise<T | undefined> {
    const outcome: { value?: { is: T }; failure?: { error: unknown } } = {};
    work.then(
      (is) => {
        outcome.value = { is };
      },
      (error: unknown) => {
        outcome.failure = { error };
      },
    );
    const endNs = this.clock.nowNs() + ms * NS_PER_MS;
    while (outcome.value === undefined && outcome.failure === undefined && this.clock.nowNs() < endNs) {
      if (this.isDead) return undefined;
      await this.pass(STEP_MS, engine);
    }
    if (outcome.failure !== undefined) throw outcome.failure.error;
    return outcome.value?.is;
  }

  // ------------------------------------------------------------------------------------------------ an engine

  async start(config: Config = testConfig()): Promise<Engine | undefined> {
    return this.within(
      10_000,
      Engine.start({
        config,
        tag: TAG,
        world: this,
        isFreshAccount: false,
        build: { version: '0.0.0', node: 'test' },
      }),
    );
  }

  up(engine: Engine, ...connections: number[]): void {
    for (const connection of connections.length > 0 ? connections : Object.values(Connection)) {
      this.isUp[connection] = true;
      engine.onSessionUp(connection as Connection);
    }
  }

  down(engine: Engine, connection: Connection): void {
    this.isUp[connection] = false;
    engine.onSessionDown(connection, 'the test says so');
  }

  /** A started engine with its sessions up, recovered. */
  async recovered(config?: Config): Promise<Engine> {
    const engine = await this.start(config);
    if (engine === undefined) throw new Error('expected the engine to start');
    this.up(engine);
    for (let tries = 0; tries < 500 && !engine.loop.account.isRecovered; tries++)
      await this.pass(100, engine);
    if (!engine.loop.account.isRecovered) {
      throw new Error(`expected the account to be recovered:\n${this.lines.join('\n')}`);
    }
    return engine;
  }
}

/** Paper's own example: spot and two swaps. */
export function testConfig(engine: Partial<Config['engine']> = {}): Config {
  const config = loadConfig(exampleFile('paper'));
  const instruments = config.instruments.map((each) => ({
    ...each,
    strategy: { ...each.strategy, model: 'fixed' as const },
  }));
  return { ...config, instruments, engine: { ...config.engine, ...engine } };
}
