import { CommandOp } from '../../engine/base/command-op.ts';
import type { Side } from '../../engine/base/side.ts';
import { SyncResult } from '../../engine/book/book-sync.ts';
import type { Engine } from '../../engine/host/engine.ts';
import type { EngineWorld } from '../../engine/host/engine-world.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { OrderState } from '../../engine/orders/order-state.ts';
import { NO_ORDER } from '../../engine/orders/order-table.ts';
import { TradeMark } from '../../engine/orders/trade-log.ts';
import { GateReason } from '../../engine/risk/gate.ts';
import { KillLevel } from '../../engine/risk/kill-ladder.ts';
import type { BrokenEngine } from './sim-types.ts';

/*
 * Engines with one defect each, of the kind that a mistake in a line or two of the engine would make. Each replaces a method of
 * an engine that runs, or of what it was given, by one that is wrong; everything else is the real thing.
 */

const OUR_PLAN = /^1\d{18}$/;
/** The loop of one of them hangs after so many timers, and its switch is beaten every so many. */
const HANGS_AFTER = 3_000;
const BEAT_TIMERS = 100;

/** What the gate counts of a side, with the orders left out that the venue has not confirmed to rest. */
function restingLots(engine: Engine, instrument: number, side: Side): number {
  const { table } = engine.loop;
  let lots = 0;
  for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
    if (table.state[slot] === OrderState.live && table.isResting[slot] === 1)
      lots += Math.max(0, table.sizeLots[slot]! - table.filledLots[slot]!);
  }
  return lots;
}

/** The gate with something of what it reads replaced while it looks. */
function gateWith(engine: Engine, replace: (instrument: number, side: Side) => () => void): void {
  const { gate } = engine.loop;
  const check = gate.check.bind(gate);
  gate.check = (op, instrument, side, ticks, lots, addedLots) => {
    const restore = replace(instrument, side);
    const reason = check(op, instrument, side, ticks, lots, addedLots);
    restore();
    return reason;
  };
}

/** Rows of open orders as the engine is given them. */
type OpenOrder = Awaited<ReturnType<EngineWorld['account']['fetchOpenOrders']>>[number];

function openOrdersThrough(world: EngineWorld, change: (rows: OpenOrder[]) => OpenOrder[]): void {
  const { account } = world;
  const fetch = account.fetchOpenOrders.bind(account);
  account.fetchOpenOrders = async (instId) => change(await fetch(instId));
}

const RISK: readonly BrokenEngine[] = [
  {
    name: 'in-flight-uncounted',
    about: 'the gate counts what rests, and not what is on its way',
    caughtBy: 'position limit',
    seedsMax: 6,
    break: (engine) => {
      const { exposureLots } = engine.loop.table;
      gateWith(engine, (instrument, side) => {
        const list = instrument * 2 + side;
        const counted = exposureLots[list]!;
        exposureLots[list] = restingLots(engine, instrument, side);
        return () => {
          exposureLots[list] = counted;
        };
      });
    },
  },
  {
    name: 'amend-size-uncounted',
    about: 'an amend to a larger size is let pass as if it added nothing',
    caughtBy: 'position limit',
    seedsMax: 6,
    break: (engine) => {
      engine.loop.table.addedLotsOf = () => 0;
    },
  },
  {
    name: 'group-ignored',
    about: 'the gate looks at each instrument by itself, and not at what those of one coin hold together',
    caughtBy: 'group limit',
    seedsMax: 12,
    break: (engine) => {
      engine.loop.gate.groups.isWithin = () => true;
    },
  },
  {
    name: 'self-cross-allowed',
    about: 'the gate does not look at our own orders on the other side',
    caughtBy: 'self-cross',
    seedsMax: 12,
    break: (engine) => {
      const { gate } = engine.loop;
      const check = gate.check.bind(gate);
      gate.check = (op, instrument, side, ticks, lots, addedLots) => {
        const reason = check(op, instrument, side, ticks, lots, addedLots);
        return reason === GateReason.selfCross ? GateReason.pass : reason;
      };
    },
  },
  {
    name: 'halted-still-quotes',
    about: 'quoting and gate do not look at the kill ladder',
    caughtBy: 'kill level',
    seedsMax: 6,
    break: (engine) => {
      engine.loop.ladder.level = () => KillLevel.quoting;
    },
  },
  {
    name: 'reduce-only-ignored',
    about: 'reduce only is taken for wider',
    caughtBy: 'kill level',
    seedsMax: 12,
    break: (engine) => {
      const { ladder } = engine.loop;
      const level = ladder.level.bind(ladder);
      ladder.level = (instrument) => {
        const held = level(instrument);
        return held === KillLevel.reduceOnly ? KillLevel.wider : held;
      };
    },
  },
  {
    name: 'budget-forgotten',
    about: 'what was sent is not taken from the message budget',
    caughtBy: 'message rates',
    seedsMax: 16,
    break: (engine) => {
      engine.loop.throttle.take = () => undefined;
    },
  },
  {
    name: 'losses-unwatched',
    about: 'profit is measured, and nobody looks at it',
    caughtBy: 'loss limit',
    seedsMax: 16,
    break: (engine) => {
      engine.loop.kill.loss.onProfit = () => undefined;
    },
  },
  {
    name: 'cancels-starved',
    about: 'no cancel gets a share of the message budget',
    caughtBy: 'kill level',
    seedsMax: 12,
    break: (engine) => {
      const { throttle } = engine.loop;
      const available = throttle.ownAvailable.bind(throttle);
      let isInside = false;
      throttle.ownAvailable = (op, instrument, isBatch, now) => {
        // Whether a place may leave depends on the cancels that are left: that look goes on seeing them.
        if (op === CommandOp.cancel && !isInside) return 0;
        const wasInside = isInside;
        isInside = true;
        const count = available(op, instrument, isBatch, now);
        isInside = wasInside;
        return count;
      };
    },
  },
];

