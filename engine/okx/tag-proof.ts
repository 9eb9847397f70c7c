/**
 * The last look at what leaves: whether every order in it carries the tag. It reads the bytes as they go out, and knows
 * nothing of how they were made.
 *
 * Owner:      the engine thread.
 * Invariants: counts the places where `"tag":"<tag>"` stands, which inside a message of orders is once for each: no other
 *             value of ours can hold a quote.
 * Cost:       Horspool's search: one byte of sixteen to thirty is looked at; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import { asciiBytes } from './json-cursor.ts';
import { assertTag } from './tag.ts';

/** Paths whose POST makes orders: what they carry is not attributed to the broker without the tag (OKX broker guide). */
const ORDER_PATHS: readonly string[] = [
  '/api/v5/trade/order',
  '/api/v5/trade/batch-orders',
  '/api/v5/trade/close-position',
  '/api/v5/trade/order-algo',
];

export class TagProof {
  readonly #pattern: Uint8Array;
  /** By byte: how far the window may move on when this is its last. */
  readonly #shift: Uint8Array;

  /** @throws TagError when the tag is not one that OKX takes */
  constructor(tag: string) {
    assertTag(tag);
    const pattern = asciiBytes(`"tag":"${tag}"`);
    this.#pattern = pattern;
    const last = pattern.length - 1;
    this.#shift = new Uint8Array(256).fill(pattern.length);
    for (let index = 0; index < last; index++) this.#shift[pattern[index]!] = last - index;
  }

  /** @hot How many orders of the message carry the tag. */
  count(bytes: Uint8Array, length: number): number {
    const pattern = this.#pattern;
    const last = pattern.length - 1;
    let found = 0;
    for (let end = last; end < length;) {
      const byte = bytes[end]!;
      let matched = 0;
      while (matched < last && bytes[end - last + matched] === pattern[matched]) matched++;
      if (matched === last && byte === pattern[last]) {
        found++;
        end += pattern.length;
      } else end += this.#shift[byte]!;
    }
    return found;
  }
}

/**
 * Of what is posted by REST: an operation that makes orders carries the tag in each of them. Others may carry what they
 * like.
 *
 * @param tag undefined for a client that knows none: it makes no orders
 */
export function assertPostedTag(path: string, body: string, tag: string | undefined): void {
  if (!ORDER_PATHS.includes(path)) return;
  const posted: unknown = JSON.parse(body);
  const orders: unknown[] = Array.isArray(posted) ? posted : [posted];
  assert(
    tag !== undefined && orders.every((order) => (order as { tag?: unknown } | null)?.tag === tag),
    'every order that leaves by REST carries the tag',
  );
}
