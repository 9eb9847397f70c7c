import type { Clock } from '../engine/base/clock.ts';
import { CommandOp } from '../engine/base/command-op.ts';
import { NS_PER_SECOND } from '../engine/base/units.ts';
import type { BoardInstrument, BoardLimits } from '../engine/metrics/board.ts';
import { BoardReader } from '../engine/metrics/board.ts';
import type { MetricId } from '../engine/metrics/catalog.ts';
import { AuditFinding, ConfigurationResult, EngineState, namesOf, Stage } from '../engine/metrics/catalog.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';
import { seriesOf } from '../engine/metrics/cells.ts';
import { ExplanationReader } from '../engine/metrics/explanations.ts';
import { Histogram } from '../engine/metrics/histogram.ts';
import { LimitField } from '../engine/metrics/layout.ts';
import { AttributionStatuses } from './attribution-status.ts';
import { Explanations } from './explanation.ts';
import type { Explanation } from './explanation.ts';
import { InstrumentStatuses, nameAt, orNull } from './instrument-status.ts';
import type { InstrumentStatus, KillStatus } from './instrument-status.ts';
import { PortfolioStatuses } from './portfolio-status.ts';
import type { PortfolioStatus } from './portfolio-status.ts';

/** The engine's timer gives a sign of life at least every second; five missed ones are no hiccup. */
const HEARTBEAT_SECONDS_MAX = 5;

/** Seconds; null while nothing was measured. */
export interface LatencyStatus {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
}

export interface Status {
  readonly timeMs: number;
  readonly version: string;
  readonly venue: string;
  readonly run: string;
  readonly state: string;
  /** Of the configuration in force: 1 is that of the start. Changes since then, taken up or refused. */
  readonly configuration: { readonly version: number; readonly applied: number; readonly refused: number };
  /** How far the account is held back, by what, and every trigger that holds something anywhere. */
  readonly kill: KillStatus & { readonly triggers: readonly TriggerStatus[] };
  readonly uptimeSeconds: number | null;
  readonly heartbeatAgeSeconds: number | null;
  readonly isReady: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
  readonly limits: Readonly<Record<keyof BoardLimits, number | null>>;
  /** In the account's currency; loss and drawdown are 0 or above. */
  readonly risk: {
    /** Net, over restarts; null while a mark is not known. */
    readonly profit: number | null;
    /** What all positions are worth, long and short added up. */
    readonly held: number | null;
    readonly loss: number | null;
    readonly drawdown: number | null;
    readonly marginRatio: number | null;
    readonly ordersPerFill: number | null;
  };
  /** The venue's dead man's switch; `leftSeconds` is null while it was never armed. */
  readonly deadMansSwitch: {
    readonly leftSeconds: number | null;
    readonly beats: number;
    readonly failures: number;
  };
  /** The state on disk. */
  readonly disk: {
    readonly isSaved: boolean;
    readonly ageSeconds: number | null;
    readonly saves: number;
    readonly failures: number;
  };
  /** What is known of the venue's side of the account. */
  readonly account: {
    readonly recoveries: number;
    readonly recoveryDifferences: number;
    readonly audits: number;
    readonly auditAgeSeconds: number | null;
    readonly auditFindings: Readonly<Record<string, number>>;
    readonly ordersInDoubt: number;
    readonly oldestDoubtSeconds: number | null;
  };
  readonly sessions: readonly {
    readonly name: string;
    readonly isUp: boolean;
    readonly reconnects: number;
    readonly silenceSeconds: number | null;
  }[];
  readonly workers: readonly { readonly heartbeatAgeSeconds: number | null; readonly restarts: number }[];
  /** Each with why it is quoted as it is; null before the engine has said so for the first time. */
  readonly instruments: readonly (InstrumentStatus & { readonly explanation: Explanation | null })[];
  /** Of each coin that has a group. */
  readonly portfolio: readonly PortfolioStatus[];
  /** Since the start of the process. */
  readonly latencies: {
    readonly tickToTrade: LatencyStatus;
    readonly stages: Readonly<Record<string, LatencyStatus>>;
    readonly roundTrips: Readonly<Record<string, LatencyStatus>>;
  };
}

export interface TriggerStatus {
  readonly trigger: string;
  /** The account and each instrument are a scope. */
  readonly scopes: number;
}

export interface Health {
  readonly isAlive: boolean;
  readonly heartbeatAgeSeconds: number | null;
}

export interface Readiness {
  readonly isReady: boolean;
  readonly reasons: readonly string[];
}

