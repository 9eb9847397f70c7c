import { Random } from '../../base/random.ts';
import type { Milliseconds } from '../../base/units.ts';
import { amountText, isPlainDecimal, parseAmount, type Amount } from '../exchange/amount.ts';
import type { AccountOptions, Row } from '../exchange/exchange-contract.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ApiKey, KeyRing } from './key-ring.ts';
import { Refusal } from './refusal.ts';

/** What of the venue sub-accounts are kept in. */
export interface SubAccountHost {
  readonly exchange: Exchange;
  readonly keys: KeyRing;
  readonly time: () => number;
  openAccount(options: AccountOptions): void;
}

interface SubAccount {
  readonly name: string;
  readonly uid: string;
  readonly mainUid: string;
  readonly label: string;
  readonly createdMs: Milliseconds;
}

type Fields = Readonly<Record<string, string>>;

const KEYS_MAX = 50;
const ADDRESSES_MAX = 20;
const PERMISSIONS = ['read_only', 'trade'];
/** Where money lies: the funding account beside the one that trades. */
const FUNDING = '6';
const TRADING = '18';
/** None of those that there were at the start. */
const OPENED_UID = 700_000_000_000_000_001n;
/** Chance of its own, so that keys take nothing from the market's. */
const SEED = 0x73756273;

/**
 * The accounts under a master, their keys and what moves between them, as a master's key may have it (docs-v5 "Sub-account"
 * and "Funding account", read 2026-07-28). Every call is of the master `uid`; any other account is refused with 59500.
 */
export class SubAccounts {
  readonly #host: SubAccountHost;
  /** By uid: the options of masters, which those opened under them take over. */
  readonly #masters = new Map<string, AccountOptions>();
  readonly #subs: SubAccount[] = [];
  /** By uid and currency. */
  readonly #funding = new Map<string, Amount>();
  readonly #random = new Random(SEED);
  #opened = 0;
  #transfers = 0;

  constructor(host: SubAccountHost, accounts: readonly (AccountOptions & { readonly subAcct?: string })[]) {
    this.#host = host;
    const createdMs = Math.floor(host.time());
    for (const account of accounts) {
      const { uid, mainUid = uid } = account;
      if (mainUid === uid) this.#masters.set(uid, account);
      else {
        const name = account.subAcct ?? `sub${this.#subs.length + 1}`;
        this.#subs.push({ name, uid, mainUid, label: '', createdMs });
      }
    }
  }

