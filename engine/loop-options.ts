import type { Clock } from './base/clock.ts';
import type { Instrument } from './base/instrument.ts';
import type { Nanoseconds } from './base/units.ts';
import type { Handoff } from './handoff/handoff-memory.ts';
import type { MetricsMemory } from './metrics/cells.ts';
import type { DepthChannel } from './okx/depth-frame.ts';
import type { TdMode } from './okx/shapes.ts';
import type { DiffTolerance } from './orders/quote-diff.ts';
import type { AccountLimits, RiskLimits } from './risk/gate.ts';

/** The connections of the core, by the numbers that come with frames and go with sends. */
export const Connection = { public: 0, private: 1, trade: 2 } as const;
export type Connection = (typeof Connection)[keyof typeof Connection];

/** What the core asks of the world beside sending bytes. Each is answered by an input of the same name. */
export const LoopRequest = {
  /** Cancel what is left of ours, then tell positions: `onRecovered`. */
  recovery: 0,
  /** The instrument's book by REST: `onBookSnapshot`. */
  bookSnapshot: 1,
} as const;
export type LoopRequest = (typeof LoopRequest)[keyof typeof LoopRequest];

/** The core's only way out. */
export interface LoopOutput {
  /** False when the connection is not up: then nothing was sent. The bytes are the core's again on return. */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean;
  /** @param instrument -1 where the request concerns the account */
  request(request: LoopRequest, instrument: number): void;
}

export interface LoopTimings {
  /** A worker that has not answered a market for so long is late: its quotes are withdrawn. */
  readonly quoteAgeNsMax: Nanoseconds;
  /** A book without any message for so long is taken as broken. */
  readonly bookSilenceNsMax: Nanoseconds;
  /** A command without its outcome for so long is in doubt. */
  readonly ackTimeoutNs: Nanoseconds;
  /** The venue is told to refuse a place or amend that reaches it later than this after sending; 0 for never. */
  readonly orderExpiryMs: number;
}

export interface LoopOptions {
  readonly instruments: readonly Instrument[];
  readonly depthChannel: DepthChannel;
  /** The operator's tag, on every order. */
  readonly tag: string;
  /** This run's number, inside every client order id. */
  readonly run: number;
  readonly tradeModes: readonly TdMode[];
  readonly limits: readonly RiskLimits[];
  readonly account: AccountLimits;
  readonly tolerances: readonly DiffTolerance[];
  readonly timings: LoopTimings;
  readonly handoff: Handoff;
  readonly metrics: MetricsMemory;
  readonly output: LoopOutput;
  /** Read for latency histograms and for nothing else: no decision depends on it. */
  readonly stageClock: Clock;
}
