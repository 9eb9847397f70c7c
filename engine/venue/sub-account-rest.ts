import { RowReader, readBalances } from './account-rows.ts';
import type { RestPort } from './account-rest.ts';
import { Secret } from './credentials.ts';

/** An account under the master whose key asks. */
export interface SubAccountRow {
  readonly name: string;
  readonly uid: string;
  readonly label: string;
  readonly isEnabled: boolean;
}

export interface SubAccountKey {
  readonly apiKey: Secret;
  readonly label: string;
  /** With commas, as the venue takes them. */
  readonly perm: string;
  /** With commas; '' for a key that works from anywhere. */
  readonly ip: string;
}

/** A key as it is told once, when it is made. */
export interface NewKey {
  readonly apiKey: Secret;
  readonly secret: Secret;
  readonly passphrase: Secret;
}

export interface CurrencyAmount {
  readonly ccy: string;
  /** Decimal text. */
  readonly total: string;
  readonly free: string;
}

/** Something that a master's key changes: what exactly is asked for, so that it can be shown before. */
export interface SubAccountRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, string | Secret>>;
}

/** Where money lies in an account. */
export const MoneyPlace = { funding: '6', trading: '18' } as const;
export type MoneyPlace = (typeof MoneyPlace)[keyof typeof MoneyPlace];

/** One end of a transfer; '' is the master. */
export interface TransferEnd {
  readonly account: string;
  readonly place: MoneyPlace;
}

const LIST = '/api/v5/users/subaccount/list';
const KEYS = '/api/v5/users/subaccount/apikey';
const TRADING_BALANCES = '/api/v5/account/subaccount/balances';
const FUNDING_BALANCES = '/api/v5/asset/subaccount/balances';
const SIGNED = { isSigned: true };
/** More than a master has; the venue gives a hundred at a time. */
const LIST_PAGES_MAX = 50;
const PAGE_ROWS = 100;

/** What a master's key may look at and change of the accounts under it. Every call throws RestError and nothing else. */
export class SubAccountRest {
  readonly #rest: RestPort;

  constructor(rest: RestPort) {
    this.#rest = rest;
  }

  /** Every one, newest first. */
  async list(): Promise<SubAccountRow[]> {
    const found: SubAccountRow[] = [];
    let after: string | undefined;
    for (let page = 0; page < LIST_PAGES_MAX; page++) {
      const rows = await this.#rows(LIST, { limit: String(PAGE_ROWS), after });
      for (const row of rows) {
        found.push({
          name: row.text('subAcct'),
          uid: row.optionalText('uid'),
          label: row.optionalText('label'),
          isEnabled: row.isTrue('enable'),
        });
      }
      if (rows.length < PAGE_ROWS) break;
      after = rows.at(-1)!.text('ts');
    }
    return found;
  }

  async keys(name: string): Promise<SubAccountKey[]> {
    const rows = await this.#rows(KEYS, { subAcct: name });
    return rows.map((row) => ({
      apiKey: new Secret(row.text('apiKey')),
      label: row.optionalText('label'),
      perm: row.optionalText('perm'),
      ip: row.optionalText('ip'),
    }));
  }

  /** What it trades with. */
  async tradingBalances(name: string): Promise<CurrencyAmount[]> {
    const [row] = await this.#rows(TRADING_BALANCES, { subAcct: name });
    if (row === undefined) return [];
    return readBalances(row).details.map(({ ccy, eq, availBal, cashBal }) => ({
      ccy,
      total: eq === '' ? cashBal : eq,
      free: availBal,
    }));
  }

  async fundingBalances(name: string): Promise<CurrencyAmount[]> {
    const rows = await this.#rows(FUNDING_BALANCES, { subAcct: name });
    return rows.map((row) => ({
      ccy: row.text('ccy'),
      total: row.decimal('bal'),
      free: row.optionalDecimal('availBal'),
    }));
  }

  /** Asks for the change; the rows of the answer. */
  async send({ path, body }: SubAccountRequest): Promise<RowReader[]> {
    const rows = await this.#rest.post(
      path,
      bodyOf(body, (secret) => secret.reveal()),
    );
    return rows.map((row) => new RowReader(row, 'POST', path));
  }

  /** As `send` of a `keyRequest`: its secret is told this once. */
  async createKey(request: SubAccountRequest): Promise<NewKey> {
    const [row = new RowReader(undefined, 'POST', request.path)] = await this.send(request);
    return {
      apiKey: new Secret(row.text('apiKey')),
      secret: new Secret(row.text('secretKey')),
      passphrase: request.body['passphrase'] as Secret,
    };
  }

  async #rows(path: string, query: Readonly<Record<string, string | undefined>>): Promise<RowReader[]> {
    const rows = await this.#rest.get(path, query, SIGNED);
    return rows.map((row) => new RowReader(row, 'GET', path));
  }
}

/** What is asked for, in one line, and nothing secret in it. */
export function requestText({ path, body }: SubAccountRequest): string {
  return `POST ${path} ${JSON.stringify(bodyOf(body, String))}`;
}

function bodyOf(body: SubAccountRequest['body'], textOf: (secret: Secret) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : textOf(value)]),
  );
}

/** A standard sub-account. */
export function openRequest(name: string, label: string): SubAccountRequest {
  const body = { subAcct: name, type: '1', ...(label === '' ? {} : { label }) };
  return { path: '/api/v5/users/subaccount/create-subaccount', body };
}

export interface KeyTerms {
  readonly label: string;
  readonly perm: string;
  readonly ip: string;
}

export function keyRequest(name: string, terms: KeyTerms, passphrase: Secret): SubAccountRequest {
  const { label, perm, ip } = terms;
  return { path: KEYS, body: { subAcct: name, label, passphrase, perm, ...(ip === '' ? {} : { ip }) } };
}

export function deleteKeyRequest(name: string, apiKey: Secret): SubAccountRequest {
  return { path: '/api/v5/users/subaccount/delete-apikey', body: { subAcct: name, apiKey } };
}

/** Between any two of a master and the accounts under it: the venue has a path for two of them, and one for the master. */
export function transferRequest(
  ccy: string,
  amount: string,
  from: TransferEnd,
  to: TransferEnd,
): SubAccountRequest {
  const body = { ccy, amt: amount, from: from.place, to: to.place };
  if (from.account !== '' && to.account !== '') {
    const ends = { fromSubAccount: from.account, toSubAccount: to.account };
    return { path: '/api/v5/asset/subaccount/transfer', body: { ...body, ...ends } };
  }
  const path = '/api/v5/asset/transfer';
  if (from.account === '' && to.account === '') return { path, body: { ...body, type: '0' } };
  const isToSub = to.account !== '';
  const subAcct = isToSub ? to.account : from.account;
  return { path, body: { ...body, type: isToSub ? '1' : '2', subAcct } };
}
