/** Hosts that are remembered: the venue's few. */
const HOSTS_MAX = 16;

/** The last session ticket of each host, in memory: whoever connects again need not shake hands in full. */
class TlsTickets {
  readonly #tickets = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#tickets.get(key);
  }

  set(key: string, ticket: Buffer): void {
    this.#tickets.delete(key);
    this.#tickets.set(key, ticket);
    if (this.#tickets.size > HOSTS_MAX) this.#tickets.delete(this.#tickets.keys().next().value!);
  }

  delete(key: string): void {
    this.#tickets.delete(key);
  }
}

export const TLS_TICKETS = new TlsTickets();

/**
 * A resumed connection is not checked against the certificates again, so a ticket holds only for who trusts the
 * same ones.
 */
export function ticketKey(host: string, ca: string | undefined): string {
  return `${host} ${ca ?? ''}`;
}
