#!/usr/bin/env node
/**
 * `okx-mm COMMAND ...`: everything but running the engine. One file a command, loaded when it is called.
 */
import { ConfigError } from '../config/config-error.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

/** What the file of a command exports. */
interface Command {
  readonly USAGE: string;
  /** Of a command with subcommands: what `--help` behind one of them shows. */
  readonly usageOf?: (argv: readonly string[]) => Promise<string>;
  /** @throws UsageError, CommandError or ConfigError with what to change */
  run(argv: readonly string[]): Promise<ExitCode>;
}

interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  journal: {
    summary: 'what the engine has journaled: ls, cat, stats, export',
    load: () => import('./journal.ts'),
  },
  record: { summary: 'keeps market data, live or from files', load: () => import('./record.ts') },
  explain: {
    summary: 'why a running engine quotes an instrument as it does',
    load: () => import('./explain.ts'),
  },
  replay: { summary: 'proves a journaled run, byte for byte', load: () => import('./replay.ts') },
  backtest: { summary: 'the engine against recorded markets', load: () => import('./backtest.ts') },
  report: {
    summary: 'what a journaled run or a backtest came to, as a page',
    load: () => import('./report.ts'),
  },
  sweep: { summary: 'backtests over a grid or draws of parameters', load: () => import('./sweep.ts') },
  calibrate: {
    summary: 'volatility and intensities of recorded markets, as models to begin with',
    load: () => import('./calibrate.ts'),
  },
  broker: {
    summary: 'commission: ledger, rebate report, reconciliation, eligibility',
    load: () => import('./broker.ts'),
  },
  accounts: {
    summary: 'the accounts under a master: list, balances, keys, transfers',
    load: () => import('./accounts.ts'),
  },
  quotable: {
    summary: 'whether every instrument of a list can be quoted on the paper venue',
    load: () => import('./quotable.ts'),
  },
  parity: { summary: 'a journaled day against the backtest of it', load: () => import('./parity.ts') },
};

function usage(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `npm run -s okx-mm -- COMMAND ...\n\n${rows.join('\n')}\n\nokx-mm COMMAND --help says more of each.`;
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name = '', ...rest] = argv;
  if (name === '' || name === '--help' || name === 'help') {
    (name === '' ? process.stderr : process.stdout).write(`${usage()}\n`);
    return name === '' ? ExitCode.usage : ExitCode.done;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name]! : undefined;
  if (entry === undefined) {
    process.stderr.write(`expected a command, was "${name}"\n\n${usage()}\n`);
    return ExitCode.usage;
  }
  const command = await entry.load();
  if (rest.includes('--help')) {
    process.stdout.write(`${(await command.usageOf?.(rest)) ?? command.USAGE}\n`);
    return ExitCode.done;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${command.USAGE}\n`);
      return ExitCode.usage;
    }
    if (error instanceof CommandError || error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      return error instanceof CommandError ? error.exitCode : ExitCode.config;
    }
    // A full disk, a file that is gone. Everything else is a bug.
    const isRefusal = error instanceof Error && 'syscall' in error;
    const text = error instanceof Error ? (isRefusal ? error.message : error.stack) : String(error);
    process.stderr.write(`okx-mm ${name}: ${text}\n`);
    return isRefusal ? ExitCode.failed : ExitCode.internal;
  }
}

process.exitCode = await main(process.argv.slice(2));
