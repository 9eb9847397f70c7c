/**
 * Instruments of one coin, seen together: what the others of a group hold is told to each one's quoter as if it were its
 * own.
 *
 *     a fill in spot ──▶ positions compared ──▶ groupLots of the swap ──▶ its market published anew ──▶ its quotes shift
 *
 * Owner:      the engine thread; the sole writer of LoopState.groupLots.
 * Invariants: groupLots of an instrument is the sum of what its group's others hold, in its own lots, times the group's
 *             share; 0 without a group, and while a price that it hangs on is not known; who is told another one is
 *             published in the turn in which the position changed.
 * Cost:       a comparison for each grouped instrument where the order path has learnt something; a pass over the group
 *             where a position has changed, and with every timer; nothing allocates once constructed.
 */
import type { LoopOptions, PortfolioGroup } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';
import type { Gate } from '../risk/gate.ts';
import type { GroupDelta } from '../risk/group-delta.ts';

export class LoopGroups {
  /** By group, as of the last timer or position: net delta in coins, NaN while a price is not known. */
  readonly netCoins: Float64Array;
  /** By instrument: LoopState.groupLots. */
  readonly groupLots: Float64Array;

  readonly #state: LoopState;
  readonly #positionLots: Float64Array;
  readonly #delta: GroupDelta;
  /** By instrument: the position that the others were told. */
  readonly #toldLots: Float64Array;
  #groups: readonly PortfolioGroup[];

  constructor(
    options: Pick<LoopOptions, 'instruments' | 'portfolio'>,
    state: LoopState,
    parts: { readonly ledger: PositionLedger; readonly gate: Gate },
  ) {
    this.netCoins = new Float64Array(options.instruments.length);
    this.groupLots = state.groupLots;
    this.#state = state;
    this.#positionLots = parts.ledger.positionLots;
    this.#delta = parts.gate.groups;
    this.#toldLots = new Float64Array(options.instruments.length);
    this.#groups = options.portfolio ?? [];
  }

  get groups(): readonly PortfolioGroup[] {
    return this.#groups;
  }

  /** Other groups, from now on. */
  configure({ portfolio = [] }: Pick<LoopOptions, 'portfolio'>): void {
    this.#groups = portfolio;
    this.#delta.setGroups(portfolio);
    this.groupLots.fill(0);
    this.netCoins.fill(0);
    this.#toldLots.fill(0);
    for (let group = 0; group < portfolio.length; group++) this.#tell(group, false);
  }

  /** @hot Positions may have changed: whoever holds the same coin is touched where they have. */
  onPositions(): void {
    for (let group = 0; group < this.#groups.length; group++) {
      if (this.#hasChanged(group)) this.#tell(group, true);
    }
  }

  /**
   * A coin's price moves what a lot of the others is worth in lots of an inverse contract. True when a position has changed
   * that the order path had not told of.
   */
  onTimer(): boolean {
    let isNews = false;
    for (let group = 0; group < this.#groups.length; group++) {
      const hasChanged = this.#hasChanged(group);
      this.#tell(group, hasChanged);
      isNews ||= hasChanged;
    }
    return isNews;
  }

  /** @hot */
  #hasChanged(group: number): boolean {
    const members = this.#delta.members[group]!;
    let hasChanged = false;
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      const lots = this.#positionLots[member]!;
      if (lots === this.#toldLots[member]) continue;
      this.#toldLots[member] = lots;
      hasChanged = true;
    }
    return hasChanged;
  }

  /** @hot */
  #tell(group: number, isNews: boolean): void {
    const members = this.#delta.members[group]!;
    const { skew } = this.#groups[group]!;
    const { groupLots } = this;
    const { touched } = this.#state;
    this.#delta.readNet(group, this.netCoins);
    const net = this.netCoins[group]!;
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      const coins = this.#delta.coinsOf(member);
      const own = this.#positionLots[member]!;
      // Not by the net itself: what is flat must come out as exactly nothing, and an own price may not be known yet.
      const others = own === 0 ? net : net - own * coins;
      const lots = this.#delta.lotsOf(member, skew * others);
      const told = Number.isFinite(lots) ? lots : 0;
      if (told === groupLots[member]) continue;
      groupLots[member] = told;
      if (isNews) touched.add(member);
    }
  }
}