const BOOKS: readonly BrokenEngine[] = [
  {
    name: 'gap-accepted',
    about: 'an update is applied whatever came before it',
    caughtBy: 'book',
    seedsMax: 8,
    break: (engine) => {
      for (const sync of engine.loop.market.syncs) {
        const apply = sync.apply.bind(sync);
        sync.apply = (rows) => {
          if (rows.prevSeqId >= 0) rows.prevSeqId = sync.book.seqId;
          return apply(rows);
        };
      }
    },
  },
  {
    name: 'resync-forgotten',
    about: 'after a gap the book is left as it is, and taken for good',
    caughtBy: 'book',
    seedsMax: 8,
    break: (engine) => {
      for (const sync of engine.loop.market.syncs) {
        const apply = sync.apply.bind(sync);
        sync.apply = (rows) => {
          const isGap = rows.prevSeqId >= 0 && rows.prevSeqId !== sync.book.seqId;
          return isGap && !sync.isAwaitingSnapshot ? SyncResult.ignored : apply(rows);
        };
      }
    },
  },
];

const MONEY: readonly BrokenEngine[] = [
  {
    name: 'fill-counted-twice',
    about: 'a trade is booked by every channel that tells it',
    caughtBy: 'money',
    seedsMax: 6,
    break: (engine) => {
      const { tradeLog } = engine.loop;
      const look = tradeLog.look.bind(tradeLog);
      const add = tradeLog.add.bind(tradeLog);
      tradeLog.look = () => TradeMark.none;
      tradeLog.add = (instrument, tradeId, tsMs, hasFee) => {
        if (look(instrument, tradeId) === TradeMark.none) add(instrument, tradeId, tsMs, hasFee);
      };
    },
  },
  {
    name: 'fee-by-push',
    about: 'a fee is booked by every word that carries it',
    caughtBy: 'money',
    seedsMax: 6,
    break: (engine) => {
      const { tradeLog } = engine.loop;
      const look = tradeLog.look.bind(tradeLog);
      tradeLog.look = (instrument, tradeId) =>
        Math.min(look(instrument, tradeId), TradeMark.booked) as TradeMark;
    },
  },
  {
    name: 'verified-too-far',
    about: 'trades are taken for told that were not: a restart does not ask for them',
    caughtBy: 'money',
    seedsMax: 8,
    break: (engine) => {
      const { desk } = engine;
      let { verifiedMs } = desk;
      Object.defineProperty(desk, 'verifiedMs', {
        get: () => verifiedMs,
        set: (toMs: number) => {
          verifiedMs = toMs + 60_000;
        },
      });
    },
  },
];

