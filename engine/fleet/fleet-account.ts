/**
 * One account of several as its supervisor sees it: its process, started again when it ends; its figures, read from its
 * exporter; and the operator's word for it, kept until it can be told.
 *
 * Owner:      the supervisor.
 * Invariants: the newest word is the one that counts, and none is lost because the process is just not there; a resume that
 *             may have been heard is not said again, since a newer word may have reached the engine by itself; figures of a
 *             process that has ended are not shown as those of the next.
 * Cost:       nothing on the engine's thread: its exporter has one of its own.
 */
import type { Clock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { ControlClient } from '../control/control-client.ts';
import { ControlError } from '../control/control-error.ts';
import { OperatorCommand } from '../loop/loop-options.ts';
import type { CommandResult } from '../loop/loop-options.ts';
import type { FleetAccountStatus } from '../../monitoring/fleet-status.ts';
import { fetchStatus } from '../../monitoring/status-client.ts';
import type { Status } from '../../monitoring/status.ts';
import { AccountProcess } from './account-process.ts';
import { RestartPolicy } from './restart-policy.ts';
import type { ProcessEnd, RestartOptions } from './restart-policy.ts';

/** An exporter answers within milliseconds; one that takes longer than this is not waited for. */
const FIGURES_TIMEOUT_MS: Milliseconds = 2_000;
/** Within the time that an operator's own client waits for all accounts together. */
const COMMAND_TIMEOUT_MS: Milliseconds = 10_000;
/** Who starts is asked no more often than this. */
const RETELL_SECONDS = 0.5;

export interface FleetAccountOptions {
  readonly name: string;
  /** Where its exporter listens. */
  readonly metricsHost: string;
  readonly stateDirectory: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly restart: RestartOptions;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Its process has ended, and no other will be started. */
  readonly onDown: () => void;
}

export class FleetAccount {
  readonly name: string;
  readonly #options: FleetAccountOptions;
  readonly #child: AccountProcess;
  readonly #client: ControlClient;
  #policy: RestartPolicy;
  #timer: NodeJS.Timeout | undefined;
  #isDown = false;
  #isStopping = false;
  #startedNs: Nanoseconds = 0;
  #starts = 0;
  #lastEnd: ProcessEnd | undefined;
  #figures: Status | undefined;
  #figuresNs: Nanoseconds = 0;
  #isLooking = false;
  #pending: OperatorCommand | undefined;
  #toldNs: Nanoseconds = -Infinity;
  /** How many words are on their way. */
  #telling = 0;
  #onStopped: (() => void) | undefined;

  constructor(options: FleetAccountOptions) {
    const { script, args, environment, log } = options;
    this.name = options.name;
    this.#options = options;
    this.#policy = new RestartPolicy(options.restart);
    this.#client = new ControlClient(options.stateDirectory, COMMAND_TIMEOUT_MS);
    this.#child = new AccountProcess({
      script,
      args,
      environment,
      onLine: log,
      onEnd: (end) => this.#onEnd(end),
    });
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** How its process ended last. */
  get lastEnd(): ProcessEnd | undefined {
    return this.#lastEnd;
  }

  /** What its exporter said last; undefined while there is no process that has said anything. */
  get figures(): Status | undefined {
    return this.#figures;
  }

  /** What must not be forgotten with the supervisor. A resume may be: what is held back then stays so. */
  get kept(): OperatorCommand | undefined {
    return this.#pending === OperatorCommand.resume ? undefined : this.#pending;
  }

  /** What an earlier supervisor was to tell it. */
  restore(pending: OperatorCommand | undefined): void {
    this.#pending = pending;
  }

  start(): void {
    this.#timer = undefined;
    this.#startedNs = this.#options.clock.nowNs();
    this.#starts++;
    this.#child.start();
  }

  /** One that was down for good is started again: something may have been changed. Whether it was. */
  revive(): boolean {
    if (!this.#isDown || this.#isStopping) return false;
    this.#isDown = false;
    this.#policy = new RestartPolicy(this.#options.restart);
    this.start();
    return true;
  }

  /** Reads its figures; true when they are new ones. */
  async look(): Promise<boolean> {
    const { metricsPort } = this.#child;
    if (metricsPort === 0 || this.#isLooking) return false;
    this.#isLooking = true;
    try {
      const figures = await fetchStatus(this.#options.metricsHost, metricsPort, FIGURES_TIMEOUT_MS);
      // Those of a process that has ended meanwhile are nobody's.
      if (this.#child.metricsPort !== metricsPort) return false;
      this.#figures = figures;
      this.#figuresNs = this.#options.clock.nowNs();
      return true;
    } catch {
      // Its silence is shown by the age of its figures.
      return false;
    } finally {
      this.#isLooking = false;
    }
  }

  /** Tells it now, or as soon as it can be told. Refused only by its engine, or when that does not answer. */
  async tell(command: OperatorCommand): Promise<CommandResult> {
    this.#pending = command;
    if (!this.#child.isRunning) {
      return { isDone: true, text: `has no process (${this.#phase()}); it is told as soon as it runs` };
    }
    this.#toldNs = this.#options.clock.nowNs();
    this.#telling++;
    try {
      const result = await this.#client.command(command);
      // A newer word may have come meanwhile.
      if (this.#pending === command) this.#pending = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return this.#unheard(command, error);
    } finally {
      this.#telling--;
    }
  }

  #unheard(command: OperatorCommand, { code, message }: ControlError): CommandResult {
    if (code === 'CONTROL_NO_ENGINE') {
      return { isDone: true, text: 'is starting or stopping; it is told as soon as it can be' };
    }
    // Held back once more does no harm; taken back once more would take back what it was told meanwhile.
    if (command !== OperatorCommand.resume) return { isDone: false, text: `${message}; it is told again` };
    if (this.#pending === command) this.#pending = undefined;
    return { isDone: false, text: `${message}; say it again when it answers` };
  }

  /** What it was to be told while it could not be. */
  async tellPending(): Promise<void> {
    if (this.#pending === undefined || !this.#child.isRunning || this.#telling > 0) return;
    if (this.#secondsSince(this.#toldNs) < RETELL_SECONDS) return;
    const command = this.#pending;
    const { isDone, text } = await this.tell(command);
    if (this.#pending === undefined) this.#options.log(`${command}: ${isDone ? text : `refused: ${text}`}`);
  }

  /** Seconds since it was last told anything; 0 while a word is on its way. */
  get toldSecondsAgo(): number {
    return this.#telling > 0 ? 0 : this.#secondsSince(this.#toldNs);
  }

  /** Has it take up the configuration file, or say what would come of it. */
  reload(isDryRun: boolean): Promise<CommandResult> {
    return this.#asked(true, (client) => client.reload(isDryRun));
  }

  /** Has it flatten by an algo order of the venue; not kept for later, when its positions may be others. */
  exit(told: ReadonlyMap<string, string>): Promise<CommandResult> {
    return this.#asked(false, (client) => client.exit(told));
  }

  /** @param isDoneByNone whether it is as well that there is no process to ask */
  async #asked(
    isDoneByNone: boolean,
    ask: (client: ControlClient) => Promise<CommandResult>,
  ): Promise<CommandResult> {
    if (!this.#child.isRunning) return { isDone: isDoneByNone, text: `has no process (${this.#phase()})` };
    try {
      return await ask(this.#client);
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      return { isDone: false, text: error.message };
    }
  }

  /** Cancels everything and ends. Resolves when there is no process any more. May be called again, to hurry it. */
  stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#child.isRunning) return Promise.resolve();
    this.#child.stop();
    return new Promise((resolve) => {
      const before = this.#onStopped;
      this.#onStopped = () => {
        before?.();
        resolve();
      };
    });
  }

  kill(): void {
    this.#child.kill();
  }

  status(): FleetAccountStatus {
    const figures = this.#figures;
    const { pid, metricsPort } = this.#child;
    const sum = (of: (each: Status['instruments'][number]) => number): number =>
      figures!.instruments.reduce((total, each) => total + of(each), 0);
    return {
      account: this.name,
      phase: this.#phase(),
      pid: pid === 0 ? null : pid,
      restarts: Math.max(0, this.#starts - 1),
      lastEnd: this.#lastEnd === undefined ? null : endText(this.#lastEnd),
      pending: this.#pending ?? null,
      metricsPort: metricsPort === 0 ? null : metricsPort,
      silenceSeconds: figures === undefined ? null : this.#secondsSince(this.#figuresNs),
      state: figures?.state ?? null,
      level: figures?.kill.level ?? null,
      reason: figures?.kill.reason ?? null,
      isReady: figures?.isReady ?? false,
      openOrders: figures === undefined ? null : sum(({ orderCount }) => orderCount),
      profit: figures?.risk.profit ?? null,
      held: figures?.risk.held ?? null,
    };
  }

  #phase(): FleetAccountStatus['phase'] {
    if (this.#isDown) return 'down';
    if (!this.#child.isRunning) return 'waiting';
    if (this.#isStopping) return 'stopping';
    return this.#figures === undefined ? 'starting' : 'running';
  }

  #onEnd(end: ProcessEnd): void {
    const { clock, log, onDown } = this.#options;
    const ranMs = (clock.nowNs() - this.#startedNs) / NS_PER_MS;
    this.#lastEnd = end;
    this.#figures = undefined;
    if (this.#isStopping) {
      this.#onStopped?.();
      return;
    }
    const waitMs = this.#policy.waitMs(end, ranMs);
    if (waitMs === undefined) {
      this.#isDown = true;
      log(
        `ended by ${endText(end)}: it stays down until it is put right and taken up by: npm run -s ctl -- reload`,
      );
      onDown();
      return;
    }
    log(`ended by ${endText(end)}; started again in ${waitMs / 1_000} s`);
    this.#timer = setTimeout(() => this.start(), waitMs);
  }

  #secondsSince(thenNs: Nanoseconds): number {
    return (this.#options.clock.nowNs() - thenNs) / NS_PER_SECOND;
  }
}

/** How a process ended, in words. */
export function endText({ code, signal }: ProcessEnd): string {
  return signal === null ? `code ${code}` : `signal ${signal}`;
}
