/**
 * The last word over quoting: how far the engine may go, for the account and for each instrument, and why.
 *
 *     quoting ── wider ── reduceOnly ── paused ── halted
 *
 * Every trigger holds a level of its own in a scope (the account or one instrument). The level of a scope is the highest
 * that any trigger holds there, and an instrument obeys the higher of the account's and its own. So no watcher needs to
 * know another: it raises and clears its own trigger, and whoever else still has a reason keeps the level up.
 *
 * Owner:      the engine thread.
 * Invariants: a level is the maximum over the active triggers of its scope; only triggers with the way back 'operator' can
 *             halt; what an operator must undo survives a restart, also for an instrument that is not configured now.
 * Cost:       level() is two loads; raise() of what stands already is one load and a comparison.
 */
import { assert } from '../base/assert.ts';
import type { Instrument } from '../base/instrument.ts';

/** How far the engine may go; each includes what the ones before it forbid. Halted, nothing but cancels leaves. */
export const KillLevel = { quoting: 0, wider: 1, reduceOnly: 2, paused: 3, halted: 4 } as const;
export type KillLevel = (typeof KillLevel)[keyof typeof KillLevel];

/** Who raised it. The names are those of metrics, of the state file and of `ctl status`. */
export const KillTrigger = {
  none: 0,
  operator: 1,
  loss: 2,
  drawdown: 3,
  instrumentLoss: 4,
  margin: 5,
  liquidation: 6,
  adverseSelection: 7,
  volatility: 8,
  clockOffset: 9,
  stall: 10,
  privateStale: 11,
  switchLapsed: 12,
  orderToTrade: 13,
  venueStatus: 14,
  venueRefusal: 15,
  invariant: 16,
  stateDamaged: 17,
  accountChanged: 18,
  flatten: 19,
  stateUnsaved: 20,
  protection: 21,
  tagMismatch: 22,
  liquidated: 23,
  expiry: 24,
  mmp: 25,
} as const;
export type KillTrigger = (typeof KillTrigger)[keyof typeof KillTrigger];

/** What a trigger is about, and what takes it back: its own watcher, or an operator's `resume`. */
export interface TriggerRule {
  readonly trigger: KillTrigger;
  readonly wayBack: 'automatic' | 'operator';
  readonly text: string;
}

const RULES: Readonly<Record<keyof typeof KillTrigger, readonly [TriggerRule['wayBack'], string]>> = {
  none: ['automatic', 'nothing holds it back'],
  operator: ['operator', 'an operator asked for it'],
  loss: ['operator', 'the loss since the baseline reached account.lossMax'],
  drawdown: ['operator', 'profit fell from its peak by account.drawdownMax'],
  instrumentLoss: ['operator', 'the loss of the instrument since the baseline reached its limits.loss'],
  margin: ['automatic', 'the margin ratio of the account is below account.marginRatioMin'],
  liquidation: ['automatic', 'the mark is within account.liquidationDistanceBps of the liquidation price'],
  adverseSelection: ['automatic', 'after our fills the market moved against them by brakes.adverseBps'],
  volatility: ['automatic', 'the fair price moved by brakes.volatilityBps within its window'],
  clockOffset: ['automatic', 'the clock moved against the venue by more than engine.clockOffsetMsMax'],
  stall: ['automatic', 'the engine thread stood still for longer than engine.stallMsMax'],
  privateStale: ['automatic', 'the private stream kept trades back that the venue had told by REST'],
  switchLapsed: ['automatic', 'the dead man’s switch is not armed at the venue'],
  orderToTrade: ['automatic', 'too many orders for each fill: account.orderToTradeMax'],
  venueStatus: ['automatic', 'the venue announces that trading is under maintenance'],
  venueRefusal: [
    'operator',
    'the venue refused an order for a reason that repeats: key, permission or account',
  ],
  invariant: ['operator', 'a rule of the engine itself did not hold'],
  stateDamaged: ['operator', 'the saved state could not be read'],
  accountChanged: ['operator', 'account mode or position mode changed while the engine ran'],
  flatten: ['operator', 'an operator had the positions closed'],
  stateUnsaved: [
    'automatic',
    'the state could not be written for a minute: a restart would not know of a halt',
  ],
  protection: ['operator', 'a stop at the venue was triggered, and closes a position'],
  tagMismatch: [
    'operator',
    'the venue gave an order of ours back with another tag, or with none: it would earn no commission',
  ],
  expiry: ['automatic', 'the instrument expires, or is delisted, within its stopBeforeExpiryMinutes'],
  mmp: ['operator', 'the venue’s market maker protection has triggered and waits to be reset'],
  liquidated: ['operator', 'the venue itself closed a position of ours: liquidated, or deleveraged'],
};

