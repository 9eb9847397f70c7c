/** Somebody who gets pushes: a session. */
export interface Subscriber {
  push(text: string, nowMs: number): void;
}

/** Who gets which public push: the text is made once, whatever the number of subscribers. */
export class Topics {
  readonly #subscribers = new Map<string, Set<Subscriber>>();

  add(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(topic);
    if (subscribers === undefined) this.#subscribers.set(topic, new Set([subscriber]));
    else subscribers.add(subscriber);
  }

  delete(topic: string, subscriber: Subscriber): void {
    const subscribers = this.#subscribers.get(topic);
    if (subscribers === undefined) return;
    subscribers.delete(subscriber);
    if (subscribers.size === 0) this.#subscribers.delete(topic);
  }

  hasSubscribers(topic: string): boolean {
    return this.#subscribers.has(topic);
  }

  /** Subscribers who leave while this runs (a slow one is closed by its push) do not disturb the others. */
  publish(topic: string, text: string, nowMs: number): void {
    const subscribers = this.#subscribers.get(topic);
    if (subscribers === undefined) return;
    for (const subscriber of subscribers) subscriber.push(text, nowMs);
  }
}