/** Reads the state of the engine out of shared memory, for people and for supervisors. */
export class StatusReader {
  readonly #memory: MetricsMemory;
  readonly #board: BoardReader;
  readonly #clock: Clock;
  readonly #instruments: InstrumentStatuses;
  readonly #reader: ExplanationReader;
  readonly #explanations: Explanations;
  readonly #attributions: AttributionStatuses;
  readonly #portfolio: PortfolioStatuses;

  /** @param clock on the same time line as the engine's */
  constructor(memory: MetricsMemory, clock: Clock) {
    this.#memory = memory;
    this.#board = new BoardReader(memory);
    this.#clock = clock;
    this.#instruments = new InstrumentStatuses(memory.dimensions);
    this.#reader = new ExplanationReader(memory);
    this.#explanations = new Explanations(memory.dimensions);
    this.#attributions = new AttributionStatuses(memory);
    this.#portfolio = new PortfolioStatuses(memory);
  }

  /** Alive: the engine thread gave a sign of life a short while ago. */
  health(): Health {
    const heartbeatAgeSeconds = this.#age('engineHeartbeat', 0);
    const isAlive = heartbeatAgeSeconds !== null && heartbeatAgeSeconds <= HEARTBEAT_SECONDS_MAX;
    return { isAlive, heartbeatAgeSeconds };
  }

  /** Ready: alive, quoting, every session up, every book synced. */
  readiness(): Readiness {
    return this.#readiness(this.#rows());
  }

