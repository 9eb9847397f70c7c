/**
 * Which algo orders of the account are ours, and whether the venue has kept their tag.
 *
 * Ours is one whose name is of our plan and that carries our tag, of whatever run; and one of this state's runs, whatever it
 * carries, because a venue may strip or change a tag. Engines with other tags have the same names: theirs are never touched.
 */
import { parseAlgoOrderId } from '../okx/algo-order-id.ts';
import type { AlgoPurpose } from '../okx/algo-order-id.ts';
import type { AlgoRow } from '../venue/algo-rows.ts';

export interface OwnAlgosOptions {
  readonly tag: string;
  /** Of this state, the newest last. */
  readonly runs: readonly number[];
  /** One of ours came back with another tag. Told once for each, or a resume would not hold while it waits. */
  readonly onTagLost: () => void;
}

export class OwnAlgos {
  readonly #tag: string;
  readonly #runs: ReadonlySet<number>;
  readonly #onTagLost: () => void;
  readonly #told = new Set<string>();

  constructor({ tag, runs, onTagLost }: OwnAlgosOptions) {
    this.#tag = tag;
    this.#runs = new Set(runs);
    this.#onTagLost = onTagLost;
  }

  /** Whether it is one of ours, made for this; one that has lost its tag is told of. */
  isOurs({ algoClOrdId, tag }: Pick<AlgoRow, 'algoClOrdId' | 'tag'>, purpose: AlgoPurpose): boolean {
    const id = parseAlgoOrderId(algoClOrdId);
    if (id?.purpose !== purpose) return false;
    if (tag === this.#tag) return true;
    if (!this.#runs.has(id.run)) return false;
    if (!this.#told.has(algoClOrdId)) {
      this.#told.add(algoClOrdId);
      this.#onTagLost();
    }
    return true;
  }

  /** What the venue says when it takes one. Without a tag, the order itself tells whether it has one. */
  onTaken(algoClOrdId: string, tag: string, purpose: AlgoPurpose): void {
    if (tag !== '') this.isOurs({ algoClOrdId, tag }, purpose);
  }
}
