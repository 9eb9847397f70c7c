import { MoneyPlace, openRequest, transferRequest } from '../venue/sub-account-rest.ts';
import type { TransferEnd } from '../venue/sub-account-rest.ts';
import { expectNone } from './accounts-look.ts';
import { CHANGE_OPTIONS, Master, isConfirmed } from './accounts-master.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

/** A new account under the master. */
export async function create(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...CHANGE_OPTIONS,
    sub: { type: 'string', default: '' },
    label: { type: 'string', default: '' },
  });
  expectNone(positionals);
  // As the venue takes them.
  if (!/^[A-Za-z0-9]{6,20}$/.test(values.sub)) {
    throw new UsageError(`--sub: expected 6 to 20 letters and digits, was "${values.sub}"`);
  }
  const request = openRequest(values.sub, values.label);
  return Master.with(values, async ({ subs }) => {
    if (!(await isConfirmed([request], values))) return ExitCode.done;
    const [row] = await subs.send(request);
    process.stdout.write(`${values.sub}: opened, uid ${row?.optionalText('uid') ?? ''}\n`);
    return ExitCode.done;
  });
}

/** Money between two of the master and the accounts under it. */
export async function transfer(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...CHANGE_OPTIONS,
    from: { type: 'string', default: '' },
    to: { type: 'string', default: '' },
    ccy: { type: 'string', default: '' },
    amount: { type: 'string', default: '' },
  });
  expectNone(positionals);
  if (!/^[A-Z0-9]+$/.test(values.ccy)) {
    throw new UsageError(`--ccy: expected a currency, such as USDT, was "${values.ccy}"`);
  }
  if (!/^\d+(\.\d+)?$/.test(values.amount) || !/[1-9]/.test(values.amount)) {
    throw new UsageError(`--amount: expected a decimal above zero, was "${values.amount}"`);
  }
  const from = endOf(values.from, '--from');
  const to = endOf(values.to, '--to');
  if (from.account === to.account && from.place === to.place) {
    throw new UsageError(`--to: expected another place than --from, was "${values.to}"`);
  }
  const request = transferRequest(values.ccy, values.amount, from, to);
  return Master.with(values, async ({ subs }) => {
    if (!(await isConfirmed([request], values))) return ExitCode.done;
    const [row] = await subs.send(request);
    process.stdout.write(
      `${values.amount} ${values.ccy} from ${values.from} to ${values.to}: transfer ${row?.optionalText('transId') ?? ''}\n`,
    );
    return ExitCode.done;
  });
}

/** `desk1`, `desk1:funding`, `master` or `master:trading`. */
function endOf(text: string, option: string): TransferEnd {
  const [name = '', place = 'trading', more] = text.split(':');
  if (name === '' || more !== undefined || !Object.hasOwn(MoneyPlace, place)) {
    throw new UsageError(`${option}: expected an account, or account:funding, was "${text}"`);
  }
  return { account: name === 'master' ? '' : name, place: MoneyPlace[place as keyof typeof MoneyPlace] };
}