const TRUTH: readonly BrokenEngine[] = [
  {
    name: 'spread-sign',
    about: 'what a fill captures is booked with the wrong sign',
    caughtBy: 'profit identity',
    seedsMax: 4,
    break: (engine) => {
      for (const { parts } of engine.loop.truth.instruments) {
        const onFill = parts.onFill.bind(parts);
        parts.onFill = (lots, price, before, isHedge) => {
          const { spread } = parts;
          onFill(lots, price, before, isHedge);
          parts.spread = 2n * spread - parts.spread;
        };
      }
    },
  },
  {
    name: 'fee-sign',
    about: 'attribution takes fees for rebates: all of its parts add up all the same',
    caughtBy: 'profit identity',
    seedsMax: 4,
    break: (engine) => {
      for (const { parts } of engine.loop.truth.instruments) {
        const onFee = parts.onFee.bind(parts);
        parts.onFee = (units, isHedge) => onFee(-units, isHedge);
        const onCoinFee = parts.onCoinFee.bind(parts);
        parts.onCoinFee = (units, isHedge) => onCoinFee(-units, isHedge);
      }
    },
  },
  {
    name: 'adverse-added',
    about: 'what the market did after a fill is counted as adverse selection and as inventory',
    caughtBy: 'profit identity',
    seedsMax: 4,
    break: (engine) => {
      for (const { parts } of engine.loop.truth.instruments) {
        const onAdverse = parts.onAdverse.bind(parts);
        parts.onAdverse = (lots, before, after) => {
          const { inventory } = parts;
          onAdverse(lots, before, after);
          parts.inventory = inventory;
        };
      }
    },
  },
];

const RECOVERY: readonly BrokenEngine[] = [
  {
    name: 'doubt-never-settled',
    about: 'acks that do not come are waited for, for ever',
    caughtBy: 'unknown orders',
    seedsMax: 6,
    break: (engine) => {
      const { account } = engine.loop;
      const recover = account.recover.bind(account);
      account.recover = () => {
        if (!account.isRecovered) recover();
      };
    },
  },
  {
    name: 'tag-not-compared',
    about: 'recovery takes every open order of the account for ours',
    caughtBy: "others' orders",
    seedsMax: 6,
    break: (engine, world) => {
      const { tag } = engine.config;
      openOrdersThrough(world, (rows) =>
        rows.map((row) =>
          OUR_PLAN.test(row.clOrdId) ? row : { ...row, tag: tag!, clOrdId: `1${row.ordId.slice(-18)}` },
        ),
      );
    },
  },
  {
    name: 'leftovers-kept',
    about: 'orders of former runs are taken for somebody else’s',
    caughtBy: 'position limit',
    seedsMax: 12,
    break: (engine, world) => {
      const own = `1${String(engine.run).padStart(8, '0')}`;
      openOrdersThrough(world, (rows) =>
        rows.filter(({ clOrdId }) => !OUR_PLAN.test(clOrdId) || clOrdId.startsWith(own)),
      );
    },
  },
  {
    name: 'audits-without-pause',
    about: 'the account is audited again as soon as an audit has ended',
    caughtBy: 'message rates',
    seedsMax: 6,
    break: (engine) => {
      const onTimer = engine.onTimer.bind(engine);
      engine.onTimer = () => {
        onTimer();
        void engine.desk.runAudit();
      };
    },
  },
];

const SWITCH: readonly BrokenEngine[] = [
  {
    name: 'switch-never-armed',
    about: 'the switch is said to be armed, and the venue is never told',
    caughtBy: "dead man's switch",
    seedsMax: 6,
    break: (engine, world) => {
      const untilNs = (): number => world.clock.nowNs() + engine.config.engine.deadMansSwitchSeconds * 1e9;
      engine.deadMansSwitch.beat = () => {
        void Promise.resolve().then(() => engine.loop.onSwitchArmed(untilNs(), world.clock.nowNs()));
      };
    },
  },
  {
    name: 'switch-beats-alone',
    about: 'the loop hangs, and a thread of its own keeps the switch alive',
    caughtBy: "dead man's switch",
    seedsMax: 6,
    break: (engine) => {
      const onTimer = engine.onTimer.bind(engine);
      let timers = 0;
      engine.onTimer = () => {
        if (++timers < HANGS_AFTER) onTimer();
        else if (timers % BEAT_TIMERS === 0) engine.deadMansSwitch.beat();
        if (timers !== HANGS_AFTER) return;
        engine.onFrame = () => undefined;
        engine.onQuotes = () => undefined;
        engine.loop.onSwitchArmed = () => undefined;
        engine.loop.onAudited = () => undefined;
        engine.loop.onRecovered = () => undefined;
      };
    },
  },
  {
    name: 'switch-too-slow',
    about: 'the venue is asked to wait for longer than is configured',
    caughtBy: "dead man's switch",
    seedsMax: 12,
    break: (_engine, world) => {
      const { account } = world;
      const cancelAllAfter = account.cancelAllAfter.bind(account);
      account.cancelAllAfter = (seconds, tag) => cancelAllAfter(seconds === 0 ? 0 : 120, tag);
    },
  },
  {
    name: 'switch-for-all',
    about: 'the switch is asked for without our tag, and would take every order of the account',
    caughtBy: 'own marks',
    seedsMax: 6,
    break: (_engine, world) => {
      const { account } = world;
      const cancelAllAfter = account.cancelAllAfter.bind(account);
      account.cancelAllAfter = (seconds) => cancelAllAfter(seconds, '');
    },
  },
];

