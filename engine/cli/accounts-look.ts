import type { SubAccountRest } from '../venue/sub-account-rest.ts';
import { MASTER_OPTIONS, Master } from './accounts-master.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { textTable } from './text-table.ts';
import { UsageError } from './usage-error.ts';

const JSON_OPTION = { json: { type: 'boolean', default: false } } as const;

/** As many characters of a key as tell keys apart; a whole one is nobody's to read off a screen. */
const KEY_CHARACTERS = 8;

/** The accounts under the master, and their keys. */
export async function list(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...MASTER_OPTIONS,
    ...JSON_OPTION,
    keys: { type: 'boolean', default: false },
  });
  expectNone(positionals);
  return Master.with(values, async ({ subs }) => {
    const rows = [];
    for (const account of await subs.list()) {
      const keys = values.keys ? await subs.keys(account.name) : [];
      rows.push({
        account: account.name,
        uid: account.uid,
        label: account.label,
        enabled: account.isEnabled ? 'yes' : 'no',
        keys: keys.map(
          ({ apiKey, label, perm, ip }) =>
            `${shortKey(apiKey.reveal())} ${label} (${perm}; ${ip === '' ? 'any address' : ip})`,
        ),
      });
    }
    show(
      values.json,
      rows,
      ['account', 'uid', 'label', 'enabled', ...(values.keys ? ['keys'] : [])],
      rows.map(({ account, uid, label, enabled, keys }) => [
        account,
        uid,
        label,
        enabled,
        ...(values.keys ? [keys.join(', ')] : []),
      ]),
      'lllll',
    );
    return ExitCode.done;
  });
}

/** What lies where, of every account under the master or of one. */
export async function balances(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...MASTER_OPTIONS,
    ...JSON_OPTION,
    sub: { type: 'string', default: '' },
  });
  expectNone(positionals);
  return Master.with(values, async ({ subs }) => {
    const names = values.sub === '' ? (await subs.list()).map(({ name }) => name) : [values.sub];
    const rows = [];
    for (const account of names) {
      for (const [place, of] of Object.entries(await placesOf(subs, account))) {
        for (const { ccy, total, free } of of) rows.push({ account, place, ccy, total, free });
      }
    }
    const texts = rows.map(({ account, place, ccy, total, free }) => [account, place, ccy, total, free]);
    show(values.json, rows, ['account', 'place', 'ccy', 'total', 'free'], texts, 'lllrr');
    return ExitCode.done;
  });
}

async function placesOf(subs: SubAccountRest, account: string) {
  return { trading: await subs.tradingBalances(account), funding: await subs.fundingBalances(account) };
}

export function shortKey(apiKey: string): string {
  return `${apiKey.slice(0, KEY_CHARACTERS)}…`;
}

export function expectNone(positionals: readonly string[]): void {
  if (positionals.length > 0) {
    throw new UsageError(`expected options only, was "${positionals.join(' ')}"`);
  }
}

function show(
  isJson: boolean,
  rows: readonly unknown[],
  heads: readonly string[],
  texts: readonly (readonly string[])[],
  sides: string,
): void {
  const lines = isJson ? [JSON.stringify(rows, undefined, 2)] : textTable(heads, texts, sides);
  process.stdout.write(`${lines.join('\n')}\n`);
}
