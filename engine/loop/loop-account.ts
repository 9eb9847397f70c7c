/**
 * Whether the account is what we believe: recovery before anything is quoted, and audits while it is.
 *
 * Owner:      the engine thread.
 * Invariants: nothing is quoted between a doubt and the recovery that settles it; a recovery ends with an empty table, every
 *             trade booked once, and the venue's position of every contract; a difference that an audit finds is looked at
 *             again before it is believed.
 * Cost:       a few comparisons an instrument and timer. Answers are cold.
 *
 *     doubt ─▶ recover() ─▶ request(recovery) ─▶ onRecovered ─▶ quoting ─▶ request(audit) ─▶ onAudited ─┬─▶ quoting
 *       ▲                                                                                              │
 *       ╰──────── an order is missing twice, positions differ twice, the private stream is deaf ───────╯
 */
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { LoopParameters } from './loop-configuration.ts';
import type { LoopFills } from './loop-fills.ts';
import { LoopRequest } from './loop-options.ts';
import type { AuditedAccount, LoopOptions, LoopOutput, RecoveredAccount, TradeFact } from './loop-options.ts';
import { LoopPositions } from './loop-positions.ts';
import type { LoopState } from './loop-state.ts';
import type { OrderTable } from '../orders/order-table.ts';
import { OrderState } from '../orders/order-state.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import { Reconciliation } from '../orders/reconciliation.ts';
import type { Gate } from '../risk/gate.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

/** An audit that was not answered for so long is asked for again. */
const AUDIT_TIMEOUT_NS = 20 * NS_PER_SECOND;
/** Two audits are at least so far apart, whatever asks for them. */
const AUDIT_GAP_NS = NS_PER_SECOND;
/** Lots whose trades are not told are asked for after this. */
const UNTOLD_AFTER_NS = 500 * NS_PER_MS;
/** After so many audits that could not tell them, recovery decides. */
const UNTOLD_AUDITS_MAX = 10;
/** Commands that are older than this have reached the venue, and REST shows what they did. */
const SETTLED_NS = 2 * NS_PER_SECOND;
/** A private session that was to be made anew and was not: asked for again. */
const RECONNECT_AGAIN_NS = 30 * NS_PER_SECOND;

export class LoopAccount {
  isRecovered = false;
  isRecovering = false;
  recoveries = 0;
  /** Contracts whose position at the venue was another than all trades make. */
  recoveryDifferences = 0;
  audits = 0;
  /** Trades that an audit was the first to tell; orders that it did not find; orders that it found and nobody knew. */
  auditTrades = 0;
  auditMissing = 0;
  auditStrays = 0;
  privateStales = 0;
  /** By the venue's clock: every trade before this is booked. */
  verifiedMs: Milliseconds = 0;

