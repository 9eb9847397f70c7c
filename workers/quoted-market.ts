/**
 * The market of one instrument as it is quoted: its own slot, and that of the instrument that leads it.
 *
 * Owner:      the quoter that made it.
 * Invariants: both views hold one published market each, whole; the same two are given once, and again when either is news.
 * Cost:       a copy for each that is news.
 */
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import { MarketReader, MarketView } from '../engine/handoff/market-slot.ts';

/** One slot's newest market. A copy that fails leaves the one before it as it was. */
class Source {
  view: MarketView;
  #spare: MarketView;
  readonly #reader: MarketReader;

  constructor(handoff: Handoff, instrument: number) {
    this.view = new MarketView(handoff.marketLevels);
    this.#spare = new MarketView(handoff.marketLevels);
    this.#reader = new MarketReader(handoff, instrument);
  }

  /** @hot */
  read(): boolean {
    const spare = this.#spare;
    if (!this.#reader.read(spare)) return false;
    this.#spare = this.view;
    this.view = spare;
    return true;
  }
}

export class QuotedMarket {
  /** Number of the instrument that leads; -1 for none. */
  readonly lead: number;
  /** When the newer of both arrived. */
  readonly newestNs = new Float64Array(1);
  readonly #own: Source;
  readonly #lead: Source | null;
  #hasOwn = false;
  #hasLead = false;

  constructor(handoff: Handoff, instrument: number, lead: number) {
    this.lead = lead;
    this.#own = new Source(handoff, instrument);
    this.#lead = lead === -1 ? null : new Source(handoff, lead);
  }

  get view(): MarketView {
    return this.#own.view;
  }

  /** Null where none leads, or none of its markets has been seen yet. */
  get leadView(): MarketView | null {
    return this.#hasLead ? this.#lead!.view : null;
  }

  /** @hot Whether there is news; never before the instrument's own first market. */
  read(): boolean {
    let isNews = this.#own.read();
    if (isNews) this.#hasOwn = true;
    if (this.#lead !== null && this.#lead.read()) {
      this.#hasLead = true;
      isNews = true;
    }
    if (!isNews || !this.#hasOwn) return false;
    const ownNs = this.#own.view.recvNs;
    const leadNs = this.#hasLead ? this.#lead!.view.recvNs : 0;
    this.newestNs[0] = leadNs > ownNs ? leadNs : ownNs;
    return true;
  }
}
