import { fileURLToPath } from 'node:url';
import { SystemClock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { ConfigError } from '../config/config-error.ts';
import { environmentOf, processEnvironment, readCredentials } from '../config/environment.ts';
import type { Environment } from '../config/environment.ts';
import type { FleetConfig } from '../config/load-config.ts';
import { loadFleet } from '../config/load-config.ts';
import { FleetAccount } from '../fleet/fleet-account.ts';
import { fleetLine } from '../fleet/group-status.ts';
import { Supervisor } from '../fleet/supervisor.ts';
import { Log } from '../host/log.ts';
import { ending } from './ending.ts';
import { ExitCode } from './exit-code.ts';
import { accountState } from './state-directory.ts';

export interface FleetArguments {
  readonly fleet: FleetConfig;
  readonly config: string;
  readonly state: string;
  /** 0 for until stopped. */
  readonly durationMs: Milliseconds;
  readonly version: string;
}

/**
 * The same would come of it again: a start that is refused, and a wrong call. One that ended as it was told to was told by
 * somebody.
 */
const FINAL_CODES: readonly number[] = [ExitCode.done, ExitCode.usage, ExitCode.config];

/** How often how all stand is shown, as an engine alone shows itself where there is no terminal. */
const LINE_MS: Milliseconds = 5_000;

/** Runs every account of the configuration until it is told to stop, or until none is left. */
export async function runFleet(args: FleetArguments): Promise<ExitCode> {
  const { fleet, config, state } = args;
  expectOwnKeys(fleet, processEnvironment());
  const clock = new SystemClock();
  const log = new Log(clock, (line) => process.stderr.write(line));
  let accounts: readonly FleetAccount[] = [];
  const allDown = new Error('every account is down, and stays so');
  const { promise, fail } = ending(args.durationMs, clock, () => {
    for (const account of accounts) void account.stop();
  });
  process.on('uncaughtException', fail);
  accounts = fleet.accounts.map(
    ({ name, config: { metrics } }) =>
      new FleetAccount({
        name,
        metricsHost: metrics.host,
        stateDirectory: accountState(state, name),
        script: fileURLToPath(new URL('start.js', import.meta.url)),
        args: ['--supervised', '--config', config, '--state', state, '--account', name],
        environment: environmentOf(name, processEnvironment()),
        restart: { finalCodes: FINAL_CODES, waitMsMax: fleet.fleet.restartSecondsMax * 1_000 },
        clock,
        // The engine's own lines have their time already; whoever reads all of them wants the name.
        log: (line) => process.stderr.write(`[${name}] ${line}\n`),
        onDown: () => {
          if (accounts.every(({ isDown }) => isDown)) fail(allDown);
        },
      }),
  );
  const supervisor = await Supervisor.start({
    fleet,
    accounts,
    stateDirectory: state,
    configFile: config,
    read: () => loadFleet(config),
    version: args.version,
    clock,
    log: (line) => log.line(line),
  });
  log.line(`accounts ${accounts.map(({ name }) => name).join(', ')}: an engine each`);
  log.line(`metrics and status of all on http://${fleet.fleet.metrics.host}:${supervisor.port}`);

  const showing = setInterval(() => process.stdout.write(`${fleetLine(supervisor.view())}\n`), LINE_MS);
  const error = await promise;
  clearInterval(showing);
  log.line(`stopping every account${error === undefined ? '' : `: ${error.message}`}`);
  const ends = await supervisor.stop();
  for (const { account, text } of ends) process.stdout.write(`${account}: ended by ${text}\n`);
  // What ended the supervisor itself is no good end, however well its accounts took it.
  if (error !== undefined && error !== allDown) throw error;
  return worstOf(accounts);
}

/**
 * A key that was copied by mistake would have two engines cancel one another's orders. What else is wrong with a key is said
 * by the account's own engine.
 *
 * @throws ConfigError when two accounts have one key
 */
function expectOwnKeys({ accounts }: FleetConfig, environment: Environment): void {
  const seen = new Map<string, number>();
  for (const [index, { name, config }] of accounts.entries()) {
    const { kind, rest } = config.venue;
    if (config.broker.mode === 'oauth' || (kind === 'paper' && rest === undefined)) continue;
    let apiKey: string;
    try {
      apiKey = readCredentials(config, environment, name).apiKey.reveal();
    } catch (error) {
      if (error instanceof ConfigError) continue;
      throw error;
    }
    const key = JSON.stringify([kind, rest, apiKey]);
    const other = seen.get(key);
    if (other !== undefined) {
      throw new ConfigError(
        `accounts[${index}] (${name}): expected a key of its own, was that of accounts[${other}]; one engine to a sub-account: give each its own key`,
      );
    }
    seen.set(key, index);
  }
}

/** Done when every account is; else the code that asks most of a person. */
function worstOf(accounts: readonly FleetAccount[]): ExitCode {
  const codes = accounts.map(({ lastEnd }): number =>
    // An engine hears the signal before it does anything: one that was ended by it had not begun.
    lastEnd?.signal === 'SIGTERM' ? ExitCode.done : (lastEnd?.code ?? ExitCode.failed),
  );
  const worst = Math.max(...codes);
  return Object.values(ExitCode).find((code) => code === worst) ?? ExitCode.failed;
}
