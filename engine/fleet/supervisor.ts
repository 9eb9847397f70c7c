/**
 * Several accounts, each an engine in a process of its own: started, kept running, looked at together and told together.
 *
 *     ctl ──▶ control socket ──▶ supervisor ──▶ control socket of each account's engine
 *     /status, /metrics ◀── figures ◀──────────── exporter of each account
 *
 * Owner:      the supervisor's thread; there is nothing else in its process.
 * Invariants: what happens to one account's process touches no other; a limit over the group that was exceeded is told to
 *             every account, to those that were not there as soon as they are, and until an operator resumes.
 */
import type { Clock } from '../base/clock.ts';
import { exitWords } from '../base/exit-terms.ts';
import type { ExitTerms } from '../base/exit-terms.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { ConfigError } from '../config/config-error.ts';
import type { FleetConfig } from '../config/load-config.ts';
import { ControlServer } from '../control/control-server.ts';
import type { ControlHandler } from '../control/control-server.ts';
import { OperatorCommand } from '../loop/loop-options.ts';
import type { CommandResult } from '../loop/loop-options.ts';
import { FleetServer } from '../../monitoring/fleet-server.ts';
import type { FleetStatus } from '../../monitoring/fleet-status.ts';
import type { FleetAccount } from './fleet-account.ts';
import { endText } from './fleet-account.ts';
import { FleetError } from './fleet-error.ts';
import { followFile } from './follow-file.ts';
import { FleetState } from './fleet-state.ts';
import { GroupLimits, limitsOf } from './group-limits.ts';
import type { GroupLimitValues } from './group-limits.ts';
import { exceededOf, groupStatus, isHeldBack, limitsChange, readinessOf } from './group-status.ts';

/** How often accounts are looked at: what all have lost in between is not noticed. */
const LOOK_MS: Milliseconds = 250;
/** How often the group's profit is kept when nothing else asks for it. */
const SAVE_NS: Nanoseconds = 10 * NS_PER_SECOND;
/** An engine that takes longer to cancel and confirm has lost its venue; the dead man's switch stands behind it. */
const STOP_MS_MAX: Milliseconds = 60_000;
/** A word that was told shows in the figures within a second; told again before, it would only be logged twice. */
const TOLD_SECONDS = 2;

export interface SupervisorOptions {
  readonly fleet: FleetConfig;
  readonly accounts: readonly FleetAccount[];
  readonly stateDirectory: string;
  readonly configFile: string;
  /** Reads the configuration anew. @throws ConfigError */
  readonly read: () => FleetConfig | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

export class Supervisor implements ControlHandler {
  readonly #options: SupervisorOptions;
  readonly #accounts: readonly FleetAccount[];
  readonly #limits: GroupLimits;
  readonly #state: FleetState;
  #control: ControlServer | undefined;
  #server: FleetServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #following: (() => void) | undefined;
  #savedNs: Nanoseconds = -Infinity;
  /** The pending words that were kept last. */
  #kept = '{}';
  #isStopping = false;

  private constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#accounts = options.accounts;
    this.#limits = new GroupLimits(limitsOf(options.fleet.fleet));
    this.#state = new FleetState(options.stateDirectory);
  }

  /** @throws ControlError, FleetError or FleetServerError; then no account was started */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const supervisor = new Supervisor(options);
    try {
      await supervisor.#open();
    } catch (error) {
      await supervisor.#close();
      throw error;
    }
    return supervisor;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async #open(): Promise<void> {
    const { stateDirectory, fleet } = this.#options;
    this.#control = await ControlServer.open(stateDirectory, this);
    await this.#restore();
    this.#server = await FleetServer.open({ ...fleet.fleet.metrics, look: () => this.view() });
    for (const account of this.#accounts) account.start();
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
    if (fleet.accounts.some(({ config }) => config.engine.followsFile)) {
      this.#following = followFile(this.#options.configFile, () => this.#follow());
    }
  }

