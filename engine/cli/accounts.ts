import { balances, list } from './accounts-look.ts';
import { createKey, deleteKey, rotateKey } from './accounts-keys.ts';
import { create, transfer } from './accounts-money.ts';
import type { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- accounts SUBCOMMAND --config FILE [--credentials FILE] ...

What a master's key may do with the accounts under it.

  list        [--keys] [--json]                              the accounts, and their keys by their first characters
  balances    [--sub NAME] [--json]                          what they trade with, and what lies beside
  create      --sub NAME [--label TEXT]                      opens one
  create-key  --sub NAME --file FILE --ip A,B [--label TEXT] [--perm read_only,trade]
              a key in a new file of mode 0600, as credentialsFile names it; bound to these addresses, or --any-address
  rotate-key  --sub NAME --file FILE [--delete-old]          a new key of the same terms in the place of the file's, tried
              first; the old one goes to FILE.old, and is deleted when the engine no longer needs it, or with --delete-old
  delete-key  --sub NAME --key BEGIN | --file FILE           a key by its first characters, or a file's, with the file
  transfer    --ccy USDT --amount 100 --from master --to NAME[:funding]
              between the master and the accounts, or two of these; of what they trade with unless :funding is said

  --config       whose venue and region are meant
  --credentials  the master's key, lines OKX_API_KEY=... in a file of mode 0600; else fleet.masterCredentialsFile of the
                 configuration, else OKX_MASTER_API_KEY, OKX_MASTER_API_SECRET and OKX_MASTER_API_PASSPHRASE
  --dry-run      of what changes anything: only print what would be asked for
  --yes          of the same: do not ask whether it is meant

Secrets are printed nowhere, and stand in no argument. Ends with 0 when it is done, 1 when the venue refuses it, 75 when it
does not answer, 78 when the configuration, a key or a file must be put right.`;

const SUBCOMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<ExitCode>>> = {
  list,
  balances,
  create,
  'create-key': createKey,
  'rotate-key': rotateKey,
  'delete-key': deleteKey,
  transfer,
};

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const [name = '', ...rest] = argv;
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name]! : undefined;
  if (subcommand === undefined) {
    throw new UsageError(`expected one of ${Object.keys(SUBCOMMANDS).join(', ')}, was "${name}"`);
  }
  return subcommand(rest);
}