  status(): Status {
    const { dimensions } = this.#memory;
    const rows = this.#rows();
    const startSeconds = this.#values('startTime')[0];
    const timeMs = this.#clock.wallMs();
    const reconnects = this.#values('sessionReconnects');
    const isUp = this.#values('sessionUp');
    const restarts = this.#values('workerRestarts');
    return {
      timeMs,
      version: dimensions.build.version,
      venue: dimensions.build.venue,
      run: dimensions.build.run,
      state: this.#engineState(),
      configuration: {
        version: this.#value('configurationVersion'),
        applied: this.#values('configurationChanges')[ConfigurationResult.applied],
        refused: this.#values('configurationChanges')[ConfigurationResult.refused],
      },
      kill: { ...this.#kill(), triggers: this.#triggers() },
      uptimeSeconds: orNull(timeMs / 1000 - startSeconds),
      heartbeatAgeSeconds: this.#age('engineHeartbeat', 0),
      ...this.#readiness(rows),
      limits: this.#limits(),
      risk: {
        profit: orNull(this.#value('accountProfit')),
        held: orNull(this.#value('accountHeld')),
        loss: orNull(this.#value('accountLoss')),
        drawdown: orNull(this.#value('accountDrawdown')),
        marginRatio: orNull(this.#value('marginRatio')),
        ordersPerFill: orNull(this.#value('ordersPerFill')),
      },
      ...this.#safety(),
      sessions: dimensions.connections.map((name, index) => ({
        name,
        isUp: isUp[index] === 1,
        reconnects: reconnects[index],
        silenceSeconds: this.#age('sessionSilence', index),
      })),
      workers: restarts.map((count, index) => ({
        heartbeatAgeSeconds: this.#age('workerHeartbeat', index),
        restarts: count,
      })),
      instruments: rows.map((row, index) => ({
        ...this.#instruments.of(
          index,
          row,
          row === null ? null : this.#secondsSince(row.updatedNs),
          this.#age('bookAge', index),
          this.#attributions.of(index),
        ),
        explanation: this.#explanationOf(index),
      })),
      portfolio: this.#portfolio.all(),
      latencies: {
        tickToTrade: this.#latencies('tickToTrade')[0],
        stages: named(namesOf(Stage), this.#latencies('stageLatency')),
        roundTrips: named(namesOf(CommandOp), this.#latencies('roundTrip')),
      },
    };
  }

  #rows(): readonly (BoardInstrument | null)[] {
    return this.#memory.dimensions.instruments.map((_, index) => this.#board.instrument(index));
  }

  #readiness(rows: readonly (BoardInstrument | null)[]): Readiness {
    const { dimensions } = this.#memory;
    const reasons: string[] = [];
    if (!this.health().isAlive) {
      reasons.push(`engine: expected a sign of life within ${HEARTBEAT_SECONDS_MAX} s, was none`);
    }
    const state = this.#engineState();
    const { reason } = this.#kill();
    const why = reason === 'none' ? '' : ` (${reason})`;
    if (state !== 'quoting') reasons.push(`engine: expected quoting, was ${state}${why}`);
    for (const [index, isUp] of this.#values('sessionUp').entries()) {
      if (isUp !== 1) reasons.push(`session ${dimensions.connections[index]}: expected up, was down`);
    }
    for (const [index, row] of rows.entries()) {
      const bookState = nameAt(dimensions.bookStates, row === null ? -1 : row.bookState);
      if (bookState === 'synced') continue;
      reasons.push(`book ${dimensions.instruments[index].name}: expected synced, was ${bookState}`);
    }
    return { isReady: reasons.length === 0, reasons };
  }

  #engineState(): string {
    return nameAt(namesOf(EngineState), this.#value('engineState'));
  }

  #kill(): KillStatus {
    const { killLevels, killTriggers } = this.#memory.dimensions;
    const level = nameAt(killLevels, this.#value('killLevel'));
    return { level, reason: nameAt(killTriggers, this.#value('killReason')) };
  }

  #triggers(): readonly TriggerStatus[] {
    return this.#values('killActive')
      .map((scopes, trigger) => ({ trigger: nameAt(this.#memory.dimensions.killTriggers, trigger), scopes }))
      .filter(({ scopes }) => scopes > 0);
  }

  /** A limit of 0 is none where the lowest that is allowed is meant. */
  #limits(): Status['limits'] {
    const posted = this.#board.limits();
    const entries = Object.keys(LimitField).map(
      (name) => [name, posted?.[name as keyof BoardLimits]] as const,
    );
    return Object.fromEntries(
      entries.map(([name, value]) => [name, value === 0 ? null : orNull(value)]),
    ) as Status['limits'];
  }

  #safety(): Pick<Status, 'deadMansSwitch' | 'disk' | 'account'> {
    const armedUntilNs = this.#value('switchLeft');
    const leftNs = Math.max(0, armedUntilNs - this.#clock.nowNs());
    const findings = this.#values('auditFindings');
    return {
      deadMansSwitch: {
        leftSeconds: orNull(leftNs / NS_PER_SECOND),
        beats: this.#value('switchBeats'),
        failures: this.#value('switchFailures'),
      },
      disk: {
        isSaved: this.#value('stateUnsaved') === 0,
        ageSeconds: this.#age('stateAge', 0),
        saves: this.#value('stateSaves'),
        failures: this.#value('stateFailures'),
      },
      account: {
        recoveries: this.#value('recoveries'),
        recoveryDifferences: this.#value('recoveryDifferences'),
        audits: this.#value('audits'),
        auditAgeSeconds: this.#age('auditAge', 0),
        auditFindings: Object.fromEntries(
          namesOf(AuditFinding).map((name, index) => [name, findings[index]] as const),
        ),
        ordersInDoubt: this.#value('ordersInDoubt'),
        oldestDoubtSeconds: this.#age('doubtAge', 0),
      },
    };
  }

  #explanationOf(index: number): Explanation | null {
    const reader = this.#reader;
    if (!reader.read(index)) return null;
    return this.#explanations.of(index, reader.quoter, reader.standing, this.#clock.nowNs());
  }

  #value(id: MetricId): number {
    return this.#values(id)[0];
  }

  #values(id: MetricId): readonly number[] {
    return seriesOf(this.#memory, id).map(({ cell }) => this.#memory.cells[cell]);
  }

  /** Seconds since the instant in a cell, or null while it was never set. */
  #age(id: MetricId, index: number): number | null {
    return this.#secondsSince(this.#values(id)[index]);
  }

  #secondsSince(instantNs: number): number | null {
    return Number.isNaN(instantNs) ? null : Math.max(0, this.#clock.nowNs() - instantNs) / NS_PER_SECOND;
  }

  #latencies(id: MetricId): readonly LatencyStatus[] {
    return seriesOf(this.#memory, id).map(({ cell }) => latencyOf(new Histogram(this.#memory.cells, cell)));
  }
}

function latencyOf(histogram: Histogram): LatencyStatus {
  const { count } = histogram;
  const secondsAt = (quantile: number): number | null =>
    count === 0 ? null : histogram.percentile(quantile) / NS_PER_SECOND;
  return {
    count,
    p50: secondsAt(0.5),
    p90: secondsAt(0.9),
    p99: secondsAt(0.99),
    p999: secondsAt(0.999),
    max: count === 0 ? null : histogram.max / NS_PER_SECOND,
  };
}

function named(names: readonly string[], latencies: readonly LatencyStatus[]): Record<string, LatencyStatus> {
  return Object.fromEntries(names.map((name, index) => [name, latencies[index]]));
}
