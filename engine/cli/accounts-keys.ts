import { lstat, unlink } from 'node:fs/promises';
import { unguessableText } from '../base/secure-random.ts';
import { ConfigError } from '../config/config-error.ts';
import { readCredentials } from '../config/environment.ts';
import { CredentialsFile, replaceKeeping } from '../fleet/credentials-file.ts';
import { textOf } from '../host/text-of.ts';
import { Credentials, Secret } from '../venue/credentials.ts';
import { RestError } from '../venue/rest-error.ts';
import { deleteKeyRequest, keyRequest } from '../venue/sub-account-rest.ts';
import type { NewKey, SubAccountKey, SubAccountRequest } from '../venue/sub-account-rest.ts';
import { expectNone, shortKey } from './accounts-look.ts';
import { CHANGE_OPTIONS, Master, isConfirmed } from './accounts-master.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

const KEY_OPTIONS = {
  ...CHANGE_OPTIONS,
  sub: { type: 'string', default: '' },
  file: { type: 'string', default: '' },
} as const;

/** What an engine's key may do; withdrawals are never among it. */
const PERMISSIONS = 'read_only,trade';

/** A key for an account, in a file that its configuration can name. */
export async function createKey(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...KEY_OPTIONS,
    label: { type: 'string', default: 'okx-mm' },
    perm: { type: 'string', default: PERMISSIONS },
    ip: { type: 'string', default: '' },
    'any-address': { type: 'boolean', default: false },
  });
  expectNone(positionals);
  expectNames(values);
  if (!/^(read_only|trade)(,(read_only|trade))?$/.test(values.perm)) {
    throw new UsageError(`--perm: expected read_only, trade, or both with a comma, was "${values.perm}"`);
  }
  if (values.ip === '' && !values['any-address']) {
    throw new UsageError(
      '--ip: expected the addresses that the key may work from; --any-address makes one that works from anywhere, and dies after 14 idle days',
    );
  }
  const { label, perm } = values;
  const request = keyRequest(values.sub, { label, perm, ip: addressesOf(values.ip) }, newPassphrase());
  return Master.with(values, async (master) => {
    if (!(await isConfirmed([request], values))) return ExitCode.done;
    const key = await keyInto(master, values.sub, request, values.file);
    process.stdout.write(
      `${values.sub}: key ${shortKey(key.apiKey.reveal())} is in ${values.file}: credentialsFile: ${values.file}\n`,
    );
    return ExitCode.done;
  });
}

/** A new key in the place of the one that a file holds; the old one works on until it is deleted. */
export async function rotateKey(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...KEY_OPTIONS,
    'delete-old': { type: 'boolean', default: false },
  });
  expectNone(positionals);
  expectNames(values);
  const { sub, file } = values;
  const old = readCredentials({ credentialsFile: file }, {});
  // Found out now: later there would be a key more, and no place for it.
  for (const left of [`${file}.new`, `${file}.old`]) await expectFree(left, sub);
  return Master.with(values, async (master) => {
    const keys = await master.subs.keys(sub);
    const row = keys.find(({ apiKey }) => apiKey.reveal() === old.apiKey.reveal());
    if (row === undefined) {
      throw new CommandError(
        ExitCode.failed,
        `credentials ${file}: expected a key of ${sub}, was one that it does not have; see accounts list --keys`,
      );
    }
    const request = keyRequest(sub, { ...row, label: nextLabel(row.label, keys) }, newPassphrase());
    const deletion = deleteKeyRequest(sub, old.apiKey);
    const requests = values['delete-old'] ? [request, deletion] : [request];
    if (!(await isConfirmed(requests, values))) return ExitCode.done;
    const key = await keyInto(master, sub, request, `${file}.new`);
    await prove(master, sub, key, `${file}.new`);
    await replaceKeeping(file, `${file}.new`, `${file}.old`);
    process.stdout.write(`${sub}: key ${shortKey(key.apiKey.reveal())} is in ${file}\n`);
    if (!values['delete-old']) {
      process.stdout.write(
        `the old one is in ${file}.old and works on: restart the account's engine (of several: end its process, then ctl -- reload), then: accounts delete-key --sub ${sub} --file ${file}.old\n`,
      );
      return ExitCode.done;
    }
    process.stdout.write(`${sub}: the old one is in ${file}.old until it is deleted\n`);
    await master.subs.send(deletion);
    await unlink(`${file}.old`);
    process.stdout.write(`${sub}: the old key is deleted\n`);
    return ExitCode.done;
  });
}