  readonly #instruments: readonly Instrument[];
  readonly #options: LoopOptions;
  readonly #output: LoopOutput;
  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #ledger: PositionLedger;
  readonly #ladder: KillLadder;
  readonly #fills: LoopFills;
  readonly #positions: LoopPositions;
  readonly #reconciliation: Reconciliation;
  /** How often the account is audited; 0 for never. */
  #auditNs: Nanoseconds;
  #isAuditing = false;
  #auditAskedNs: Nanoseconds = 0;
  #auditedNs: Nanoseconds = -Infinity;
  #nextAuditNs: Nanoseconds = 0;
  #untoldSinceNs: Nanoseconds = 0;
  #untoldAudits = 0;
  #recoveredNs: Nanoseconds = 0;
  /** By slot: the generation of an order that the last audit did not find as we have it; 0 where it did. */
  readonly #oddGeneration: Int32Array;
  /** Private sessions that have come up, and how many had when the stream was found deaf. */
  #privateUps = 0;
  #staleAtUps = -1;
  #reconnectAskedNs: Nanoseconds = 0;
  /** Whether the last audit did not find an order as we have it. */
  #hasOdd = false;
  /** Whether a doubt came up after the recovery that is under way had begun. */
  #isDoubtedAnew = false;

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: {
      readonly table: OrderTable;
      readonly ledger: PositionLedger;
      readonly gate: Gate;
      readonly ladder: KillLadder;
      readonly fills: LoopFills;
    },
  ) {
    this.#instruments = options.instruments;
    this.#options = options;
    this.#auditNs = options.timings.auditNs;
    this.#output = options.output;
    this.#state = state;
    this.#table = parts.table;
    this.#ledger = parts.ledger;
    this.#ladder = parts.ladder;
    this.#fills = parts.fills;
    this.#positions = new LoopPositions(options.instruments, state, parts.ledger, parts.gate);
    this.#reconciliation = new Reconciliation(parts.table);
    this.#oddGeneration = new Int32Array(parts.table.capacity);
  }

  /** The audit that is due next comes no later than it would have by itself. */
  configure({ timings }: LoopParameters): void {
    this.#auditNs = timings.auditNs;
    this.#nextAuditNs = Math.min(this.#nextAuditNs, this.#state.nowNs + timings.auditNs);
  }

  // ------------------------------------------------------------------------------------------------- recovery

  /** Something is in doubt that only the venue can settle: nothing is wanted until it has. */
  recover(): void {
    this.isRecovered = false;
    this.#state.dirty.addAll();
    if (this.isRecovering || !this.#state.isAccountUp) return;
    this.isRecovering = true;
    this.#output.request(LoopRequest.recovery, -1);
  }

  /** As `recover`, for what is news: the answers of a recovery that is under way may be older, and are asked for again. */
  doubt(): void {
    if (this.isRecovering) this.#isDoubtedAnew = true;
    this.recover();
  }

  onSessionLost(): void {
    this.isRecovered = false;
    this.isRecovering = false;
    this.#isDoubtedAnew = false;
    this.#isAuditing = false;
    this.#state.dirty.addAll();
  }

  onPrivateUp(): void {
    this.#privateUps++;
  }

  /** True when the account is recovered now, false when nobody asked for it. */
  onRecovered(account: RecoveredAccount, nowNs: Nanoseconds): boolean {
    if (!this.isRecovering) return false;
    this.isRecovering = false;
    // Nothing of ours is left at the venue: what the table still has is over.
    this.#reconciliation.begin(nowNs, -Infinity);
    this.#reconciliation.end();
    this.#oddGeneration.fill(0);
    for (const trade of account.trades) this.#fills.onFact(trade);
    for (const { index } of this.#instruments) this.#fills.clearUntold(index);
    this.verifiedMs = account.verifiedMs;
    this.recoveryDifferences += this.#positions.recovered(account.positions);
    this.recoveries++;
    this.isRecovered = true;
    this.#recoveredNs = nowNs;
    this.#untoldSinceNs = 0;
    this.#untoldAudits = 0;
    this.#isAuditing = false;
    this.#nextAuditNs = nowNs + this.#auditNs;
    if (this.#staleAtUps >= 0 && this.#privateUps > this.#staleAtUps) {
      this.#staleAtUps = -1;
      this.#ladder.clear(KillTrigger.privateStale, ACCOUNT);
    }
    if (this.#isDoubtedAnew) {
      this.#isDoubtedAnew = false;
      this.recover();
    }
    return true;
  }

  // --------------------------------------------------------------------------------------------------- audits

  onTimer(): void {
    if (this.#staleAtUps >= 0) this.#reconnectAgain(this.#state.nowNs);
    if (!this.isRecovered || this.#auditNs === 0) return;
    const { nowNs } = this.#state;
    if (this.#isAuditing) {
      if (nowNs - this.#auditAskedNs < AUDIT_TIMEOUT_NS) return;
      this.#isAuditing = false;
    }
    if (!this.#hasUntold()) {
      this.#untoldSinceNs = 0;
      this.#untoldAudits = 0;
    } else if (this.#untoldSinceNs === 0) this.#untoldSinceNs = nowNs;
    else this.auditBy(this.#untoldSinceNs + UNTOLD_AFTER_NS);
    if (this.#positions.hasEnded) this.auditBy(nowNs);
    if (nowNs < this.#nextAuditNs) return;
    this.#isAuditing = true;
    this.#auditAskedNs = nowNs;
    this.#output.request(LoopRequest.audit, -1);
  }

  /** Asks no later than this, though never at once after another audit. */
  auditBy(atNs: Nanoseconds): void {
    const earliestNs = Math.max(atNs, this.#auditedNs + AUDIT_GAP_NS);
    if (earliestNs < this.#nextAuditNs) this.#nextAuditNs = earliestNs;
  }

  #hasUntold(): boolean {
    const { untoldGrossLots } = this.#ledger;
    for (let instrument = 0; instrument < untoldGrossLots.length; instrument++) {
      if (untoldGrossLots[instrument] !== 0) return true;
    }
    return false;
  }

  /** What the venue has. Trades are facts whenever they are told; orders and positions of before a recovery are not. */
  onAudited(account: AuditedAccount, nowNs: Nanoseconds): void {
    this.#isAuditing = false;
    this.#auditedNs = nowNs;
    this.#nextAuditNs = nowNs + this.#auditNs;
    this.audits++;
    this.auditStrays += account.strayCount;
    let isDeaf = false;
    for (const order of account.openOrders) this.#fills.onOpenOrder(order);
    for (const trade of account.trades) {
      if (!this.#fills.onFact(trade)) continue;
      this.auditTrades++;
      this.#state.touched.add(trade.instrument);
      if (this.#isLate(trade, account.askedNs)) isDeaf = true;
    }
    if (isDeaf) {
      this.#onPrivateStale(nowNs);
      return;
    }
    if (!this.isRecovered || account.askedNs < this.#recoveredNs) return;
    this.verifiedMs = account.verifiedMs;
    const oddCount = this.#compareOrders(account);
    const isPositionOff = this.#positions.audited(account.positions);
    if (this.#hasUntold()) this.#untoldAudits++;
    if (oddCount > 0 || isPositionOff || this.#untoldAudits >= UNTOLD_AUDITS_MAX) this.recover();
    else if (this.#positions.isInQuestion || this.#hasOdd) this.auditBy(nowNs + AUDIT_GAP_NS);
  }

  /** Whether the private stream had its time to tell of a trade, and did not. */
  #isLate(trade: TradeFact, askedNs: Nanoseconds): boolean {
    const ageMs = this.#state.venueMs(askedNs) - trade.tsMs;
    return trade.run === this.#options.run && ageMs * NS_PER_MS > this.#options.timings.privateStaleNs;
  }

  #onPrivateStale(nowNs: Nanoseconds): void {
    this.privateStales++;
    this.#ladder.raise(KillTrigger.privateStale, KillLevel.paused, ACCOUNT);
    this.#staleAtUps = this.#privateUps;
    this.#reconnectAskedNs = nowNs;
    this.recover();
    this.#output.request(LoopRequest.reconnectPrivate, -1);
  }

  #reconnectAgain(nowNs: Nanoseconds): void {
    if (nowNs - this.#reconnectAskedNs < RECONNECT_AGAIN_NS) return;
    this.#reconnectAskedNs = nowNs;
    // It has come up anew, and no recovery was needed since: one takes the trigger back.
    if (this.#privateUps > this.#staleAtUps) this.recover();
    else this.#output.request(LoopRequest.reconnectPrivate, -1);
  }

  /**
   * How many orders two audits in a row did not find as we have them: one alone may be a fill whose push is on its way.
   * Totals that are ahead of ours count at once.
   */
  #compareOrders(account: AuditedAccount): number {
    const table = this.#table;
    const { run } = this.#options;
    const beforeNs = account.askedNs - SETTLED_NS;
    const { missing } = this.#reconciliation.compare(account.openOrders, run, beforeNs);
    for (const order of account.openOrders) {
      const { slot, generation } = order;
      if (order.run !== run || slot >= table.capacity || table.generation[slot] !== generation) continue;
      if (this.#fills.onTotal(slot, generation, order.filledLots)) {
        this.#state.touched.add(order.instrument);
      }
      const isOther = order.ticks !== table.priceTicks[slot] || order.lots !== table.sizeLots[slot];
      if (isOther && this.#isSettled(slot, beforeNs)) missing.push(slot);
    }
    let twice = 0;
    for (const slot of missing) {
      if (this.#oddGeneration[slot] === table.generation[slot]) twice++;
    }
    this.#oddGeneration.fill(0);
    for (const slot of missing) this.#oddGeneration[slot] = table.generation[slot]!;
    this.#hasOdd = missing.length > 0;
    this.auditMissing += twice;
    return twice;
  }

  #isSettled(slot: number, beforeNs: Nanoseconds): boolean {
    const table = this.#table;
    return (
      table.state[slot] === OrderState.live &&
      table.amendCount[slot] === 0 &&
      table.isCancelInFlight[slot] === 0 &&
      table.sentNs[slot]! < beforeNs
    );
  }
}
