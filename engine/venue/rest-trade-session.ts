/**
 * Order operations by REST, in place of a trade socket: takes the encoder's message, sends its REST twin, and answers with
 * what the socket would have brought.
 *
 *     send(bytes) ─▶ lane of each instrument ─▶ POST ─▶ envelope ─▶ ack frame ─▶ handler
 *
 * Owner:      the engine thread.
 * Invariants: messages about an instrument leave one after another, each when the one before is answered: over several
 *             connections a cancel would overtake its place. What has no answer gets no ack, so that the loop counts it as
 *             unknown. After onDown no ack comes, and nothing that waited is sent.
 * Cost:       a round trip for each message of an instrument; JSON.
 */
import type { Clock } from '../base/clock.ts';
import type { Nanoseconds } from '../base/units.ts';
import { AMEND_OPS, CANCEL_OPS, PLACE_OPS, ackText, restOperation } from '../okx/rest-operation.ts';
import type { RestOperation } from '../okx/rest-operation.ts';
import type { OrderWatch } from './order-watch.ts';
import type { RestClient } from './rest-client.ts';
import { RestError } from './rest-error.ts';
import { textOf } from './rest-rows.ts';
import type { RestRow } from './rest-rows.ts';
import type { SessionHandler } from './session.ts';
import { afterTimer } from './session-port.ts';
import type { After, SessionPort } from './session-port.ts';

export interface RestTradeSessionOptions {
  readonly connection: number;
  /** With connections of its own, which end with the session: what is asked beside must not hold up an order. */
  readonly rest: Pick<RestClient, 'operate' | 'close'>;
  readonly clock: Clock;
  /** The name of an instrument by its code. */
  readonly instIdOf: (code: number) => string | undefined;
  /** Told of what the venue accepts, so that it is missed when it ends. */
  readonly watch: OrderWatch;
  readonly after?: After;
}

/** Messages under way and waiting. More are refused, as by a socket that takes no more: the venue is too slow for them. */
const MESSAGES_MAX = 64;
const ACCEPTED = '0';

export class RestTradeSession implements SessionPort {
  /** Operations that were answered, and that were not. */
  answered = 0;
  /** When the last answer came. @testonly To know when nothing is on its way. */
  answeredNs: Nanoseconds = -Infinity;
  unanswered = 0;
  readonly #options: RestTradeSessionOptions;
  readonly #handler: SessionHandler;
  readonly #recvNs = new Float64Array(1);
  /** The last message of each instrument. */
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();
  #isUp = false;
  #isStarted = false;
  #isClosed = false;
  #epoch = 0;
  /** Asked for: comes up again with the next sign of life. */
  #isAlive = false;

  constructor(options: RestTradeSessionOptions, handler: SessionHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Messages that are not answered yet, nor given up. @testonly The loop counts its own requests. */
  get pending(): number {
    return this.#underWay.size;
  }

  start(): void {
    this.#isStarted = true;
    if (this.#isAlive) this.setAlive(true, '');
  }

  /** Whether the venue answers this account, by the private session's questions. */
  setAlive(isAlive: boolean, reason: string): void {
    this.#isAlive = isAlive;
    if (!isAlive) this.#down(reason);
    else if (this.#isStarted && !this.#isUp && !this.#isClosed) {
      this.#isUp = true;
      this.#handler.onUp(this.#options.connection);
    }
  }

  /** @hot Copies the message; what comes of it, comes later. */
  send(bytes: Uint8Array, length: number): boolean {
    if (!this.#isUp || this.#underWay.size >= MESSAGES_MAX) return false;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    const operation = restOperation(text, this.#options.instIdOf);
    const names = new Set(operation.items.map(({ instId }) => instId));
    const before = [...names].map((name) => this.#lanes.get(name));
    const work = this.#run(operation, before, this.#epoch);
    for (const name of names) this.#lanes.set(name, work);
    this.#underWay.add(work);
    void work.finally(() => {
      this.#underWay.delete(work);
      for (const name of names) if (this.#lanes.get(name) === work) this.#lanes.delete(name);
    });
    return true;
  }

  /** The next answer of the venue brings it up again. */
  reconnect(reason: string): void {
    const wasAlive = this.#isAlive;
    this.#down(reason);
    // Not from within: who asks for it is told down before up.
    const after = this.#options.after ?? afterTimer;
    if (wasAlive) after(0, () => this.setAlive(this.#isAlive, ''));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#down('closed on request');
    await this.#options.rest.close();
    await Promise.all(this.#underWay);
  }

  #down(reason: string): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#epoch++;
    this.#handler.onDown(this.#options.connection, reason);
  }

  async #run(
    operation: RestOperation,
    before: readonly (Promise<void> | undefined)[],
    epoch: number,
  ): Promise<void> {
    await Promise.all(before);
    if (this.#epoch !== epoch) return;
    let envelope: string;
    try {
      envelope = await this.#options.rest.operate(operation.path, operation.body, operation.expTime);
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      this.unanswered++;
      return;
    }
    this.answered++;
    if (this.#epoch !== epoch) return;
    this.answeredNs = this.#options.clock.nowNs();
    this.#note(operation, envelope);
    const bytes = Buffer.from(ackText(operation, envelope));
    this.#recvNs[0] = this.#options.clock.nowNs();
    this.#handler.onFrame(this.#options.connection, bytes, 0, bytes.length, this.#recvNs);
  }

  /** What the venue has accepted, by the items of its answer. */
  #note({ op, items }: RestOperation, envelope: string): void {
    const { watch, clock } = this.#options;
    const { data } = JSON.parse(envelope) as { data?: unknown };
    const nowNs = clock.nowNs();
    (Array.isArray(data) ? (data as readonly RestRow[]) : []).forEach((row, index) => {
      const item = items.find(({ clOrdId }) => clOrdId === textOf(row, 'clOrdId')) ?? items[index];
      if (item === undefined || textOf(row, 'sCode') !== ACCEPTED) return;
      const ordId = textOf(row, 'ordId');
      if (PLACE_OPS.has(op)) watch.placed(item.instId, ordId, item.clOrdId, nowNs);
      else if (AMEND_OPS.has(op)) watch.amended(ordId, item, nowNs);
      else if (CANCEL_OPS.has(op)) watch.cancelled(ordId);
    });
  }
}