  list(uid: string, { subAcct = '', limit = '100' }: Fields): readonly Row[] | Refusal {
    if (!this.#masters.has(uid)) return new Refusal('59500');
    return this.#subs
      .filter(({ mainUid, name }) => mainUid === uid && (subAcct === '' || subAcct === name))
      .slice(0, Number(limit))
      .map((sub) => ({
        type: '1',
        enable: true,
        subAcct: sub.name,
        uid: sub.uid,
        label: sub.label,
        mobile: '',
        gAuth: false,
        frozenFunc: [],
        canTransOut: false,
        ifDma: false,
        subAcctLv: '1',
        firstLvSubAcct: sub.name,
        ts: String(sub.createdMs),
      }));
  }

  /** A standard one, with the master's account level and fees, and without money. */
  create(uid: string, { subAcct = '', label = '', type = '' }: Fields): readonly Row[] | Refusal {
    const master = this.#masters.get(uid);
    if (master === undefined) return new Refusal('59500');
    if (!/^[A-Za-z0-9]{6,20}$/.test(subAcct) || this.#subs.some(({ name }) => name === subAcct)) {
      return new Refusal('51000', 200, 'Parameter subAcct error');
    }
    if (type !== '1') return new Refusal('51000', 200, 'Parameter type error');
    const createdMs = Math.floor(this.#host.time());
    const subUid = String(OPENED_UID + BigInt(this.#opened++));
    this.#host.openAccount({ ...master, uid: subUid, mainUid: uid, balances: {} });
    this.#subs.push({ name: subAcct, uid: subUid, mainUid: uid, label, createdMs });
    return [{ subAcct, label, uid: subUid, ts: String(createdMs) }];
  }

  createKey(uid: string, fields: Fields): readonly Row[] | Refusal {
    const sub = this.#subOf(uid, fields);
    if (sub instanceof Refusal) return sub;
    const { label = '', passphrase = '', perm = 'read_only', ip = '' } = fields;
    const keys = this.#host.keys.ofAccount(sub.uid);
    if (label === '') return new Refusal('50014', 400, 'Parameter label can not be empty.');
    if (!isPassphrase(passphrase)) return new Refusal('59505');
    if (keys.length >= KEYS_MAX) return new Refusal('59501');
    if (keys.some((key) => key.label === label)) return new Refusal('59502');
    const problem = termsProblem(perm, ip);
    if (problem !== undefined) return problem;
    const key: ApiKey = {
      apiKey: [8, 4, 4, 4, 12].map((digits) => this.#hex(digits)).join('-'),
      secret: this.#hex(32).toUpperCase(),
      passphrase,
      uid: sub.uid,
      permissions: perm,
      ip,
      label,
      createdMs: Math.floor(this.#host.time()),
    };
    this.#host.keys.put(key);
    // The only time that its secret is told.
    return [{ ...keyRow(sub, key), secretKey: key.secret, passphrase }];
  }

  keys(uid: string, fields: Fields): readonly Row[] | Refusal {
    const sub = this.#subOf(uid, fields);
    if (sub instanceof Refusal) return sub;
    const { apiKey = '' } = fields;
    const keys = this.#host.keys.ofAccount(sub.uid);
    return keys.filter((key) => apiKey === '' || key.apiKey === apiKey).map((key) => keyRow(sub, key));
  }

  modifyKey(uid: string, fields: Fields): readonly Row[] | Refusal {
    const found = this.#keyOf(uid, fields);
    if (found instanceof Refusal) return found;
    const { sub, key } = found;
    const { label = key.label ?? '', perm = key.permissions ?? '', ip = key.ip ?? '' } = fields;
    const problem = termsProblem(perm, ip);
    if (problem !== undefined) return problem;
    const changed = { ...key, label, permissions: perm, ip };
    this.#host.keys.put(changed);
    return [keyRow(sub, changed)];
  }

  deleteKey(uid: string, fields: Fields): readonly Row[] | Refusal {
    const found = this.#keyOf(uid, fields);
    if (found instanceof Refusal) return found;
    this.#host.keys.remove(found.key.apiKey);
    return [{ subAcct: found.sub.name }];
  }

  /** What it trades with, as GET /account/balance shows it to itself. */
  tradingBalances(uid: string, fields: Fields): readonly Row[] | Refusal {
    const sub = this.#subOf(uid, fields);
    return sub instanceof Refusal ? sub : [this.#host.exchange.balances(sub.uid)];
  }

  fundingBalances(uid: string, fields: Fields): readonly Row[] | Refusal {
    const sub = this.#subOf(uid, fields);
    return sub instanceof Refusal ? sub : this.ownFunding(sub.uid, fields);
  }

  /** Any account's own. */
  ownFunding(uid: string, { ccy = '' }: Fields): readonly Row[] {
    return [...this.#funding]
      .filter(([key, amount]) => key.startsWith(`${uid} `) && amount !== 0n)
      .map(([key, amount]) => ({ ccy: key.slice(uid.length + 1), amount: amountText(amount) }))
      .filter((row) => ccy === '' || ccy.split(',').includes(row.ccy))
      .map((row) => ({ ccy: row.ccy, bal: row.amount, frozenBal: '0', availBal: row.amount }));
  }

  /** Between two sub-accounts, by their master. */
  transferBetween(uid: string, fields: Fields): readonly Row[] | Refusal {
    const { fromSubAccount = '', toSubAccount = '' } = fields;
    const from = this.#subOf(uid, { subAcct: fromSubAccount });
    if (from instanceof Refusal) return from;
    const to = this.#subOf(uid, { subAcct: toSubAccount });
    if (to instanceof Refusal) return to;
    if (from === to) return new Refusal('59507');
    const moved = this.#move(from.uid, to.uid, fields);
    return moved instanceof Refusal ? moved : [{ transId: moved }];
  }

  /** Within the master's own accounts (type 0), to a sub-account (1), or from it (2). */
  transfer(uid: string, fields: Fields): readonly Row[] | Refusal {
    const { type = '0', ccy = '', amt = '', from = '', to = '' } = fields;
    let [source, target] = [uid, uid];
    if (type !== '0') {
      const sub = this.#subOf(uid, fields);
      if (sub instanceof Refusal) return sub;
      if (type === '1') target = sub.uid;
      else if (type === '2') source = sub.uid;
      else return new Refusal('51000', 200, 'Parameter type error');
    }
    const moved = this.#move(source, target, fields);
    return moved instanceof Refusal ? moved : [{ transId: moved, ccy, clientId: '', from, amt, to }];
  }

  /** The transfer's id, or why nothing was moved. */
  #move(
    source: string,
    target: string,
    { ccy = '', amt = '', from = '', to = '' }: Fields,
  ): string | Refusal {
    if (ccy === '') return new Refusal('50014', 400, 'Parameter ccy can not be empty.');
    if (!isPlainDecimal(amt) || parseAmount(amt) === 0n) return new Refusal('58114');
    for (const [name, place] of [
      ['from', from],
      ['to', to],
    ] as const) {
      if (place !== FUNDING && place !== TRADING) {
        return new Refusal('51000', 200, `Parameter ${name} error`);
      }
    }
    if (source === target && from === to) return new Refusal('51000', 200, 'Parameter to error');
    const amount = parseAmount(amt);
    if (!this.#book(source, from, ccy, -amount)) return new Refusal('58350');
    this.#book(target, to, ccy, amount);
    return String(++this.#transfers).padStart(9, '7');
  }

  #book(uid: string, place: string, ccy: string, change: Amount): boolean {
    if (place === TRADING) return this.#host.exchange.transfer(uid, ccy, change);
    const key = `${uid} ${ccy}`;
    const after = (this.#funding.get(key) ?? 0n) + change;
    if (after < 0n) return false;
    this.#funding.set(key, after);
    return true;
  }

  #subOf(uid: string, { subAcct = '' }: Fields): SubAccount | Refusal {
    if (!this.#masters.has(uid)) return new Refusal('59500');
    const found = this.#subs.find(({ name, mainUid }) => mainUid === uid && name === subAcct);
    return found ?? new Refusal('58115');
  }

  #keyOf(uid: string, fields: Fields): { readonly sub: SubAccount; readonly key: ApiKey } | Refusal {
    const sub = this.#subOf(uid, fields);
    if (sub instanceof Refusal) return sub;
    const key = this.#host.keys.ofAccount(sub.uid).find(({ apiKey }) => apiKey === fields['apiKey']);
    return key === undefined ? new Refusal('59506') : { sub, key };
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => this.#random.below(16).toString(16)).join('');
  }
}

function keyRow({ name }: SubAccount, key: ApiKey): Row {
  return {
    subAcct: name,
    label: key.label ?? '',
    apiKey: key.apiKey,
    perm: key.permissions ?? PERMISSIONS.join(','),
    ip: key.ip ?? '',
    ts: String(key.createdMs ?? 0),
  };
}

/** 8 to 32 characters, of each kind at least one. */
function isPassphrase(text: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/];
  return text.length >= 8 && text.length <= 32 && kinds.every((kind) => kind.test(text));
}

function termsProblem(perm: string, ip: string): Refusal | undefined {
  if (!perm.split(',').every((each) => PERMISSIONS.includes(each))) {
    return new Refusal('51000', 200, 'Parameter perm error');
  }
  return ip.split(',').length > ADDRESSES_MAX ? new Refusal('59503') : undefined;
}
