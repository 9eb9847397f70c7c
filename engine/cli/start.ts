import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AssertionError } from '../base/assert.ts';
import { SystemClock, processOriginMs } from '../base/clock.ts';
import { ConfigError } from '../config/config-error.ts';
import {
  processEnvironment,
  readBrokerCredentials,
  readCredentials,
  readTag,
} from '../config/environment.ts';
import { defaultConfigFile, loadConfig, loadFleet } from '../config/load-config.ts';
import { packageRoot } from '../config/package-root.ts';
import type { Config } from '../config/schema.ts';
import { ControlError } from '../control/control-error.ts';
import type { AccountMessage } from '../fleet/account-process.ts';
import { FleetError } from '../fleet/fleet-error.ts';
import { EmbeddedVenue } from '../host/embedded-venue.ts';
import { Host } from '../host/host.ts';
import { JournalError } from '../journal/journal-error.ts';
import { HostError } from '../host/host-error.ts';
import { Log } from '../host/log.ts';
import { StateError } from '../host/state-error.ts';
import { summaryOf } from '../host/summary.ts';
import { ExporterError } from '../../monitoring/exporter.ts';
import { FleetServerError } from '../../monitoring/fleet-server.ts';
import type { TerminalOptions } from '../../monitoring/terminal.ts';
import type { Credentials } from '../venue/credentials.ts';
import { RestError } from '../venue/rest-error.ts';
import { parseDurationMs } from './duration.ts';
import { ending } from './ending.ts';
import { ExitCode } from './exit-code.ts';
import { runFleet } from './fleet-run.ts';
import { STATE_DIRECTORY, accountState } from './state-directory.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `npm start -- [--config FILE] [--state DIR] [--duration 30s] [--account NAME]

The engine, until Ctrl-C, SIGTERM or the duration's end; then every order is cancelled and the venue asked to confirm it.
With a configuration of several accounts: a supervisor, and an engine in a process of its own for each.

  --config    a YAML configuration (default: the embedded paper venue, engine/config/paper.yaml)
  --state     what survives a restart, and the socket for \`npm run -s ctl\`: one directory an engine (default ${STATE_DIRECTORY})
  --duration  stop by itself after this long: 30s, 5m, 2h
  --account   of several, the engine of this one alone and without a supervisor; its state is DIR/NAME`;

interface Arguments {
  readonly config: string;
  readonly state: string;
  /** 0 for until stopped. */
  readonly durationMs: number;
  /** Of several, the one to run; '' for what the configuration is of. */
  readonly account: string;
  /** Started by the supervisor of several accounts. */
  readonly isSupervised: boolean;
}

