/**
 * Market maker protection of options at the venue: its settings as the configuration has them, proven by the venue's answer,
 * its reset when an operator resumes, and the one call that cancels all of a family.
 *
 * Owner:      the engine thread.
 * Invariants: an engine whose quotes are to be protected does not start while they would not be.
 */
import type { Instrument } from '../base/instrument.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Config, InstrumentConfig } from '../config/schema.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { AccountPort } from './engine-world.ts';
import { HostError } from './host-error.ts';
import { textOf } from './text-of.ts';

type MmpPort = Pick<AccountPort, 'fetchMmpConfig' | 'setMmpConfig' | 'resetMmp'>;
type Settings = InstrumentConfig['mmp'];

/** The venue takes two changes in ten seconds. */
const SETS_AT_ONCE = 2;
const SET_WINDOW_MS: Milliseconds = 10_000;

/** Families whose quotes are under protection, with the settings that all instruments of one must share. */
function familiesOf(config: Config, instruments: readonly Instrument[]): Map<string, Settings> {
  const families = new Map<string, Settings>();
  for (const { index, instFamily, option } of instruments) {
    if (option === null) continue;
    const { mmp } = config.instruments[index]!;
    const known = families.get(instFamily);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(mmp)) {
      throw new HostError(
        'INSTRUMENT_REFUSED',
        `instruments[${index}].mmp: expected the same as of the other options of ${instFamily}, since the venue protects a family as a whole; make them equal`,
      );
    }
    families.set(instFamily, mmp);
  }
  return new Map([...families].filter(([, { isOn }]) => isOn));
}

/**
 * Sets what is not set as configured, and asks the venue for what it has then.
 *
 * @param staysFrozen whether one that has triggered waits for an operator's word
 * @throws HostError when the account cannot have it, or the venue has other settings afterwards; RestError without an answer
 */
export async function prepareMmp(
  account: MmpPort,
  config: Config,
  instruments: readonly Instrument[],
  staysFrozen: boolean,
  waitMs: (ms: Milliseconds) => Promise<void>,
): Promise<void> {
  let sets = 0;
  for (const [family, settings] of familiesOf(config, instruments)) {
    const { timeIntervalMs, frozenMs, qtyLimit } = settings;
    try {
      let found = await account.fetchMmpConfig(family);
      if (found === undefined || !isAsWanted(found, settings)) {
        if (sets > 0 && sets % SETS_AT_ONCE === 0) await waitMs(SET_WINDOW_MS);
        sets++;
        await account.setMmpConfig({ instFamily: family, timeIntervalMs, frozenMs, qtyLimit });
        found = await account.fetchMmpConfig(family);
      }
      if (found === undefined || !isAsWanted(found, settings)) {
        const was = found === undefined ? 'none' : JSON.stringify(found);
        throw new HostError(
          'ACCOUNT_REFUSED',
          `mmp of ${family}: expected the venue to have ${JSON.stringify(settings)}, has ${was}; quotes would not be protected`,
        );
      }
      if (found.isFrozen && frozenMs === 0 && !staysFrozen) await account.resetMmp(family);
    } catch (error) {
      if (!(error instanceof RestError) || error.code !== RestErrorCode.rejected || error.isRetryable)
        throw error;
      throw new HostError(
        'ACCOUNT_REFUSED',
        `mmp of ${family}: ${error.message}; market maker protection needs account level 4 and OKX's permission: set mmp.isOn: false without it`,
        { cause: error },
      );
    }
  }
}

function isAsWanted(
  found: { readonly timeIntervalMs: number; readonly frozenMs: number; readonly qtyLimit: string },
  { timeIntervalMs, frozenMs, qtyLimit }: Settings,
): boolean {
  return (
    found.timeIntervalMs === timeIntervalMs &&
    found.frozenMs === frozenMs &&
    Number(found.qtyLimit) === Number(qtyLimit)
  );
}

/** What of it a running engine does at the venue. */
export class MmpDesk {
  readonly #account: Pick<AccountPort, 'resetMmp' | 'massCancel'>;
  readonly #families: readonly string[];
  readonly #log: (line: string) => void;

  constructor(
    account: Pick<AccountPort, 'resetMmp' | 'massCancel'>,
    config: Config,
    instruments: readonly Instrument[],
    log: (line: string) => void,
  ) {
    this.#account = account;
    this.#families = [...familiesOf(config, instruments).keys()];
    this.#log = log;
  }

  /** Before quoting is resumed: else the venue would refuse all of it. A refusal is told, and resumed all the same. */
  async reset(): Promise<void> {
    for (const family of this.#families) {
      await this.#try(`reset of ${family}`, () => this.#account.resetMmp(family));
    }
  }

  /** All of a family in one call, where cancels one by one take budget and time. What it misses, those take. */
  async cancelAll(): Promise<void> {
    for (const family of this.#families) {
      await this.#try(`mass-cancel of ${family}`, () => this.#account.massCancel(family));
    }
  }

  async #try(what: string, ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      this.#log(`mmp: ${what}: ${textOf(error)}`);
    }
  }
}
