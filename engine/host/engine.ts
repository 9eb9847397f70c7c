/**
 * Everything that decides about orders and money: the loop, and around it what the loop may not do itself because it takes
 * time. Questions to the venue by REST, the venue's dead man's switch, the state on disk, start and stop.
 *
 *     world ──▶ onFrame, onSessionUp, onSessionDown, onQuotes, onTimer, command ──▶ loop
 *     world ◀── send, reconnect, account, state, reload, fail                    ◀── loop's sends and requests
 *
 * Owner:      the engine thread.
 * Invariants: the run's number is on disk before the first order; no loop input is given from within another; nothing is
 *             done for an engine that has stopped, however late an answer comes.
 * Cost:       beside the loop: nothing on the path; a snapshot of the state at most once a second.
 */
import type { Instrument } from '../base/instrument.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import type { Loop } from '../loop.ts';
import type { CommandResult, Connection, LoopOutput, LoopRequest, OperatorCommand } from '../loop-options.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import type { LadderParameters } from '../../workers/strategy/ladder.ts';
import type { EngineWorld } from './engine-world.ts';

/** The world calls `onTimer` so often. */
export const TIMER_MS = 20;

export interface EngineOptions {
  readonly config: Config;
  readonly tag: string;
  readonly world: EngineWorld;
  /** The account was made a moment ago (embedded venue): what the state says about money is of another one. */
  readonly isFreshAccount: boolean;
  readonly build: { readonly version: string; readonly node: string };
}

/** What is left when an engine has stopped. */
export interface StopReport {
  /** The venue has confirmed that no order of ours rests. */
  readonly isConfirmed: boolean;
  readonly detail: string;
}

export declare class Engine implements LoopOutput {
  /**
   * Loads state and instruments, checks clock and account, and returns when the new run's number is on disk. Nothing is
   * quoted before the sessions are up and the account is recovered.
   *
   * @throws HostError when something is not as it must be, with what to change; StateError from the store
   */
  static start(options: EngineOptions): Promise<Engine>;
  readonly loop: Loop;
  readonly handoff: Handoff;
  readonly memory: MetricsMemory;
  /** By instrument, for the quoters. */
  readonly parameters: readonly LadderParameters[];
  readonly instruments: readonly Instrument[];
  readonly run: number;
  /** What the sessions subscribe. */
  readonly publicChannels: readonly ChannelArg[];
  readonly privateChannels: readonly ChannelArg[];
  readonly tradeChannels: readonly ChannelArg[];
  /** Whether the engine cannot go on when the venue refuses this channel. */
  isNeeded(channel: ChannelArg): boolean;
  /** @hot */
  onFrame(connection: Connection, bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void;
  onSessionUp(connection: Connection): void;
  onSessionDown(connection: Connection, reason: string): void;
  onSwitched(connection: Connection): void;
  onQuotes(): void;
  onWorkerLost(worker: number, instruments: readonly number[], reason: string): void;
  onWorkerReady(worker: number, instruments: readonly number[]): void;
  onTimer(): void;
  /** Resolves when the kill state is where a restart finds it. */
  command(command: OperatorCommand): Promise<CommandResult>;
  /** Plain JSON, for the operator. */
  status(): Record<string, unknown>;
  /** @param failure what made the world stop it; a broken invariant stays halted over a restart */
  stop(failure?: unknown): Promise<StopReport>;
  send(connection: Connection, bytes: Uint8Array, length: number): boolean;
  request(request: LoopRequest, instrument: number): void;
}
