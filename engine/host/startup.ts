import type { FeeRates } from '../base/fee-rates.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { RUN_MAX } from '../okx/client-order-id.ts';
import { PosMode } from '../okx/shapes.ts';
import { ENDPOINTS } from '../okx/venue-limits.ts';
import { isOAuthCode, oauthAdvice } from '../okx/oauth.ts';
import type { Endpoints } from '../okx/venue-limits.ts';
import type { AccountConfig } from '../venue/account-rows.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import { endedOf, withoutEnded } from './ended-instruments.ts';
import type { EngineState } from './engine-state.ts';
import type { EngineWorld } from './engine-world.ts';
import { fetchFees } from './fee-desk.ts';
import { HostError } from './host-error.ts';
import { loadInstruments } from './instruments.ts';
import { prepareMmp } from './mmp-desk.ts';
import { renamedState, renamesOf } from './renames.ts';
import { tradeModeProblem } from './trade-modes.ts';

/** Where the venue is: the configured URLs, else the region's own hosts, else the embedded venue's port. */
export function endpointsOf(config: Config, embeddedPort: number): Endpoints {
  const { venue } = config;
  const defaults: Endpoints =
    venue.kind === 'paper'
      ? {
          rest: `http://127.0.0.1:${embeddedPort}`,
          publicWs: `ws://127.0.0.1:${embeddedPort}/ws/v5/public`,
          privateWs: `ws://127.0.0.1:${embeddedPort}/ws/v5/private`,
          businessWs: `ws://127.0.0.1:${embeddedPort}/ws/v5/business`,
        }
      : ENDPOINTS[venue.region][venue.kind];
  return {
    rest: venue.rest ?? defaults.rest,
    publicWs: venue.public ?? defaults.publicWs,
    privateWs: venue.private ?? defaults.privateWs,
    // A venue of one's own has it beside /private.
    businessWs: venue.business ?? venue.private?.replace(/\/private$/, '/business') ?? defaults.businessWs,
  };
}

/** Waits before a question of the start is put again; together they outlast the venue's windows of 2 s. */
const BUSY_WAITS_MS = [500, 1_000, 2_000];

/**
 * Asks again while the venue says that it is busy or asked too often, as when an engine was restarted a moment ago. What is
 * wrong with the connection, the key or the question is not tried again: a person is waiting for the answer.
 *
 * @throws RestError the last refusal
 */
export async function answered<T>(
  ask: () => Promise<T>,
  waitMs: (ms: Milliseconds) => Promise<void>,
): Promise<T> {
  for (const busyMs of BUSY_WAITS_MS) {
    try {
      return await ask();
    } catch (error) {
      const isBusy = error instanceof RestError && error.code === RestErrorCode.rejected && error.isRetryable;
      if (!isBusy) throw error;
    }
    await waitMs(busyMs);
  }
  return ask();
}

const CHECK_REGION = 'the key was not made where venue.region and venue.kind say: set them to where it was';
const CHECK_SECRETS = 'check OKX_API_KEY, OKX_API_SECRET and OKX_API_PASSPHRASE';

/** What to change, by the venue's code. A key of another region or of the other environment is simply not known. */
const ADVICE: Readonly<Record<string, string>> = {
  '50119': CHECK_REGION,
  '60032': CHECK_REGION,
  '50101': CHECK_REGION,
  '50105': 'the passphrase is another one: set OKX_API_PASSPHRASE to that of the key',
  '60024': 'the passphrase is another one: set OKX_API_PASSPHRASE to that of the key',
  '50110': 'the key is bound to other addresses: add this machine to them',
  '50111': CHECK_SECRETS,
  '60005': CHECK_SECRETS,
  '50113': 'the secret is another one: set OKX_API_SECRET to that of the key',
  '60007': 'the secret is another one: set OKX_API_SECRET to that of the key',
  '50114': CHECK_SECRETS,
  '50120': 'the key may not do this: make one with permission to read and trade',
  '50035': 'the key must be bound to addresses: bind it to this machine',
  '50102': 'the clock is off: set the clock of this machine',
  '60006': 'the clock is off: set the clock of this machine',
};

/** What to change when the venue refuses the account with this code. */
export function accountAdvice(okxCode: string): string {
  if (isOAuthCode(okxCode)) return oauthAdvice(okxCode);
  return (
    ADVICE[okxCode] ??
    'check the API key, its secret and passphrase, and that it belongs to this venue.kind and venue.region'
  );
}

/** Where the venue is said to be, for messages and for the state. */
export function venueName({ venue }: Config): string {
  return venue.kind === 'paper' ? venue.kind : `${venue.kind}/${venue.region}`;
}

/** Why the venue's first answers were none or a refusal, with what to change. @testonly prepare() throws it. */
export function startError(error: RestError, venue: string): HostError {
  if (error.code === RestErrorCode.rejected && !error.isRetryable) {
    return new HostError(
      'ACCOUNT_REFUSED',
      `venue ${venue}: ${error.message}; ${accountAdvice(error.okxCode)}`,
      { cause: error },
    );
  }
  return new HostError(
    'VENUE_UNREACHABLE',
    `venue ${venue}: ${error.message}; check the network, and venue.rest if the configuration sets it`,
    { cause: error },
  );
}

/**
 * Whether this machine knows what time it is.
 *
 * @param errorMs the offset is right to within this
 * @throws HostError when it is off by more than `maxMs` for certain
 * @testonly prepare() asks it.
 */
export function checkClock(offsetMs: Milliseconds, errorMs: Milliseconds, maxMs: Milliseconds): void {
  if (Math.abs(offsetMs) - errorMs <= maxMs) return;
  const off = `${Math.round(Math.abs(offsetMs))} ms ${offsetMs > 0 ? 'behind' : 'ahead of'}`;
  throw new HostError(
    'CLOCK_REFUSED',
    `clock: expected within ${maxMs} ms of the venue's (engine.clockOffsetMsMax), is ${off} it; set this machine's clock, best by NTP`,
  );
}