/** By trigger. */
export const TRIGGER_RULES: readonly TriggerRule[] = Object.entries(KillTrigger).map(([name, trigger]) => {
  const [wayBack, text] = RULES[name as keyof typeof KillTrigger];
  return { trigger, wayBack, text };
});

/** The scope that is no instrument. */
export const ACCOUNT = -1;

/** What a restart must keep: an active trigger that only an operator takes back. Plain JSON. */
export interface StickyTrigger {
  readonly trigger: string;
  readonly level: string;
  /** The instrument by name, since configurations change between runs; '' for the account. */
  readonly instId: string;
}

const TRIGGERS = TRIGGER_RULES.length;
const TRIGGER_NAMES = Object.keys(KillTrigger);
const LEVEL_NAMES = Object.keys(KillLevel);

export class KillLadder {
  /** Goes up with every change of a level or a reason, and of what must survive a restart. */
  changes = 0;
  /** By trigger: how often it came up. */
  readonly raised = new Float64Array(TRIGGERS);
  /** By trigger: in how many scopes it holds a level now. */
  readonly active = new Int32Array(TRIGGERS);

  readonly #instruments: readonly Pick<Instrument, 'instId'>[];
  /** By (scope + 1) × triggers + trigger: the level it holds, and its place in the order in which levels were reached. */
  readonly #held: Uint8Array;
  readonly #order: Float64Array;
  #nextOrder = 1;
  /** By scope + 1. */
  readonly #levels: Uint8Array;
  readonly #reasons: Uint8Array;
  /** Restored triggers of instruments that this run does not have: kept for the next state. */
  #elsewhere: StickyTrigger[] = [];

  constructor(instruments: readonly Pick<Instrument, 'instId'>[]) {
    const scopes = instruments.length + 1;
    this.#instruments = instruments;
    this.#held = new Uint8Array(scopes * TRIGGERS);
    this.#order = new Float64Array(scopes * TRIGGERS);
    this.#levels = new Uint8Array(scopes);
    this.#reasons = new Uint8Array(scopes);
  }

  /** @hot The higher of the account's level and the instrument's own. */
  level(instrument: number): KillLevel {
    const own = this.#levels[instrument + 1]!;
    const account = this.#levels[0]!;
    return (own > account ? own : account) as KillLevel;
  }

  /** Why the instrument stands at its level: the account's reason where both reach it. */
  reason(instrument: number): KillTrigger {
    const scope = this.#levels[instrument + 1]! > this.#levels[0]! ? instrument + 1 : 0;
    return this.#reasons[scope]! as KillTrigger;
  }

  get accountLevel(): KillLevel {
    return this.#levels[0]! as KillLevel;
  }

  get accountReason(): KillTrigger {
    return this.#reasons[0]! as KillTrigger;
  }

  /** @hot */
  get isHalted(): boolean {
    return this.#levels[0] === KillLevel.halted;
  }

  /** The level that a trigger holds in a scope by itself. */
  held(trigger: KillTrigger, scope: number): KillLevel {
    return this.#held[(scope + 1) * TRIGGERS + trigger]! as KillLevel;
  }

