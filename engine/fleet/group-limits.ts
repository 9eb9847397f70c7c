/**
 * Limits over all accounts together: what they hold, what they have lost, and how far they are below their best.
 *
 *     profit     peak ─────╮            drawdown = peak − profit
 *              baseline ───│──╮         loss     = baseline − profit
 *                          ╰──┴─ now
 *
 * An account's own limits are its engine's, on every order; these are looked at from outside a few times a second, so that
 * they end what goes wrong with all at once, and do not keep a single order from leaving.
 *
 * Owner:      the supervisor.
 * Invariants: what was exceeded stays so until an operator resumes, over restarts; a loss that comes after too much was held
 *             still halts; an account whose figures are not known counts with the last ones that were, so that one that dies
 *             with a loss does not take it out of the sum; what an account made before it was one of the group is not the
 *             group's.
 */

/** Which limit was exceeded, and what all accounts are told for it. */
export const GroupLimit = {
  loss: 'loss',
  drawdown: 'drawdown',
  notional: 'notional',
} as const;
export type GroupLimit = (typeof GroupLimit)[keyof typeof GroupLimit];

/** In the accounts' currency; not given for none. */
export interface GroupLimitValues {
  readonly lossMax?: number | undefined;
  readonly drawdownMax?: number | undefined;
  readonly notionalMax?: number | undefined;
}

/** What of an account counts. Not a number where it is not known. */
export interface GroupShare {
  readonly profit: number;
  readonly held: number;
}

/** What a restart must keep. Plain JSON. */
export interface GroupState {
  readonly baseline: number;
  readonly peak: number;
  readonly tripped: GroupLimit | null;
  /** The last figures that were known of each account. */
  readonly accounts: Readonly<Record<string, GroupShare>>;
}

export class GroupLimits {
  #values: GroupLimitValues;
  readonly #known = new Map<string, GroupShare>();
  #baseline = 0;
  #peak = 0;
  #tripped: GroupLimit | undefined;

  constructor(values: GroupLimitValues) {
    this.#values = values;
  }

  /** Other limits, from the next figures on; what was exceeded stays so. */
  configure(values: GroupLimitValues): void {
    this.#values = values;
  }

  get values(): GroupLimitValues {
    return this.#values;
  }

  /** What was exceeded, and waits for an operator. */
  get tripped(): GroupLimit | undefined {
    return this.#tripped;
  }

  get profit(): number {
    return this.#sum(({ profit }) => profit);
  }

  get held(): number {
    return this.#sum(({ held }) => held);
  }

  /** Never below zero. */
  get loss(): number {
    return Math.max(0, this.#baseline - this.profit);
  }

  get drawdown(): number {
    return Math.max(0, this.#peak - this.profit);
  }

  /** Takes an account's figures; says which limit they exceed when none that holds as much back was exceeded before. */
  take(account: string, share: GroupShare): GroupLimit | undefined {
    const before = this.#known.get(account);
    if (before === undefined && Number.isFinite(share.profit)) {
      this.#baseline += share.profit;
      this.#peak += share.profit;
    }
    // One that has never told its profit is not known yet: it would have made all of it when it does.
    if (before !== undefined || Number.isFinite(share.profit)) {
      this.#known.set(account, {
        profit: Number.isFinite(share.profit) ? share.profit : before!.profit,
        held: Number.isFinite(share.held) ? share.held : (before?.held ?? 0),
      });
    }
    this.#peak = Math.max(this.#peak, this.profit);
    const exceeded = this.#exceeded();
    if (exceeded === undefined || this.#holdsBack(exceeded)) return undefined;
    this.#tripped = exceeded;
    return exceeded;
  }

  /** Loss and drawdown count from now on: the operator has seen them. What is held is judged anew at once. */
  rebase(): void {
    this.#baseline = this.profit;
    this.#peak = this.profit;
    this.#tripped = undefined;
  }

  state(): GroupState {
    return {
      baseline: this.#baseline,
      peak: this.#peak,
      tripped: this.#tripped ?? null,
      accounts: Object.fromEntries(this.#known),
    };
  }

  /** @param names of the accounts that there are; one that is no more keeps what it made, which was the group's */
  restore({ baseline, peak, tripped, accounts }: GroupState, names: readonly string[]): void {
    this.#baseline = baseline;
    this.#peak = peak;
    this.#tripped = tripped ?? undefined;
    for (const [account, { profit, held }] of Object.entries(accounts)) {
      this.#known.set(account, { profit, held: names.includes(account) ? held : 0 });
    }
  }

  #exceeded(): GroupLimit | undefined {
    const { lossMax = Infinity, drawdownMax = Infinity, notionalMax = Infinity } = this.#values;
    if (this.loss >= lossMax) return GroupLimit.loss;
    if (this.drawdown >= drawdownMax) return GroupLimit.drawdown;
    return this.held > notionalMax ? GroupLimit.notional : undefined;
  }

  /** Whether what was exceeded before holds as much back: of too much held only this, and never a loss. */
  #holdsBack(exceeded: GroupLimit): boolean {
    if (this.#tripped === undefined) return false;
    return this.#tripped !== GroupLimit.notional || exceeded === GroupLimit.notional;
  }

  #sum(of: (share: GroupShare) => number): number {
    let sum = 0;
    for (const share of this.#known.values()) sum += of(share);
    return sum;
  }
}

/** The limits of a configuration's section `fleet`. */
export function limitsOf({ lossMax, drawdownMax, notionalMax }: GroupLimitValues): GroupLimitValues {
  return { lossMax, drawdownMax, notionalMax };
}
