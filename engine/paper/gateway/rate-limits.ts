/** At most `limit` takes in any stretch of `windowMs`: a ring with the time of each of the last `limit` takes. */
export class SlidingWindow {
  readonly #takenAtMs: Float64Array;
  readonly #windowMs: number;
  #next = 0;

  constructor(limit: number, windowMs: number) {
    this.#takenAtMs = new Float64Array(limit).fill(-Infinity);
    this.#windowMs = windowMs;
  }

  /** Takes one and says so, or takes nothing when the window is full. */
  take(nowMs: number): boolean {
    // The oldest of the last `limit` takes sits where the next one is written.
    if (nowMs - this.#takenAtMs[this.#next]! < this.#windowMs) return false;
    this.#takenAtMs[this.#next] = nowMs;
    this.#next = (this.#next + 1) % this.#takenAtMs.length;
    return true;
  }
}

/**
 * Windows of one kind, one for each key (user and instrument, user, or address). Keys come from known accounts and
 * instruments; when addresses make them many, the longest-standing are dropped, which can only be generous.
 */
export class RateLimits {
  readonly #windows = new Map<string, SlidingWindow>();
  readonly #limit: number;
  readonly #windowMs: number;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  take(key: string, nowMs: number): boolean {
    let window = this.#windows.get(key);
    if (window === undefined) {
      if (this.#windows.size >= KEYS_MAX) this.#windows.delete(this.#windows.keys().next().value!);
      window = new SlidingWindow(this.#limit, this.#windowMs);
      this.#windows.set(key, window);
    }
    return window.take(nowMs);
  }
}

const KEYS_MAX = 10_000;
