/**
 * The connection to /business, where algo orders are told: opened when there is something to hear, and no condition for
 * anything. What it does not tell is read by REST.
 *
 * Owner:      the engine thread.
 * Invariants: nothing of it reaches the core.
 * Cost:       a few frames a minute.
 */
import type { Clock } from '../base/clock.ts';
import { InstType, Channel } from '../okx/shapes.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import type { Credentials } from '../venue/credentials.ts';
import type { SocketClient } from '../venue/frame-socket.ts';
import type { RestClient } from '../venue/rest-client.ts';
import { Session } from '../venue/session.ts';
import type { SessionHandler } from '../venue/session.ts';
import type { SessionError } from '../venue/session-error.ts';
import type { SessionTimings } from '../venue/session-timings.ts';
import type { AlgoDesk } from './algo-desk.ts';

const CHANNELS: readonly ChannelArg[] = [
  { channel: Channel.ordersAlgo, instType: InstType.any },
  { channel: Channel.algoAdvance, instType: InstType.any },
];
/** None of the core's. */
const CONNECTION = 3;

export interface BusinessSocketOptions {
  readonly url: string;
  readonly credentials: Credentials;
  readonly algos: AlgoDesk;
  readonly rest: RestClient;
  readonly clock: Clock;
  readonly client: SocketClient;
  readonly timings: Partial<SessionTimings>;
  readonly log: (line: string) => void;
}

export class BusinessSocket implements SessionHandler {
  readonly #options: BusinessSocketOptions;
  #session: Session | undefined;

  constructor(options: BusinessSocketOptions) {
    this.#options = options;
  }

  /** Opens it once it is of use. */
  onTimer(): void {
    const { algos } = this.#options;
    if (this.#session !== undefined || !algos.isNeeded) return;
    const { url, credentials, rest, clock, client, timings } = this.#options;
    this.#session = new Session(
      {
        connection: CONNECTION,
        name: 'business',
        url,
        login: credentials,
        subscriptions: CHANNELS,
        clock,
        clockOffsetMs: () => rest.offsetMs,
        seed: Math.floor(clock.wallMs()) + CONNECTION,
        timings,
        client,
      },
      this,
    );
    this.#session.start();
  }

  onFrame(_connection: number, bytes: Uint8Array, start: number, end: number): void {
    this.#options.algos.onFrame(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
  }

  onUp(): void {
    this.#options.log('business: up');
    this.#options.algos.onUp();
  }

  onDown(_connection: number, reason: string): void {
    this.#options.log(`business: down: ${reason}; algo orders are asked for by REST`);
    this.#options.algos.onDown();
  }

  onRefused(_connection: number, args: readonly ChannelArg[], error: SessionError): void {
    const names = args.map(({ channel }) => channel).join(', ');
    this.#options.log(`business: goes on without ${names}: ${error.message}`);
  }

  onFailed(_connection: number, error: SessionError): void {
    this.#options.log(`business: ${error.message}; algo orders are asked for by REST`);
    this.#options.algos.onDown();
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
}
