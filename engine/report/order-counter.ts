/** Commands of one instrument, and what of its message budget they use. */
import { NS_PER_MS } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { BATCH_ORDERS_PER_WINDOW, ORDER_WINDOW_MS, SINGLE_REQUESTS_PER_WINDOW } from '../okx/venue-limits.ts';
import type { Budget, OrderCounts } from './run-result.ts';

export const Operation = { place: 0, amend: 1, cancel: 2, massCancel: 3 } as const;
export type Operation = (typeof Operation)[keyof typeof Operation];

const WINDOW_NS: Nanoseconds = ORDER_WINDOW_MS * NS_PER_MS;

/** The most that happened within any window of the venue's length. */
export class WindowPeak {
  peak = 0;
  total = 0;
  readonly #times: number[] = [];
  #first = 0;

  add(timeNs: Nanoseconds): void {
    const times = this.#times;
    times.push(timeNs);
    this.total++;
    while (times[this.#first]! <= timeNs - WINDOW_NS) this.#first++;
    this.peak = Math.max(this.peak, times.length - this.#first);
    if (this.#first > 4_096) {
      times.splice(0, this.#first);
      this.#first = 0;
    }
  }

  budget(limit: number, durationNs: Nanoseconds): Budget {
    const windows = durationNs / WINDOW_NS;
    return {
      limit,
      peak: this.peak,
      peakShare: this.peak / limit,
      meanShare: windows > 0 ? this.total / windows / limit : 0,
    };
  }
}

export class OrderCounter {
  readonly counts = [0, 0, 0, 0];
  readonly refused = [0, 0, 0, 0];
  readonly refusedByCode = new Map<string, number>();
  readonly cancelledByVenue = new Map<string, number>();
  /** Orders that traded at least once, by client order id. */
  readonly traded = new Set<string>();
  messages = 0;
  /** By operation: requests of one order, and orders in batches, which the venue counts apart. */
  readonly #single = [new WindowPeak(), new WindowPeak(), new WindowPeak(), new WindowPeak()];
  readonly #batch = [new WindowPeak(), new WindowPeak(), new WindowPeak(), new WindowPeak()];
  readonly #account: WindowPeak | null;

  /** @param account where places and amends count for the whole sub-account too; null where they are exempt (spot) */
  constructor(account: WindowPeak | null) {
    this.#account = account;
  }

  /** @param isBatch whether it left with others: a batch of one counts as single */
  onCommand(operation: Operation, isBatch: boolean, timeNs: Nanoseconds): void {
    this.counts[operation]!++;
    (isBatch ? this.#batch : this.#single)[operation]!.add(timeNs);
    if (operation <= Operation.amend) this.#account?.add(timeNs);
  }

  onRefusal(operation: Operation, code: string): void {
    this.refused[operation]!++;
    this.refusedByCode.set(code, (this.refusedByCode.get(code) ?? 0) + 1);
  }

  onVenueCancel(source: string): void {
    this.cancelledByVenue.set(source, (this.cancelledByVenue.get(source) ?? 0) + 1);
  }

  /** Of single requests and batches the one that came nearer to its limit. */
  budget(operation: Operation, durationNs: Nanoseconds): Budget {
    const single = this.#single[operation]!.budget(SINGLE_REQUESTS_PER_WINDOW, durationNs);
    const batch = this.#batch[operation]!.budget(BATCH_ORDERS_PER_WINDOW, durationNs);
    return batch.peakShare > single.peakShare ? batch : single;
  }
}

/** The counts of one instrument, or of several together. */
export function orderCounts(counters: readonly OrderCounter[]): OrderCounts {
  const sum = (of: (counter: OrderCounter) => number): number =>
    counters.reduce((total, counter) => total + of(counter), 0);
  return {
    place: sum(({ counts }) => counts[Operation.place]!),
    amend: sum(({ counts }) => counts[Operation.amend]!),
    cancel: sum(({ counts }) => counts[Operation.cancel]!),
    massCancel: sum(({ counts }) => counts[Operation.massCancel]!),
    messages: sum(({ messages }) => messages),
    refused: sum(({ refused }) => refused.reduce((total, count) => total + count, 0)),
    refusedPlace: sum(({ refused }) => refused[Operation.place]!),
    refusedAmend: sum(({ refused }) => refused[Operation.amend]!),
    refusedCancel: sum(({ refused }) => refused[Operation.cancel]!),
    refusedByCode: merged(counters.map(({ refusedByCode }) => refusedByCode)),
    cancelledByVenue: merged(counters.map(({ cancelledByVenue }) => cancelledByVenue)),
    traded: sum(({ traded }) => traded.size),
  };
}

function merged(maps: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const map of maps) for (const [key, count] of map) sums.set(key, (sums.get(key) ?? 0) + count);
  return Object.fromEntries([...sums].sort(([one], [two]) => (one < two ? -1 : 1)));
}