/**
 * Whether a saved state is of this account.
 *
 * @throws HostError when it is another's: its positions and halts are not ours
 */
export function checkState(state: EngineState, venue: string, uid: string, tag: string): void {
  const expected = { venue, uid, tag };
  for (const name of ['venue', 'uid', 'tag'] as const) {
    if (state[name] === '' || state[name] === expected[name]) continue;
    throw new HostError(
      'STATE_REFUSED',
      `state: expected one of ${name} ${expected[name]}, was of ${name} ${state[name]}; give each account and tag its own --state directory`,
    );
  }
}

/**
 * A number that no run before had: ids of orders hold it. It follows the last one, and the clock where the state is lost.
 * Clocks of different tags are apart: engines that a machine starts in one second for several tags of an account would
 * otherwise write the same ids, and take each other's orders for their own without the tag.
 */
export function nextRun(before: EngineState | undefined, wallMs: Milliseconds, tag: string): number {
  const runs = RUN_MAX + 1;
  const clock = (Math.floor(wallMs / 1_000) + hashOf(tag)) % runs;
  const next = before === undefined ? clock : Math.max(before.run + 1, clock);
  return next > RUN_MAX ? 0 : next;
}

/** FNV-1a: far apart for texts that differ in one letter. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash;
}

/** Futures and multi-currency margin know legs; with portfolio margin all is net, and spot accounts hold no contracts. */
function positionModeProblem({ posMode, acctLv }: AccountConfig): string {
  const isKnown = posMode === PosMode.net || posMode === PosMode.longShort;
  const expected = acctLv === '4' ? PosMode.net : `${PosMode.net} or ${PosMode.longShort}`;
  if (isKnown && !(acctLv === '4' && posMode !== PosMode.net)) return '';
  return `expected position mode ${expected} in account level ${acctLv}, was ${posMode}; change it in the venue's trading settings while nothing is open`;
}

/**
 * Whether the account may trade what is configured.
 *
 * @throws HostError saying what to change at the venue or in the configuration
 */
export function checkAccount(
  account: AccountConfig,
  config: Config,
  instruments: readonly Instrument[],
): void {
  const problem = positionModeProblem(account);
  if (problem !== '') throw new HostError('ACCOUNT_REFUSED', `account: ${problem}`);
  // Of a token the venue may tell no permissions of a key: its scopes are what was agreed to.
  const isUntold = config.broker.mode === 'oauth' && account.permissions.length === 0;
  if (!isUntold && !account.permissions.includes('trade')) {
    throw new HostError(
      'ACCOUNT_REFUSED',
      `account: expected an API key with trade permission, was "${account.permissions.join(',')}"; make a key that may trade`,
    );
  }
  if (account.permissions.includes('withdraw')) {
    throw new HostError(
      'ACCOUNT_REFUSED',
      'account: expected an API key without withdraw permission; make one that may only read and trade',
    );
  }
  config.instruments.forEach((each, index) => {
    const problem = tradeModeProblem(account.acctLv, instruments[index]!, each);
    if (problem !== '') throw new HostError('ACCOUNT_REFUSED', `instruments[${index}].${problem}`);
  });
}

/** What a start found. */
export interface Prepared {
  readonly state: EngineState | undefined;
  readonly account: AccountConfig;
  readonly instruments: Instrument[];
  /** By instrument. */
  readonly fees: readonly FeeRates[];
  /** What is traded: the configuration without what has ended. */
  readonly config: Config;
  readonly ended: readonly string[];
}

/**
 * Everything that must be as it should before an engine is built: the state first, which needs no venue, then the clock,
 * the account and what it trades.
 *
 * @throws HostError with what to change; StateError from the store
 */
export async function prepare(given: Config, tag: string, world: EngineWorld): Promise<Prepared> {
  const { account, venueClock } = world;
  const venue = venueName(given);
  const ask = <T>(question: () => Promise<T>): Promise<T> => answered(question, (ms) => world.waitMs(ms));
  const state = await world.state.load();
  try {
    await ask(() => venueClock.measureClockOffset());
    checkClock(venueClock.offsetMs, venueClock.offsetErrorMs, given.engine.clockOffsetMsMax);
    const found = await ask(() => account.fetchAccountConfig());
    if (state !== undefined) checkState(state, venue, found.uid, tag);
    const venueMs = world.clock.wallMs() + venueClock.offsetMs;
    const ended = await ask(() => endedOf(account, given, state, venueMs));
    const config = withoutEnded(given, ended);
    for (const instId of ended)
      world.log(
        `instruments: ${instId} has expired; the engine goes on without it, take it out of the configuration`,
      );
    const instruments = await ask(() => loadInstruments(account, config.instruments, state?.codes));
    checkAccount(found, config, instruments);
    const renames = renamesOf(state, instruments);
    for (const [former, now] of renames)
      world.log(`instruments: the venue calls ${former} ${now} now; the configuration may, too`);
    const waitsForReset = state?.kill.some(({ trigger }) => trigger === 'mmp') ?? false;
    await ask(() => prepareMmp(account, config, instruments, waitsForReset, (ms) => world.waitMs(ms)));
    const fees = await ask(() => fetchFees(account, instruments));
    return {
      state: state === undefined ? undefined : renamedState(state, renames),
      account: found,
      instruments,
      fees,
      config,
      ended,
    };
  } catch (error) {
    throw error instanceof RestError ? startError(error, given.venue.rest ?? venue) : error;
  }
}