const STATE: readonly BrokenEngine[] = [
  {
    name: 'kill-forgotten',
    about: 'what an operator must take back is not taken up after a restart',
    caughtBy: 'state survives',
    seedsMax: 8,
    break: (engine) => engine.loop.ladder.resume(),
  },
  {
    name: 'acknowledged-unsaved',
    about: 'an operator is told that it is done before it is on disk',
    caughtBy: 'state survives',
    seedsMax: 12,
    break: (engine) => {
      const request = engine.request.bind(engine);
      engine.keeper.save = () => Promise.resolve(true);
      // What is asked for at once waits until it is looked at again, up to a second later.
      engine.request = (what, instrument) => {
        if (what !== LoopRequest.save) request(what, instrument);
      };
    },
  },
  {
    name: 'names-repeated',
    about: 'a slot of the order table is used again without counting its generation',
    caughtBy: 'own marks',
    seedsMax: 12,
    break: (engine) => {
      const { table } = engine.loop;
      const open = table.open.bind(table);
      table.open = (instrument, side, ticks, lots, nowNs) => {
        const slot = open(instrument, side, ticks, lots, nowNs);
        if (slot !== NO_ORDER) table.generation[slot] = 1;
        return slot;
      };
    },
  },
  {
    name: 'stp-forgotten',
    about: 'orders leave without self-trade prevention',
    caughtBy: 'own marks',
    seedsMax: 6,
    break: (_engine, world) => {
      const send = world.send.bind(world);
      world.send = (connection, bytes, length) => {
        if (connection !== Connection.trade) return send(connection, bytes, length);
        const text = Buffer.from(bytes.subarray(0, length)).toString('latin1');
        const changed = Buffer.from(text.replaceAll(',"stpMode":"cancel_maker"', ''), 'latin1');
        return send(connection, changed, changed.length);
      };
    },
  },
];

const STOPS: readonly BrokenEngine[] = [
  {
    name: 'stop-never-placed',
    about: 'a stop is taken to wait at the venue, and was never sent there',
    caughtBy: 'protection',
    seedFrom: 405,
    seedsMax: 10,
    break: (_engine, { account }) => {
      account.placeAlgo = (body) =>
        Promise.resolve({
          algoId: '1',
          algoClOrdId: String(body['algoClOrdId']),
          tag: String(body['tag']),
          sCode: '0',
          sMsg: '',
        });
    },
  },
  {
    name: 'stop-forgotten',
    about: 'what waits at the venue is forgotten whenever its list is read, and placed again',
    caughtBy: 'protection',
    seedFrom: 405,
    seedsMax: 10,
    break: ({ algos }) => {
      algos.protection.reconcile = () => {
        for (const keeper of algos.protection.keepers) keeper.row = null;
        return Promise.resolve();
      };
    },
  },
];

const TAGS: readonly BrokenEngine[] = [
  {
    name: 'tag-left-out',
    about: 'one order of a message leaves without the tag',
    caughtBy: 'own marks',
    seedsMax: 6,
    break: (engine, world) => {
      const tag = `"tag":"${engine.tag}",`;
      const send = world.send.bind(world);
      world.send = (connection, bytes, length) => {
        if (connection !== Connection.trade) return send(connection, bytes, length);
        const text = Buffer.from(bytes.subarray(0, length)).toString('latin1');
        const changed = Buffer.from(text.replace(tag, ''), 'latin1');
        return send(connection, changed, changed.length);
      };
    },
  },
  {
    name: 'tag-not-looked-at',
    about: 'nobody looks at what the venue gives back of the tag',
    caughtBy: 'tags',
    seedFrom: 400,
    seedsMax: 24,
    break: (engine) => {
      engine.loop.kill.tags.onMismatch = () => undefined;
    },
  },
];

export const BROKEN_ENGINES: readonly BrokenEngine[] = [
  ...RISK,
  ...BOOKS,
  ...MONEY,
  ...TRUTH,
  ...RECOVERY,
  ...SWITCH,
  ...STATE,
  ...STOPS,
  ...TAGS,
];