/** A key of an account, named by its first characters or by the file that holds it, which goes with it. */
export async function deleteKey(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...KEY_OPTIONS,
    key: { type: 'string', default: '' },
  });
  expectNone(positionals);
  const { sub, file, key } = values;
  if (sub === '') throw new UsageError('--sub: expected the account that the key is of');
  if ((key === '') === (file === '')) throw new UsageError('expected one of --key and --file');
  const begin = file === '' ? key : readCredentials({ credentialsFile: file }, {}).apiKey.reveal();
  return Master.with(values, async (master) => {
    const found = keyNamed(await master.subs.keys(sub), begin, file === '' ? `"${key}"` : file);
    const request = deleteKeyRequest(sub, found.apiKey);
    process.stdout.write(`${sub}: key ${shortKey(found.apiKey.reveal())} (${found.label})\n`);
    if (!(await isConfirmed([request], values))) return ExitCode.done;
    await master.subs.send(request);
    if (file !== '') await unlink(file);
    process.stdout.write(`${sub}: deleted${file === '' ? '' : `, and ${file}`}\n`);
    return ExitCode.done;
  });
}

function expectNames({ sub, file }: { readonly sub: string; readonly file: string }): void {
  if (sub === '') throw new UsageError('--sub: expected the account that the key is for');
  if (file === '') throw new UsageError('--file: expected the file for the key; it is shown nowhere else');
}

function addressesOf(text: string): string {
  const addresses = text === '' ? [] : text.split(',').map((each) => each.trim());
  const wrong = addresses.find((each) => !/^[0-9a-fA-F.:]+$/.test(each));
  if (wrong !== undefined) throw new UsageError(`--ip: expected addresses with commas, was "${wrong}"`);
  return addresses.join(',');
}

/** With a letter of each case, a digit and a sign, which the venue asks for, and 144 bits of chance. */
function newPassphrase(): Secret {
  return new Secret(`Aa1!${unguessableText(18)}`);
}

/** Keys of one account have labels of their own: mm becomes mm-2, and that mm-3, or the next that no other key has. */
function nextLabel(label: string, keys: readonly SubAccountKey[]): string {
  const [, name, number = '1'] = /^(.*?)(?:-(\d+))?$/.exec(label)!;
  let next = Number(number) + 1;
  while (keys.some((key) => key.label === `${name}-${next}`)) next++;
  return `${name}-${next}`;
}

/** @throws ConfigError when an earlier rotation has left a file of that name */
async function expectFree(file: string, sub: string): Promise<void> {
  if ((await lstat(file).catch(() => undefined)) === undefined) return;
  throw new ConfigError(
    `credentials ${file}: expected no file of that name, was one that an earlier rotation left; if it holds a key, end that: accounts delete-key --sub ${sub} --file ${file}; else remove it`,
  );
}

/** Asks for the key once there is a file that it can be written to. */
async function keyInto(
  master: Master,
  sub: string,
  request: SubAccountRequest,
  file: string,
): Promise<NewKey> {
  const reserved = await CredentialsFile.reserve(file);
  let key: NewKey;
  try {
    key = await master.subs.createKey(request);
  } catch (error) {
    await reserved.discard();
    throw error;
  }
  try {
    await reserved.write(key);
  } catch (error) {
    // Nobody has its secret.
    await master.subs.send(deleteKeyRequest(sub, key.apiKey));
    throw error;
  }
  return key;
}

/** Sees that the new key works before the old one is given up; else deletes it again. */
async function prove(master: Master, sub: string, key: NewKey, file: string): Promise<void> {
  const problem = await problemOf(master, sub, key);
  if (problem === '') return;
  const begin = `${sub}: expected the new key to work from here, but: ${problem}`;
  try {
    await master.subs.send(deleteKeyRequest(sub, key.apiKey));
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    throw new CommandError(
      ExitCode.unavailable,
      `${begin}; nor was it deleted: ${textOf(error)}. The old one stands, and the new one is in ${file} and may work: accounts delete-key --sub ${sub} --file ${file}`,
    );
  }
  await unlink(file);
  throw new CommandError(
    ExitCode.failed,
    `${begin}; it was deleted, and the old one stands. A key that is bound to addresses is rotated from one of them`,
  );
}

/** Why the key cannot be relied upon; '' when it can. */
async function problemOf(master: Master, sub: string, key: NewKey): Promise<string> {
  try {
    const account = (await master.subs.list()).find(({ name }) => name === sub);
    const uid = await master.uidOf(new Credentials(key.apiKey.reveal(), key.secret, key.passphrase));
    return uid === account?.uid ? '' : 'it is of another account';
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    return textOf(error);
  }
}

/** @throws ConfigError unless one key begins so, and one only */
function keyNamed(keys: readonly SubAccountKey[], begin: string, shown: string): SubAccountKey {
  const found = keys.filter(({ apiKey }) => apiKey.reveal().startsWith(begin));
  if (found.length === 1) return found[0]!;
  throw new ConfigError(
    `key ${shown}: expected one key of the account to begin so, ${found.length} do; see accounts list --keys`,
  );
}
