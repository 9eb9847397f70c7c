import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Milliseconds } from '../base/units.ts';
import { appendText } from './ledger-files.ts';

/** `type` of GET /broker/fd/if-rebate: whether an account brings rebates, or why not. Documentation read 2026. */
export const IfRebate = { eligible: '0', expired: '1', capped: '2', vip: '3', msa: '4' } as const;
export type IfRebate = (typeof IfRebate)[keyof typeof IfRebate];

/** What the venue said of an account, and when. */
export interface Eligibility {
  readonly tsMs: Milliseconds;
  /** The account's uid. */
  readonly account: string;
  /** One of IfRebate, or a later number that is not known here. */
  readonly type: string;
  readonly brokerCode: string;
  /** Somebody else has invited the account, and earns too. */
  readonly isAffiliated: boolean;
  /** What of the rebate the client gets back, as text. */
  readonly clientRebateRatio: string;
  /** USDT of this month so far; of VIP5 and VIP6 only, else "". */
  readonly lastRebate: string;
}

/** What it means, and what to do. */
const ELIGIBILITY_WORDS: Readonly<Record<string, { readonly text: string; readonly advice: string }>> = {
  [IfRebate.eligible]: { text: 'rebates are paid', advice: '' },
  [IfRebate.expired]: {
    text: "the broker's standing has expired: no rebate is paid for any account",
    advice: 'renew it with OKX; orders go on carrying the code, and earn nothing until then',
  },
  [IfRebate.capped]: {
    text: 'the account is VIP5 or VIP6 and has brought all that it may this month',
    advice: 'nothing is to be done: rebates go on with the next month',
  },
  [IfRebate.vip]: {
    text: 'the account is VIP7 or above: such accounts bring no rebate',
    advice: 'nothing is to be done, unless the account was expected to be of a lower tier',
  },
  [IfRebate.msa]: {
    text: 'the account is an MSA account: such accounts bring no rebate',
    advice: 'ask OKX which account of the client is none',
  },
};

const UNKNOWN_WORDS = {
  text: 'the venue gives a reason that is not known here: no rebate is to be expected',
  advice: 'look it up in the documentation of GET /api/v5/broker/fd/if-rebate',
};

/** In words. */
export function eligibilityWords(type: string): { readonly text: string; readonly advice: string } {
  return ELIGIBILITY_WORDS[type] ?? UNKNOWN_WORDS;
}

const FILE = 'eligibility.ndjson';

/** Kept, since a report of last month has to be explained by what held then. */
export function keepEligibility(directory: string, told: Eligibility): Promise<void> {
  return appendText(join(directory, FILE), `${JSON.stringify(told)}\n`);
}

/** Oldest first. Lines that a crash cut off are left out. */
export function readEligibility(directory: string): Eligibility[] {
  const file = join(directory, FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const told = JSON.parse(line) as Eligibility;
        return typeof told.tsMs === 'number' && typeof told.type === 'string' ? [told] : [];
      } catch {
        return [];
      }
    })
    .toSorted((left, right) => left.tsMs - right.tsMs);
}
