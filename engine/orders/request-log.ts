/**
 * Requests that were sent and not yet answered: which commands were in which message.
 *
 * Owner:      the engine thread.
 * Invariants: ids only grow, and an id's entry is its remainder by the capacity; an entry is reused only after its request
 *             was answered or given up, and until then the ids that fall on it are left out.
 * Cost:       begin, add, find and release are a few stores; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import { BATCH_MAX } from '../base/command-op.ts';
import type { CommandOp } from '../base/command-op.ts';
import type { TimeCell } from '../base/units.ts';

/** No such request: never ours, answered already, or the log is full. */
export const NO_REQUEST = -1;

const EVER: TimeCell = Float64Array.of(Infinity);
const NO_TIME: TimeCell = Float64Array.of(0);

export class RequestLog {
  /** Per entry; valid while the request is in flight. */
  readonly op: Uint8Array;
  readonly sentNs: Float64Array;
  readonly itemCount: Uint8Array;
  /** Per entry × BATCH_MAX + item. */
  readonly slot: Int32Array;
  readonly generation: Int32Array;
  /** The amend's own id, 0 for places and cancels. */
  readonly amendId: Int32Array;
  inFlightCount = 0;

  readonly #id: Float64Array;
  readonly #capacity: number;
  #nextId = 1;
  /** The entry of the next id, and of the one begun last: kept, because a remainder is a division, and the path has four. */
  #nextEntry: number;
  #begunEntry = 0;
  #oldestId = 1;

  constructor(capacity: number) {
    assert(capacity >= 1, 'a request log holds at least one request');
    this.#capacity = capacity;
    this.#nextEntry = 1 % capacity;
    this.op = new Uint8Array(capacity);
    this.sentNs = new Float64Array(capacity);
    this.itemCount = new Uint8Array(capacity);
    this.slot = new Int32Array(capacity * BATCH_MAX);
    this.generation = new Int32Array(capacity * BATCH_MAX);
    this.amendId = new Int32Array(capacity * BATCH_MAX);
    this.#id = new Float64Array(capacity).fill(NO_REQUEST);
  }

  /** @hot Opens a request and returns its id, or NO_REQUEST while too many are unanswered: then nothing is sent. */
  begin(op: CommandOp, now: TimeCell): number {
    if (this.inFlightCount === this.#capacity) return NO_REQUEST;
    // One whose answer is late or lost must not hold up all that come a lap behind it, cancels among them.
    while (this.#id[this.#nextEntry] !== NO_REQUEST) this.#advance();
    const id = this.#nextId;
    const entry = this.#nextEntry;
    this.#advance();
    this.#begunEntry = entry;
    this.#id[entry] = id;
    this.op[entry] = op;
    this.sentNs[entry] = now[0]!;
    this.itemCount[entry] = 0;
    this.inFlightCount++;
    return id;
  }

  /** @hot Adds one command to the request that was begun last. */
  add(requestId: number, slot: number, generation: number, amendId: number): void {
    const entry = this.#begunEntry;
    assert(this.#id[entry] === requestId, 'items are added to a request in flight');
    const item = this.itemCount[entry]!;
    assert(item < BATCH_MAX, 'a batch holds at most twenty commands');
    const at = entry * BATCH_MAX + item;
    this.slot[at] = slot;
    this.generation[at] = generation;
    this.amendId[at] = amendId;
    this.itemCount[entry] = item + 1;
  }

  /** @hot The entry of a request in flight, or NO_REQUEST. */
  find(requestId: number): number {
    if (requestId < 1) return NO_REQUEST;
    const entry = requestId % this.#capacity;
    return this.#id[entry] === requestId ? entry : NO_REQUEST;
  }

  /** @hot Forgets a request: it was answered, or given up. */
  release(entry: number): void {
    assert(this.#id[entry] !== NO_REQUEST, 'a request is released once');
    this.#id[entry] = NO_REQUEST;
    this.inFlightCount--;
  }

  /**
   * @hot The entry of the oldest request in flight when it was sent at least `timeoutNs` ago, or NO_REQUEST. The caller
   * releases it and asks again.
   */
  oldestExpired(now: TimeCell, timeout: TimeCell): number {
    // Each id is passed over once in its life, so that this costs nothing on the average.
    while (this.#oldestId < this.#nextId && this.find(this.#oldestId) === NO_REQUEST) this.#oldestId++;
    if (this.#oldestId === this.#nextId) return NO_REQUEST;
    const entry = this.#oldestId % this.#capacity;
    return now[0]! - this.sentNs[entry]! >= timeout[0]! ? entry : NO_REQUEST;
  }

  /** The oldest request in flight whatever its age, or NO_REQUEST: when the session that carried it is lost. */
  oldest(): number {
    return this.oldestExpired(EVER, NO_TIME);
  }

  #advance(): void {
    this.#nextId++;
    this.#nextEntry = this.#nextEntry + 1 === this.#capacity ? 0 : this.#nextEntry + 1;
  }

  /** The request id of an entry in flight. */
  idOf(entry: number): number {
    return this.#id[entry]!;
  }
}
