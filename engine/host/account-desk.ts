/**
 * Everything that is asked of the account by REST while the engine runs: recoveries and audits for the loop, cancels while
 * the trade session is down, and the word of the venue at the stop that nothing of ours rests.
 *
 * Owner:      the engine thread.
 * Invariants: a newer recovery takes the place of an older one, and of audits under way; the loop is told from here, never
 *             from inside its own inputs; after close() nothing is told and nothing but the stop's own cancels is sent.
 *             `verifiedMs` goes ahead only over trades that are booked.
 * Cost:       cold.
 */
import { AssertionError } from '../base/assert.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import type { RecoveredAccount } from '../loop/loop-options.ts';
import { OkxMessageError } from '../okx/okx-message-error.ts';
import { TradeMark } from '../orders/trade-log.ts';
import { RestError } from '../venue/rest-error.ts';
import type { Audit } from './audit.ts';
import type { Lasting } from './engine-snapshot.ts';
import type { EngineWorld } from './engine-world.ts';
import { HostError } from './host-error.ts';
import type { OpenOrders } from './open-orders.ts';
import { TRADES_KEPT_MS } from './recovery.ts';
import type { Recovered, Recovery } from './recovery.ts';
import { checkAccount } from './startup.ts';
import { textOf } from './text-of.ts';

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;
/** From one recovery's begin to the next: the venue tells an account's configuration five times in 2 s at most. */
const RECOVERY_GAP_NS = 600 * NS_PER_MS;
/** While the trade session is down, REST looks so often for orders that arrived late. */
const CANCEL_PERIOD_MS = 1_000;
/** A doubt so soon after a recovery is a relapse; after so many in a row the sessions are made anew: up, and deaf. */
const RELAPSE_NS = 10 * NS_PER_SECOND;
const RELAPSES_MAX = 2;
/** The venue counts anew once a day. */
const RATE_LIMIT_PERIOD_NS = 3_600 * NS_PER_SECOND;
/** How often the stop asks the venue to cancel and confirm before it gives up; the wait doubles from the first. */
const CONFIRM_TRIES_MAX = 5;
const CONFIRM_RETRY_MS = 250;
const CONFIRM_NS_MAX = 30 * NS_PER_SECOND;

export interface AccountDeskOptions {
  readonly world: EngineWorld;
  readonly config: Config;
  readonly loop: Loop;
  readonly lasting: Lasting;
  readonly openOrders: OpenOrders;
  readonly recovery: Recovery;
  readonly audit: Audit;
  /** As in `RecoveryOptions`; emptied here when a position has been taken. */
  readonly isNew: Uint8Array;
  /** As of the state; 0 without one. */
  readonly verifiedMs: Milliseconds;
  /** The position mode that the core was built for. */
  readonly posMode: string;
  readonly venueMs: () => Milliseconds;
  /** Trades were told, or the ledger begins: the state is another one now. */
  readonly onLearnt: () => void;
  /** The instruments are not what was loaded. */
  readonly onOutdated: (instIds: string) => void;
}

export class AccountDesk {
  /** By the venue's clock: every trade before this is in the ledger. 0 before the first recovery ever. */
  verifiedMs: Milliseconds;
  recoveredNs: Nanoseconds = -Infinity;
  auditedNs: Nanoseconds = -Infinity;

  readonly #options: AccountDeskOptions;
  #ticket = 0;
  #cancelTicket = 0;
  /** The cancel by REST that is under way while the trade session is down; recovery waits for it. */
  #cancelling: Promise<void> = Promise.resolve();
  #isRecovering = false;
  #isAuditing = false;
  #isAuditFailing = false;
  #isRateLimitFailing = false;
  #rateLimitNs: Nanoseconds = -Infinity;
  #relapses = 0;
  #beganNs: Nanoseconds = -Infinity;
  #isClosed = false;

  constructor(options: AccountDeskOptions) {
    this.#options = options;
    this.verifiedMs = options.verifiedMs;
  }

  /** A recovery that a new connection brings is no relapse. */
  onSessionUp(): void {
    this.recoveredNs = -Infinity;
  }

  /** The loop is told nothing any more; what is under way ends without effect. */
  close(): void {
    this.#isClosed = true;
  }

  // ------------------------------------------------------------------------------------------------- recovery

