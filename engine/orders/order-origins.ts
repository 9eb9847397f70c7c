/**
 * Where orders come from: what each is there for, which level of the ladder it holds, and when and by which parameters it
 * came to the price at which it rests.
 *
 * Owner:      the order table.
 * Invariants: what an amend in flight asks for becomes the order's own when the venue says that the price is another one:
 *             a fill at the former price is told with the former age and version. All is kept after an order's end, until
 *             its slot has a new one.
 * Cost:       a few stores a command; nothing allocates once constructed.
 */
import { OrderPurpose } from '../base/order-purpose.ts';
import type { TimeCell } from '../base/units.ts';

export class OrderOrigins {
  // Per slot.
  /** OrderPurpose */
  readonly purpose: Uint8Array;
  /** Its index in the ladder, best first, when it was last matched with one. */
  readonly level: Uint16Array;
  /** When the command left that brought it to its price. */
  readonly placedNs: Float64Array;
  /** Of the quote that brought it there: calibrated parameters (0 for none), strategy parameters. */
  readonly modelVersion: Int32Array;
  readonly configVersion: Int32Array;

  // What the newest amend asks for.
  readonly #askedNs: Float64Array;
  readonly #askedModel: Int32Array;
  readonly #askedConfig: Int32Array;

  constructor(capacity: number) {
    this.purpose = new Uint8Array(capacity);
    this.level = new Uint16Array(capacity);
    this.placedNs = new Float64Array(capacity);
    this.modelVersion = new Int32Array(capacity);
    this.configVersion = new Int32Array(capacity);
    this.#askedNs = new Float64Array(capacity);
    this.#askedModel = new Int32Array(capacity);
    this.#askedConfig = new Int32Array(capacity);
  }

  /** @hot A new order, a quote of no version until something else is said. */
  onOpened(slot: number, now: TimeCell): void {
    this.purpose[slot] = OrderPurpose.quote;
    this.level[slot] = 0;
    this.placedNs[slot] = now[0]!;
    this.modelVersion[slot] = 0;
    this.configVersion[slot] = 0;
    this.onAmend(slot, now);
    this.setAsked(slot, 0, 0);
  }

  /** @hot */
  onAmend(slot: number, now: TimeCell): void {
    this.#askedNs[slot] = now[0]!;
  }

  /** @hot By which parameters the amend was asked for that was registered last. */
  setAsked(slot: number, modelVersion: number, configVersion: number): void {
    this.#askedModel[slot] = modelVersion;
    this.#askedConfig[slot] = configVersion;
  }

  /** @hot The venue says that it rests at another price than before. */
  onMoved(slot: number): void {
    this.placedNs[slot] = this.#askedNs[slot]!;
    this.modelVersion[slot] = this.#askedModel[slot]!;
    this.configVersion[slot] = this.#askedConfig[slot]!;
  }
}
