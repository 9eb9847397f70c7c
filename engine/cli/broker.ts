import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

/** What the file of a subcommand exports. */
interface Subcommand {
  readonly USAGE: string;
  /** @throws UsageError, CommandError or ConfigError with what to change */
  run(argv: readonly string[]): Promise<ExitCode>;
}

interface SubcommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Subcommand>;
}

const SUBCOMMANDS: Readonly<Record<string, SubcommandEntry>> = {
  ledger: {
    summary: 'what our own fills came to: volume, fee, net fee, the rebate to expect',
    load: () => import('./broker-ledger.ts'),
  },
  rebates: {
    summary: 'has the venue make its report of rebates, and downloads it',
    load: () => import('./broker-rebates.ts'),
  },
  reconcile: {
    summary: 'the ledger against the reports: each difference, and why it is',
    load: () => import('./broker-reconcile.ts'),
  },
  eligibility: {
    summary: 'whether the accounts bring rebates, or why not',
    load: () => import('./broker-eligibility.ts'),
  },
  login: {
    summary: 'a user lets this engine in, by OAuth: tokens in place of a key',
    load: () => import('./broker-login.ts'),
  },
  logout: {
    summary: 'ends what login began: the tokens are revoked',
    load: () => import('./broker-logout.ts'),
  },
};

const ROWS = Object.entries(SUBCOMMANDS).map(([name, { summary }]) => `  ${name.padEnd(12)} ${summary}`);

export const USAGE = `npm run -s okx-mm -- broker SUBCOMMAND ...

What a broker of OKX's Connect programme earns, and how it proves it.

${ROWS.join('\n')}

okx-mm broker SUBCOMMAND --help says more of each.`;

/** The usage of the subcommand that is asked for help. */
export async function usageOf([name = '']: readonly string[]): Promise<string> {
  return Object.hasOwn(SUBCOMMANDS, name) ? (await SUBCOMMANDS[name]!.load()).USAGE : USAGE;
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const [name = '', ...rest] = argv;
  const entry = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name]! : undefined;
  if (entry === undefined) {
    throw new UsageError(`expected one of ${Object.keys(SUBCOMMANDS).join(', ')}, was "${name}"`);
  }
  const subcommand = await entry.load();
  try {
    return await subcommand.run(rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // The usage of the subcommand, not of all of them.
    throw new CommandError(ExitCode.usage, `${error.message}\n\n${subcommand.USAGE}`, { cause: error });
  }
}
