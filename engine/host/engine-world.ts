import type { Clock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Connection } from '../loop/loop-options.ts';
import type { AccountRest } from '../venue/account-rest.ts';
import type { EngineState } from './engine-state.ts';

/**
 * What an engine needs of the world around it. The process is one such world (`host.ts`: sockets, timers, files), the
 * simulation is another (pipes, virtual time, memory); the engine cannot tell them apart.
 */

/** The account by REST. Each rejects with RestError and nothing else, and within a bound. */
export type AccountPort = Pick<
  AccountRest,
  | 'fetchInstruments'
  | 'fetchTickBands'
  | 'fetchIndexPrice'
  | 'fetchMmpConfig'
  | 'setMmpConfig'
  | 'resetMmp'
  | 'massCancel'
  | 'fetchAccountConfig'
  | 'fetchOpenOrders'
  | 'fetchOrder'
  | 'fetchFills'
  | 'fetchPositions'
  | 'fetchBalances'
  | 'fetchBook'
  | 'fetchRateLimit'
  | 'fetchDeliveries'
  | 'fetchDeliveryBills'
  | 'fetchTradeFees'
  | 'placeOrder'
  | 'cancelOrders'
  | 'cancelAllAfter'
  | 'placeAlgo'
  | 'amendAlgo'
  | 'cancelAlgos'
  | 'fetchAlgosPending'
  | 'fetchStopsTriggered'
  | 'fetchAlgo'
>;

/** The venue's clock, as `RestClient` measures it. */
export interface ClockPort {
  /** Rejects with RestError; both numbers then stay what they were. */
  measureClockOffset(): Promise<void>;
  /** The venue's wall clock less ours, and within which bound that is right. */
  readonly offsetMs: Milliseconds;
  readonly offsetErrorMs: Milliseconds;
}

/** Where the state of one engine lives. Nobody else reads or writes it while the engine runs. */
export interface StateStore {
  /**
   * The newest state whose `save` was resolved, or a later one; undefined when none was ever saved.
   *
   * @throws StateError when there is one and it cannot be trusted
   */
  load(): Promise<EngineState | undefined>;
  /** Resolves when the state would survive a power cut. One call at a time. */
  save(state: EngineState): Promise<void>;
}

export interface EngineWorld {
  readonly clock: Clock;
  readonly account: AccountPort;
  readonly venueClock: ClockPort;
  readonly state: StateStore;
  /** False when the connection is not up: then nothing was sent. The bytes are the caller's again on return. */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean;
  /** Moves a session to a new connection. Never called from inside an input of the engine. */
  reconnect(connection: Connection, reason: string): void;
  isSessionUp(connection: Connection): boolean;
  waitMs(ms: Milliseconds): Promise<void>;
  /** One change of state, without time and line end. */
  log(line: string): void;
  /** Stop this engine as on exit, and start another with instruments loaded anew. Asked once an engine. */
  reload(reason: string): void;
  /** Something happened after which this engine must not go on: stop it, and end with this error. */
  fail(error: Error): void;
}