  async #restore(): Promise<void> {
    const before = await this.#state.load();
    if (before === undefined) return;
    const names = this.#accounts.map(({ name }) => name);
    this.#limits.restore(before.group, names);
    for (const account of this.#accounts) {
      if (Object.hasOwn(before.pending, account.name)) account.restore(before.pending[account.name]);
    }
    this.#kept = this.#pendingText();
  }

  // ------------------------------------------------------------------------------------------------------ look

  async #look(): Promise<void> {
    await Promise.all(this.#accounts.map((account) => this.#lookAt(account)));
    const isDue = this.#options.clock.nowNs() - this.#savedNs >= SAVE_NS;
    if (isDue || this.#pendingText() !== this.#kept) await this.#save();
  }

  async #lookAt(account: FleetAccount): Promise<void> {
    await account.tellPending();
    if (!(await account.look()) || this.#isStopping) return;
    const { risk, kill } = account.figures!;
    const limit = this.#limits.take(account.name, { profit: risk.profit ?? NaN, held: risk.held ?? NaN });
    if (limit !== undefined) return this.#onExceeded();
    const exceeded = exceededOf(this.#limits);
    if (exceeded === null || isHeldBack(kill.level, exceeded.command)) return;
    if (account.toldSecondsAgo < TOLD_SECONDS) return;
    const { text } = await account.tell(exceeded.command);
    this.#options.log(`${account.name}: ${exceeded.command}, for the group: ${text}`);
  }

  async #onExceeded(): Promise<void> {
    const { command, text } = exceededOf(this.#limits)!;
    this.#options.log(`group: ${text}`);
    // Told first: a disk that hangs must not keep it from anybody.
    const told = this.#tellAll(command);
    await Promise.all([told, this.#save()]);
    this.#options.log(`group: ${command}: ${(await told).text}`);
  }

  /** What cannot be kept is said, and tried again: accounts keep their own halts themselves. */
  async #save(): Promise<void> {
    this.#savedNs = this.#options.clock.nowNs();
    this.#kept = this.#pendingText();
    try {
      await this.#state.save({ group: this.#limits.state(), pending: this.#pending() });
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      this.#options.log(`group: ${error.message}`);
    }
  }

  /** What accounts are still to be told, and must be though this process ends first. */
  #pending(): Readonly<Record<string, OperatorCommand>> {
    return Object.fromEntries(
      this.#accounts.flatMap(({ name, kept }) => (kept === undefined ? [] : [[name, kept] as const])),
    );
  }

  #pendingText(): string {
    return JSON.stringify(this.#pending());
  }

  // -------------------------------------------------------------------------------------------------- operator

  command(command: OperatorCommand): Promise<CommandResult> | undefined {
    return this.#isStopping ? undefined : this.#command(command);
  }

  async #command(command: OperatorCommand): Promise<CommandResult> {
    // Before the accounts are told, or the next look would hold them back again.
    if (command === OperatorCommand.resume) this.#limits.rebase();
    const result = await this.#tellAll(command);
    // Whoever is only told later is told though this process ends first.
    await this.#save();
    return result;
  }

  exit(terms: ExitTerms): Promise<CommandResult> | undefined {
    return this.#isStopping ? undefined : this.#together((account) => account.exit(exitWords(terms)));
  }

  async #tellAll(command: OperatorCommand): Promise<CommandResult> {
    return this.#together((account) => account.tell(command));
  }

  async #together(ask: (account: FleetAccount) => Promise<CommandResult>): Promise<CommandResult> {
    const results = await Promise.all(
      this.#accounts.map(async (account) => ({ ...(await ask(account)), account: account.name })),
    );
    return {
      isDone: results.every(({ isDone }) => isDone),
      text: results
        .map(({ account, isDone, text }) => `${account}: ${isDone ? '' : 'refused: '}${text}`)
        .join('\n'),
    };
  }

  status(): Record<string, unknown> {
    return { ...this.view(), pid: process.pid };
  }

  explain(): string {
    const names = this.#accounts.map(({ name }) => name).join(', ');
    return `expected the state directory of one account, was that of ${names}; add one of these names to --state`;
  }

  configure(isDryRun: boolean): Promise<CommandResult> | undefined {
    return this.#isStopping ? undefined : this.#configure(isDryRun);
  }

  async #configure(isDryRun: boolean): Promise<CommandResult> {
    const limits = this.#readLimits();
    if (typeof limits === 'string') return { isDone: false, text: limits };
    const change = limitsChange(this.#limits.values, limits, isDryRun);
    if (!isDryRun) this.#limits.configure(limits);
    const { isDone, text } = await this.#together(async (account) => {
      if (!account.isDown) return account.reload(isDryRun);
      if (!isDryRun) account.revive();
      return {
        isDone: true,
        text: isDryRun ? 'is down; it would be started again' : 'was down; started again',
      };
    });
    return { isDone, text: change === '' ? text : `${change}\n${text}` };
  }

  /** Those of the file as it is now, or what is wrong with it. */
  #readLimits(): GroupLimitValues | string {
    let fleet: FleetConfig | undefined;
    try {
      fleet = this.#options.read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.message;
    }
    const expected = this.#accounts.map(({ name }) => name).join(', ');
    const found = fleet?.accounts.map(({ name }) => name).join(', ') ?? 'none';
    if (fleet !== undefined && found === expected) return limitsOf(fleet.fleet);
    return `accounts: expected ${expected} as at the start, was ${found}; restart to have others`;
  }

  /** The file is another one. Engines look after their own part of it themselves. */
  #follow(): void {
    const limits = this.#readLimits();
    if (typeof limits === 'string') {
      this.#options.log(`configuration: not taken up: ${limits}`);
      return;
    }
    const change = limitsChange(this.#limits.values, limits);
    this.#limits.configure(limits);
    if (change !== '') this.#options.log(`configuration: ${change}`);
  }

  view(): FleetStatus {
    const { clock, version } = this.#options;
    const accounts = this.#accounts.map((account) => account.status());
    return {
      timeMs: clock.wallMs(),
      version,
      ...readinessOf(accounts),
      accounts,
      group: groupStatus(this.#limits),
    };
  }

  // ------------------------------------------------------------------------------------------------------ stop

  /** Stops every account, each by itself, and says how each ended. */
  async stop(): Promise<readonly { readonly account: string; readonly text: string }[]> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    this.#following?.();
    const stopped = Promise.all(this.#accounts.map((account) => account.stop()));
    const late = setTimeout(() => {
      this.#options.log(`an account has not stopped for ${STOP_MS_MAX / 1_000} s; it is ended as it is`);
      for (const account of this.#accounts) account.kill();
    }, STOP_MS_MAX);
    await stopped;
    clearTimeout(late);
    await this.#save();
    await this.#close();
    return this.#accounts.map(({ name, lastEnd }) => ({
      account: name,
      text: lastEnd === undefined ? 'was never started' : endText(lastEnd),
    }));
  }

  async #close(): Promise<void> {
    await this.#server?.close();
    await this.#control?.close();
  }
}