  /** Answers the loop's request for a recovery, trying until it succeeds or a newer request takes its place. */
  async recover(): Promise<void> {
    const { world } = this.#options;
    const ticket = ++this.#ticket;
    const isWanted = (): boolean => ticket === this.#ticket && !this.#isClosed;
    this.#isRecovering = true;
    // The turn that asked for it has to end first.
    await Promise.resolve();
    const earlyNs = this.#beganNs + RECOVERY_GAP_NS - world.clock.nowNs();
    if (earlyNs > 0) await world.waitMs(earlyNs / NS_PER_MS);
    if (!isWanted()) return;
    this.#beganNs = world.clock.nowNs();
    this.#noteRelapse();
    for (let waitMs = RETRY_MS_MIN; isWanted(); waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      const recovered = await this.#tryRecovery(isWanted, waitMs);
      if (!isWanted()) return;
      if (recovered !== undefined) {
        this.#isRecovering = false;
        await this.#deliver(recovered);
        return;
      }
      await world.waitMs(waitMs);
    }
  }

  /** Undefined when the venue did not answer, which is logged, or when it is no longer wanted. */
  async #tryRecovery(isWanted: () => boolean, waitMs: Milliseconds): Promise<Recovered | undefined> {
    const { recovery, venueMs, world } = this.#options;
    // A ledger that was never verified begins with positions as they are, and needs only to know what they hold.
    const sinceMs = this.verifiedMs === 0 ? venueMs() - TRADES_KEPT_MS : this.verifiedMs;
    try {
      await this.#cancelling;
      return isWanted() ? await recovery.run(sinceMs, isWanted) : undefined;
    } catch (error) {
      if (!isOfVenue(error)) throw error;
      if (isWanted()) world.log(`recovery: ${textOf(error)}; again in ${waitMs} ms`);
      return undefined;
    }
  }

  async #deliver({ account, balances, config, outdated }: Recovered): Promise<void> {
    const { world, loop, lasting, onLearnt, onOutdated } = this.#options;
    if (outdated !== '') {
      onOutdated(outdated);
      return;
    }
    const nowNs = world.clock.nowNs();
    const refusal = this.#refusalOf(config);
    if (refusal !== '') {
      world.log(`account changed: ${refusal}`);
      loop.onAccountRefused(nowNs);
    }
    loop.onRecovered(this.#withNew(account), nowNs);
    if (this.#verify(account)) lasting.holdings.settle(balances);
    onLearnt();
    if (!loop.account.isRecovered) return;
    this.recoveredNs = nowNs;
    world.log('recovered: nothing of ours rests, trades and positions taken from the venue');
    await this.#refreshRateLimit(nowNs);
  }

  #refusalOf(account: Recovered['config']): string {
    const { config, lasting, posMode } = this.#options;
    try {
      checkAccount(account, config, lasting.instruments);
      if (account.posMode === posMode) return '';
      return `expected position mode ${posMode}, as at the start, was ${account.posMode}; restart the engine, or change it back`;
    } catch (error) {
      if (error instanceof HostError) return error.message;
      throw error;
    }
  }

  /** The account with whose positions were never looked at; from here on, all were. */
  #withNew(account: RecoveredAccount): RecoveredAccount {
    const { isNew } = this.#options;
    if (!isNew.includes(1)) return account;
    const begins = [...isNew];
    isNew.fill(0);
    return { ...account, begins };
  }

  /** Doubts that come back at once: the sessions say that they are up, and bring no answers or no pushes. */
  #noteRelapse(): void {
    const { world } = this.#options;
    const isRelapse = world.clock.nowNs() - this.recoveredNs < RELAPSE_NS;
    this.#relapses = isRelapse ? this.#relapses + 1 : 0;
    if (this.#relapses < RELAPSES_MAX) return;
    this.#relapses = 0;
    world.log('recovery: needed again and again; private and trade move to new connections');
    world.reconnect(Connection.private, 'answers or pushes stayed away');
    world.reconnect(Connection.trade, 'answers or pushes stayed away');
  }

  // ---------------------------------------------------------------------------------------------------- audit

  /** Answers the loop's request for an audit; one that fails is left to the next. */
  async runAudit(): Promise<void> {
    if (this.#isAuditing || this.#isRecovering || this.#isClosed) return;
    const { world, loop, audit, onLearnt } = this.#options;
    const ticket = this.#ticket;
    const isWanted = (): boolean => ticket === this.#ticket && !this.#isClosed;
    this.#isAuditing = true;
    await Promise.resolve();
    let audited;
    try {
      audited = await audit.run(this.verifiedMs, isWanted);
    } catch (error) {
      if (!isOfVenue(error)) throw error;
      if (!this.#isAuditFailing && isWanted()) world.log(`audit: ${textOf(error)}`);
      this.#isAuditFailing = true;
    } finally {
      this.#isAuditing = false;
    }
    if (audited === undefined || !isWanted()) return;
    if (this.#isAuditFailing) world.log('audit: answered again');
    this.#isAuditFailing = false;
    if (audited.strayCount > 0) world.log(`audit: ${audited.strayCount} stray orders of ours cancelled`);
    const nowNs = world.clock.nowNs();
    this.auditedNs = nowNs;
    loop.onAudited(audited, nowNs);
    this.#verify(audited);
    onLearnt();
    await this.#refreshRateLimit(nowNs);
  }

  /** Only over trades that the loop has taken: it takes none while it waits for sessions. */
  #verify(account: RecoveredAccount): boolean {
    const { trades } = this.#options.lasting;
    const isBooked = account.trades.every(
      ({ instrument, tradeId, tsMs }) =>
        trades.look(instrument, tradeId) === TradeMark.withFee || tsMs <= trades.evictedMs,
    );
    if (isBooked) this.verifiedMs = Math.max(this.verifiedMs, account.verifiedMs);
    return isBooked;
  }

  /** How much the venue takes of this sub-account; without an answer what it takes of every one. */
  async #refreshRateLimit(nowNs: Nanoseconds): Promise<void> {
    const { world, loop } = this.#options;
    if (nowNs - this.#rateLimitNs < RATE_LIMIT_PERIOD_NS) return;
    this.#rateLimitNs = nowNs;
    let limit;
    try {
      limit = await world.account.fetchRateLimit();
    } catch (error) {
      if (!this.#isRateLimitFailing) world.log(`rate limit of the account: ${textOf(error)}`);
      this.#isRateLimitFailing = true;
      return;
    }
    this.#isRateLimitFailing = false;
    if (this.#isClosed || limit.ordersMax === 0) return;
    // A lower one is on its way: by then it is too late to hear of it.
    const next = limit.nextOrdersMax === 0 ? limit.ordersMax : limit.nextOrdersMax;
    loop.onRateLimit(Math.min(limit.ordersMax, next), world.clock.nowNs());
  }

  // --------------------------------------------------------------------------------------------------- cancel

  /**
   * Orders rest at a venue that no longer hears us by WebSocket. REST takes them out long before a new session can, and
   * looks again, for what was on its way, until the session is back and recovery does the same.
   */
  async cancelWhileDown(): Promise<void> {
    const { world, openOrders } = this.#options;
    const ticket = ++this.#cancelTicket;
    const isWanted = (): boolean => ticket === this.#cancelTicket && !this.#isClosed;
    let waitMs = CANCEL_PERIOD_MS;
    await Promise.resolve();
    while (isWanted() && !world.isSessionUp(Connection.trade)) {
      this.#cancelling = openOrders.cancelArrived(isWanted).then(
        (count) => {
          if (count > 0 && isWanted()) world.log(`trade: down; ${count} orders cancelled by REST`);
          waitMs = CANCEL_PERIOD_MS;
        },
        (error: unknown) => {
          if (!isOfVenue(error)) throw error;
          if (isWanted()) world.log(`trade: down; cancel by REST: ${textOf(error)}`);
          waitMs = Math.min(waitMs * 2, RETRY_MS_MAX);
        },
      );
      await this.#cancelling;
      if (!isWanted()) return;
      await world.waitMs(waitMs);
    }
  }

  /**
   * The venue's own word that nothing of ours rests, nor can arrive any more; it decides, not our table.
   *
   * @param isTableBroken what is in flight cannot be told: everything may be
   * @param when said in the log
   * @returns what could not be confirmed and why, or '' with how many orders REST had to cancel
   */
  async confirm(isTableBroken: boolean, when = 'stop'): Promise<{ problem: string; cancelled: number }> {
    const { world, openOrders } = this.#options;
    const endNs = world.clock.nowNs() + CONFIRM_NS_MAX;
    if (isTableBroken) openOrders.expectStrangers(world.clock.nowNs());
    for (let tries = 1; ; tries++) {
      try {
        return { problem: '', cancelled: await openOrders.cancelAll(() => true) };
      } catch (error) {
        // Whatever it is, the orders are what matters now.
        const problem = textOf(error);
        if (error instanceof AssertionError || tries === CONFIRM_TRIES_MAX || world.clock.nowNs() > endNs) {
          return { problem, cancelled: 0 };
        }
        const waitMs = CONFIRM_RETRY_MS * 2 ** (tries - 1);
        world.log(`${when}: ${problem}; again in ${waitMs} ms`);
        await world.waitMs(waitMs);
      }
    }
  }
}

/** The venue did not answer, or not as it should: asked again. All else is a mistake of ours. */
function isOfVenue(error: unknown): boolean {
  return error instanceof RestError || error instanceof OkxMessageError;
}