function readArguments(argv: readonly string[]): Arguments | 'help' {
  let values;
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string', default: defaultConfigFile() },
        state: { type: 'string', default: STATE_DIRECTORY },
        duration: { type: 'string', default: '' },
        account: { type: 'string', default: '' },
        supervised: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (values.help) return 'help';
  if (values.state === '') throw new UsageError('--state: expected a directory, was ""');
  const durationMs = values.duration === '' ? 0 : parseDurationMs(values.duration, '--duration');
  const { config, state, account, supervised: isSupervised } = values;
  return { config, state, durationMs, account, isSupervised };
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function isEmbedded({ venue }: Config): boolean {
  return venue.kind === 'paper' && venue.rest === undefined;
}

/** None where the account is let in by token: what `broker login` has brought is in the state directory. */
function credentialsOf(config: Config, account: string): Credentials | undefined {
  if (config.broker.mode === 'oauth') return undefined;
  if (isEmbedded(config)) return EmbeddedVenue.credentials();
  return readCredentials(config, processEnvironment(), account);
}

/** The embedded venue knows one key only. */
function brokerCredentialsOf(config: Config): Credentials | undefined {
  return isEmbedded(config) ? undefined : readBrokerCredentials(config, processEnvironment());
}

async function run(args: Arguments): Promise<ExitCode> {
  const { account } = args;
  const fleet = account === '' ? loadFleet(args.config) : undefined;
  if (fleet !== undefined) return runFleet({ ...args, fleet, version: readVersion() });
  if (args.isSupervised) outliveSupervisor();
  const config = loadConfig(args.config, account);
  const tag = readTag(config, processEnvironment(), account);
  const clock = new SystemClock();
  const log = new Log(clock, (line) => process.stderr.write(line));
  const { promise, fail } = ending(args.durationMs, clock);
  const startedNs = clock.nowNs();
  process.on('uncaughtException', fail);
  const host = await Host.start({
    config,
    configFile: args.config,
    account,
    credentials: credentialsOf(config, account),
    brokerCredentials: brokerCredentialsOf(config),
    tag,
    stateDirectory: accountState(args.state, account),
    clock,
    processOriginMs: processOriginMs(),
    version: readVersion(),
    nodeVersion: process.version,
    // A supervisor shows all of its accounts itself.
    ...(args.isSupervised ? {} : { terminal: terminalOf(process.stdout) }),
    log,
    onFatal: fail,
  });
  process.on('uncaughtException', (error) => host.noteFailure(error));
  log.line(
    `quoting ${config.instruments.map(({ instId }) => instId).join(', ')} on the ${config.venue.kind} venue, tag ${tag}`,
  );
  log.line(`metrics and status on http://${config.metrics.host}:${host.metricsPort}`);
  if (args.isSupervised) process.send?.({ metricsPort: host.metricsPort } satisfies AccountMessage);

  const error = await promise;
  log.line('stopping: cancelling every order');
  const report = await host.stop(error);
  process.stdout.write(`${summaryOf(host.loop, (clock.nowNs() - startedNs) / 1e9)}\n${report.detail}\n`);
  if (error !== undefined) throw error;
  return report.isConfirmed ? ExitCode.done : ExitCode.failed;
}

function terminalOf({ isTTY, columns }: NodeJS.WriteStream): TerminalOptions {
  return { isTerminal: isTTY, columns: columns ?? 0 };
}

/** Its ends of the pipes go with it: what is written to them then is lost, and must not end what still has orders. */
function outliveSupervisor(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

function exitCodeOf(error: unknown, isSupervised: boolean): ExitCode {
  if (error instanceof UsageError) return ExitCode.usage;
  // The engine of a supervisor that was killed may still cancel what it has: it gives its state up when it has ended.
  if (isSupervised && error instanceof ControlError && error.code === 'CONTROL_BUSY') {
    return ExitCode.unavailable;
  }
  if (error instanceof ConfigError || error instanceof StateError || error instanceof ControlError) {
    return ExitCode.config;
  }
  if (error instanceof JournalError) return ExitCode.config;
  if (error instanceof HostError) {
    return error.code === 'VENUE_UNREACHABLE' ? ExitCode.unavailable : ExitCode.config;
  }
  if (error instanceof RestError) return ExitCode.unavailable;
  if (error instanceof ExporterError || error instanceof FleetServerError) return ExitCode.config;
  if (error instanceof FleetError) return ExitCode.config;
  if (error instanceof AssertionError) return ExitCode.internal;
  // Every other error that was foreseen has a code of its own; the runtime's ERR_ codes are wrong calls, which are bugs.
  const hasCode = error instanceof Error && 'code' in error && !String(error.code).startsWith('ERR_');
  return hasCode ? ExitCode.failed : ExitCode.internal;
}

async function main(): Promise<void> {
  let isSupervised = false;
  try {
    const args = readArguments(process.argv.slice(2));
    isSupervised = args !== 'help' && args.isSupervised;
    if (args === 'help') process.stdout.write(`${USAGE}\n`);
    else process.exit(await run(args));
  } catch (error) {
    const code = exitCodeOf(error, isSupervised);
    const text =
      error instanceof Error ? (code === ExitCode.internal ? error.stack : error.message) : String(error);
    process.stderr.write(`${text}\n${code === ExitCode.usage ? `\n${USAGE}\n` : ''}`);
    process.exit(code);
  }
}

await main();
