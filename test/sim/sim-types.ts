import type { Nanoseconds, Milliseconds } from '../../engine/base/units.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { Engine } from '../../engine/host/engine.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';
import type { EngineWorld } from '../../engine/host/engine-world.ts';
import type { OperatorCommand } from '../../engine/loop/loop-options.ts';
import type { PaperVenue } from '../../engine/paper/gateway/venue.ts';

import type { ReplayCounts } from './journals.ts';

/** How much goes wrong in a world. */
export const FAULT_PROFILES = ['none', 'light', 'heavy'] as const;
export type FaultProfile = (typeof FAULT_PROFILES)[number];

/** After the faults stop, everything is whole again within this virtual time. */
export const HEAL_MS = 180_000;

/** The number that stands for REST beside those of the sessions (`Connection`). */
export const REST_CONNECTION = 3;

/** One message that left an engine: a text frame, or a REST request that changes something or asks. */
export interface SentMessage {
  readonly atNs: Nanoseconds;
  /** A `Connection`, or `REST_CONNECTION`. */
  readonly connection: number;
  /** The frame; of REST the body of a POST, '' of a GET. */
  readonly text: string;
  /** Of REST: 'POST /api/v5/trade/cancel-all-after', without the query; '' of frames. */
  readonly path: string;
  /** Which engine sent it: 0 is the first, each restart counts one more. */
  readonly engineNumber: number;
}

/** What left the engine and all its predecessors, oldest first. Old messages are let go: read on from where you were. */
export interface SentLog {
  /** Messages since the start of the world. */
  readonly count: number;
  /** The message of that number, from `first` to `count - 1`. */
  at(index: number): SentMessage;
  /** The oldest that is kept. */
  readonly first: number;
}

/** What the last step of the world was. */
export const StepKind = {
  /** A frame reached the venue, or a REST request did. */
  toVenue: 0,
  /** A frame reached the engine. */
  toEngine: 1,
  /** An answer of REST, or the end of a wait, and what the engine made of it. */
  answer: 2,
  engineTimer: 3,
  /** The venue lived on by itself. */
  venue: 4,
  /** Something was made to go wrong, or right again; crash and restart are among them. */
  fault: 5,
} as const;
export type StepKind = (typeof StepKind)[keyof typeof StepKind];

/** What checkers may look at. Nothing here may be changed by them. */
export interface SimWorldView {
  readonly venue: PaperVenue;
  /** Null while it is dead. */
  readonly engine: Engine | null;
  readonly nowNs: Nanoseconds;
  /** The venue's clock, which is the true one; the engine's machine may believe another. */
  readonly nowMs: Milliseconds;
  readonly config: Config;
  readonly tag: string;
  readonly uid: string;
  /** Orders of 'another program' on the same account: untagged, or with the tag and an id that is not of our plan. */
  readonly foreignOrderIds: ReadonlySet<string>;
  readonly sent: SentLog;
  /** When the engine died last; -1 while none has, and again when its successor has started. */
  readonly crashedAtNs: Nanoseconds;
  /** Engines started before this one. */
  readonly restarts: number;
  readonly faultsUntilNs: Nanoseconds;
  /** Whether faults are over and the time to heal is, too. */
  readonly isHealed: boolean;
  /** Nothing but market data is on its way, and the engine waits for no answer. */
  readonly isQuiet: boolean;
  /** Nothing reaches the venue or comes from it. */
  readonly isNetworkDown: boolean;
  /** Commands that an operator has given, and the newest one once its engine has said that it is done; else null. */
  readonly commandsGiven: number;
  readonly commandDone: OperatorCommand | null;
  /** The state that an engine would find on disk if it were started now. */
  durable(): EngineState | undefined;
  readonly step: StepKind;
  readonly stepNumber: number;
}

/** Something that must hold. A new one is made for every world. */
export interface Checker {
  readonly name: string;
  /** After every step: what is wrong, or null. */
  step(world: SimWorldView): string | null;
  /** When faults are long over and all should be whole: what is not, or null. */
  end(world: SimWorldView): string | null;
}

/** An engine with one defect, to see that the checkers see. */
export interface BrokenEngine {
  readonly name: string;
  readonly about: string;
  /** The checker that finds it. */
  readonly caughtBy: string;
  /** Within so many seeds, from the first one; that is 1 where it is not said. */
  readonly seedsMax: number;
  readonly seedFrom?: number;
  /**
   * Changes an engine that has just been made, each time anew after a restart.
   *
   * @param world of this engine alone: what it was given to speak to the venue and to the disk
   */
  break(engine: Engine, world: EngineWorld): void;
}

export interface SeedOptions {
  readonly seed: number;
  readonly hours: number;
  readonly faults: FaultProfile;
  readonly broken?: BrokenEngine;
  /** Every process keeps a journal, and is replayed from it. */
  readonly isJournaled?: boolean;
  /** Private and trade are REST sessions, as of an account that is let in by token. */
  readonly isByRest?: boolean;
  /** The configuration changes while engines run (reloads.ts), or does not; without it the seed says so. */
  readonly hasReloads?: boolean;
}

/** Why a seed failed. */
export interface SeedFailure {
  readonly checker: string;
  readonly what: string;
  readonly atMs: Milliseconds;
  readonly step: number;
}

/** What one seed gave; also what the JSON holds of it. */
export interface SeedResult {
  readonly seed: number;
  /** Over everything that was sent, when, and the last state. */
  readonly stateHash: string;
  readonly failure: SeedFailure | null;
  readonly virtualHours: number;
  readonly realSeconds: number;
  readonly steps: number;
  readonly orders: number;
  readonly fills: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly restarts: number;
  /** Of the engine at the end, which the checkers have compared with the venue's books; in US dollars. */
  readonly profit: number;
  readonly options: string;
  /** Of a journaled world. */
  readonly replayed?: ReplayCounts;
  /** Of a world with reloads. */
  readonly reloads?: { readonly applied: number; readonly refused: number };
}