  /**
   * @hot Sets the level that the trigger holds in the scope, up or down. True when the level of the scope changed.
   *
   * @param scope an instrument, or ACCOUNT
   */
  raise(trigger: KillTrigger, level: KillLevel, scope: number): boolean {
    const cell = (scope + 1) * TRIGGERS + trigger;
    const before = this.#held[cell]!;
    if (before === level) return false;
    const isSticky = TRIGGER_RULES[trigger]!.wayBack === 'operator';
    assert(trigger !== KillTrigger.none, 'a level has a trigger');
    assert(level < KillLevel.halted || isSticky, 'what halts stays until an operator says so');
    this.#held[cell] = level;
    this.#order[cell] = this.#nextOrder++;
    if (before === KillLevel.quoting) {
      this.raised[trigger]!++;
      this.active[trigger]!++;
    } else if (level === KillLevel.quoting) this.active[trigger]!--;
    const { changes } = this;
    const levelBefore = this.#levels[scope + 1];
    this.#settle(scope + 1);
    if (isSticky && this.changes === changes) this.changes++;
    return this.#levels[scope + 1] !== levelBefore;
  }

  /** @hot The trigger holds nothing in the scope any more. True when the level of the scope changed. */
  clear(trigger: KillTrigger, scope: number): boolean {
    return this.raise(trigger, KillLevel.quoting, scope);
  }

  /** The operator's word: every trigger that waits for it is cleared, in every scope. The others stay. */
  resume(): void {
    if (this.#elsewhere.length > 0) this.changes++;
    this.#elsewhere = [];
    for (const { trigger, wayBack } of TRIGGER_RULES) {
      if (wayBack !== 'operator') continue;
      for (let scope = ACCOUNT; scope < this.#instruments.length; scope++) this.clear(trigger, scope);
    }
  }

  /** What a restart must keep. */
  sticky(): StickyTrigger[] {
    const rows = [...this.#elsewhere];
    for (const { trigger, wayBack } of TRIGGER_RULES) {
      if (wayBack !== 'operator') continue;
      for (let scope = ACCOUNT; scope < this.#instruments.length; scope++) {
        const level = this.held(trigger, scope);
        if (level === KillLevel.quoting) continue;
        const instId = scope === ACCOUNT ? '' : this.#instruments[scope]!.instId;
        rows.push({ trigger: TRIGGER_NAMES[trigger]!, level: LEVEL_NAMES[level]!, instId });
      }
    }
    return rows;
  }

  /**
   * Takes up what an earlier run left. A row that says nothing known halts the account: to forget a halt is worse than one
   * halt too many.
   */
  restore(rows: readonly StickyTrigger[]): void {
    for (const row of rows) {
      const trigger = TRIGGER_NAMES.indexOf(row.trigger) as KillTrigger;
      const level = LEVEL_NAMES.indexOf(row.level) as KillLevel;
      const scope = row.instId === '' ? ACCOUNT : this.#indexOf(row.instId);
      const isKnown =
        trigger > KillTrigger.none && level >= 0 && TRIGGER_RULES[trigger]!.wayBack === 'operator';
      if (!isKnown) this.raise(KillTrigger.stateDamaged, KillLevel.halted, ACCOUNT);
      else if (scope < ACCOUNT) this.#elsewhere.push(row);
      else this.raise(trigger, level, scope);
    }
  }

  #indexOf(instId: string): number {
    const index = this.#instruments.findIndex((instrument) => instrument.instId === instId);
    return index < 0 ? ACCOUNT - 1 : index;
  }

  /** Level and reason of a scope from what its triggers hold. The first that reached the level stays the reason. */
  #settle(scope: number): void {
    const first = scope * TRIGGERS;
    let level: number = KillLevel.quoting;
    let reason: number = KillTrigger.none;
    for (let trigger = 1; trigger < TRIGGERS; trigger++) {
      const held = this.#held[first + trigger]!;
      if (held < level || held === KillLevel.quoting) continue;
      if (held === level && this.#order[first + trigger]! > this.#order[first + reason]!) continue;
      level = held;
      reason = trigger;
    }
    if (this.#levels[scope] === level && this.#reasons[scope] === reason) return;
    this.#levels[scope] = level;
    this.#reasons[scope] = reason;
    this.changes++;
  }
}
