import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { LoopPhase } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import { TagSource, namesOf } from '../metrics/catalog.ts';
import { KillLevel, KillTrigger, TRIGGER_RULES } from '../risk/kill-ladder.ts';
import type { Engine } from './engine.ts';
import type { EngineWorld } from './engine-world.ts';

const LEVELS = namesOf(KillLevel);
const TRIGGERS = namesOf(KillTrigger);
const PHASES = namesOf(LoopPhase);
const TAG_SOURCES = namesOf(TagSource);

/** What an operator asks for: where the engine stands, what holds it back, and whether all that stands behind it does. */
export function statusOf(engine: Engine, world: EngineWorld): Record<string, unknown> {
  const { loop, keeper, deadMansSwitch, desk, config, configuration } = engine;
  const { ladder, ledger, table } = loop;
  const nowNs = world.clock.nowNs();
  return {
    phase: PHASES[loop.phase],
    venue: config.venue.kind,
    run: engine.run,
    ...levelOf(ladder.accountLevel, ladder.accountReason),
    netProfit: loop.netProfit(),
    openOrders: loop.openOrders,
    sessions: Object.fromEntries(
      Object.entries(Connection).map(([name, connection]) => [name, world.isSessionUp(connection)]),
    ),
    instruments: engine.instruments.map((instrument) => ({
      instId: instrument.instId,
      ...levelOf(ladder.level(instrument.index), ladder.reason(instrument.index)),
      position: instrument.lot.toText(ledger.positionLots[instrument.index]!),
      openOrders: table.openCounts[instrument.index]!,
      netProfit: ledger.netProfit(instrument.index, loop.gate.markTicks(instrument.index)),
      fills: ledger.fillCount[instrument.index]!,
    })),
    tag: {
      value: engine.tag,
      // Whether the start has shown that the venue gives it back; null where it was not asked to.
      isProven: engine.tagProof?.isProven ?? null,
      // Words of the venue that gave one of our orders back without it, by where.
      mismatches: Object.fromEntries(
        TAG_SOURCES.map((name, source) => [name, loop.kill.tags.mismatches[source]!]),
      ),
    },
    switchSecondsLeft:
      config.engine.deadMansSwitchSeconds === 0
        ? null
        : Math.max(0, (deadMansSwitch.armedUntilNs - nowNs) / NS_PER_SECOND),
    recoveredSecondsAgo: ageOf(desk.recoveredNs, nowNs),
    auditedSecondsAgo: ageOf(desk.auditedNs, nowNs),
    isStateSaved: keeper.isSaved,
    configuration: {
      version: configuration.version,
      secondsAgo: ageOf(configuration.changedNs, nowNs),
      // What was refused since then; null for nothing.
      refusal: configuration.refusal === '' ? null : configuration.refusal,
    },
    clockOffsetMs: world.venueClock.offsetMs,
    protection: engine.algos.status,
  };
}

/** `wayBack` says whether it waits for the operator's `resume`. */
function levelOf(level: KillLevel, trigger: KillTrigger): Record<string, unknown> {
  const { wayBack, text } = TRIGGER_RULES[trigger]!;
  return level === KillLevel.quoting
    ? { level: LEVELS[level] }
    : { level: LEVELS[level], reason: TRIGGERS[trigger], why: text, wayBack };
}

/** In seconds; null before the first time. */
function ageOf(thenNs: Nanoseconds, nowNs: Nanoseconds): number | null {
  return Number.isFinite(thenNs) ? (nowNs - thenNs) / NS_PER_SECOND : null;
}
