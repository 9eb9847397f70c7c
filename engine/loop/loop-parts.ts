/**
 * What the loop is made of, put together in one place.
 *
 * Owner:      the engine thread.
 * Invariants: each part is given what it reads and writes, and knows nothing else; nothing in here runs after the start.
 * Cost:       once.
 */
import type { Instrument } from '../base/instrument.ts';
import { IndexSet } from '../base/index-set.ts';
import { PositionMode } from '../base/position-side.ts';
import { NS_PER_MS } from '../base/units.ts';
import { FlowStatistics } from '../flow/flow-statistics.ts';
import { LoopAccount } from './loop-account.ts';
import { LoopAnswers, REQUESTS_IN_FLIGHT_MAX } from './loop-answers.ts';
import { LoopBooks } from './loop-books.ts';
import { LoopCommands } from './loop-commands.ts';
import { LoopConfiguration } from './loop-configuration.ts';
import type { ConfiguredRoom } from './loop-configuration.ts';
import { LoopExplain } from './loop-explain.ts';
import { LoopFills } from './loop-fills.ts';
import { LoopFlatten } from './loop-flatten.ts';
import { LoopFlow } from './loop-flow.ts';
import { LoopFunding } from './loop-funding.ts';
import { LoopGroups } from './loop-groups.ts';
import { LoopHedge } from './loop-hedge.ts';
import { LoopInstruments } from './loop-instruments.ts';
import { LoopKill } from './loop-kill.ts';
import { LoopLegs } from './loop-legs.ts';
import { LoopMarket } from './loop-market.ts';
import { LoopMmp } from './loop-mmp.ts';
import { LoopMetrics } from './loop-metrics.ts';
import { LoopOperator } from './loop-operator.ts';
import type { LoopOptions } from './loop-options.ts';
import { LoopPushes } from './loop-pushes.ts';
import { LoopQueues } from './loop-queues.ts';
import { LoopQuoting } from './loop-quoting.ts';
import { LoopRests } from './loop-rests.ts';
import { LoopState } from './loop-state.ts';
import { LoopTruth } from './loop-truth.ts';
import { LoopUnderlyings } from './loop-underlyings.ts';
import {
  BATCH_ORDERS_PER_WINDOW,
  ORDER_WINDOW_MS,
  SINGLE_REQUESTS_PER_WINDOW,
  SUB_ACCOUNT_ORDERS_PER_WINDOW,
} from '../okx/venue-limits.ts';
import { Fills } from '../orders/fills.ts';
import { OrderTable } from '../orders/order-table.ts';
import { PositionLedger } from '../orders/position-ledger.ts';
import { QueueWatch } from '../orders/queue-watch.ts';
import { RequestLog } from '../orders/request-log.ts';
import { TradeLog } from '../orders/trade-log.ts';
import { Gate } from '../risk/gate.ts';
import { KillLadder } from '../risk/kill-ladder.ts';
import { Throttle } from '../risk/throttle.ts';

/** Rows of the order table: OKX's open orders of an account are 4,000; an engine of 100 instruments wants 2,000. */
const SLOTS_MIN = 256;
const SLOTS_MAX = 10_000;
/** Trades remembered: many times what comes between two audits. */
const TRADES_MAX = 65_536;
/** The venue counts in windows of 2 s; ours are longer by what messages may bunch up on the way. */
const WINDOW_MARGIN_NS = 50 * NS_PER_MS;
/** Cancels kept back for what rests: enough to take out two full ladders of an instrument at once. */
const CANCEL_RESERVE_SINGLE = 10;
const CANCEL_RESERVE_BATCH = 60;

export interface LoopParts {
  readonly state: LoopState;
  readonly table: OrderTable;
  readonly ledger: PositionLedger;
  readonly legs: LoopLegs;
  readonly tradeLog: TradeLog;
  readonly ladder: KillLadder;
  readonly gate: Gate;
  readonly throttle: Throttle;
  readonly metrics: LoopMetrics;
  readonly market: LoopMarket;
  readonly kill: LoopKill;
  readonly commands: LoopCommands;
  readonly answers: LoopAnswers;
  readonly truth: LoopTruth;
  readonly fills: LoopFills;
  readonly queues: LoopQueues;
  readonly quoting: LoopQuoting;
  readonly books: LoopBooks;
  readonly flow: LoopFlow;
  readonly account: LoopAccount;
  readonly groups: LoopGroups;
  readonly hedge: LoopHedge;
  readonly flatten: LoopFlatten;
  readonly operator: LoopOperator;
  readonly pushes: LoopPushes;
  readonly configuration: LoopConfiguration;
  readonly explain: LoopExplain;
  readonly underlyings: LoopUnderlyings;
  readonly mmp: LoopMmp;
}

export function buildLoop(options: LoopOptions): LoopParts {
  const { instruments, handoff } = options;
  const count = instruments.length;
  const slots = Math.min(SLOTS_MAX, Math.max(SLOTS_MIN, count * handoff.quoteLevels * 4));
  const state = new LoopState(count);
  // What the gate adds up is written by both.
  const changed = new IndexSet(count);
  const table = new OrderTable(count, slots, changed, state.isDue);
  const ledger = new PositionLedger(instruments, changed);
  const tradeLog = new TradeLog(TRADES_MAX);
  const ladder = new KillLadder(instruments);
  const metrics = new LoopMetrics(options.metrics, options.stageClock, state.input);
  const gate = gateOf(options, table, ledger, ladder);
  const throttle = throttleOf(instruments);
  const rests = new LoopRests(count, slots);
  const requests = new RequestLog(REQUESTS_IN_FLIGHT_MAX);
  const legs = new LoopLegs(instruments, options.positionMode ?? PositionMode.net, table, ledger);
  const underlyings = new LoopUnderlyings(instruments, state, gate);
  const path = { table, gate, throttle, requests, rests, metrics, legs, underlyings };
  const statistics = new FlowStatistics(count, options.flowMemorySeconds);
  const market = new LoopMarket(options, state, { table, flow: statistics });
  const watch = new QueueWatch(table);
  const flow = new LoopFlow(options, state, { flow: statistics, market, table, queues: watch, metrics });
  const kill = new LoopKill(options, ladder, ledger, gate);
  const commands = new LoopCommands(options, state, path, kill.orderToTrade);
  const groups = new LoopGroups(options, state, { ledger, gate });
  const hedge = new LoopHedge(options, {
    state,
    table,
    ledger,
    gate,
    market,
    commands,
    ladder,
    groups,
  });
  const answers = new LoopAnswers(options, state, path, kill);
  const booking = new Fills(table, ledger, tradeLog);
  const truth = new LoopTruth(options, state, { table, ledger, market, queue: watch });
  const mmp = new LoopMmp(instruments, options.quoteKinds, rests, ladder);
  const fills = new LoopFills(options, state, {
    mmp,
    table,
    legs,
    fills: booking,
    kill,
    flow,
    rests,
    metrics,
    truth,
    hedge,
  });
  const queues = new LoopQueues(state, { table, market, queues: watch });
  const quoting = new LoopQuoting(options, state, {
    table,
    ledger,
    gate,
    market,
    commands,
    kill,
    metrics,
    queues: watch,
  });
  const books = new LoopBooks(options, state, market, quoting, metrics);
  const account = new LoopAccount(options, state, { table, ledger, gate, ladder, fills });
  const flatten = new LoopFlatten(options, state, {
    table,
    ledger,
    gate,
    market,
    commands,
    ladder,
    rests,
    legs,
  });
  const operator = new LoopOperator(instruments, kill, flatten, hedge);
  const funding = new LoopFunding(count, ledger, truth);
  const traded = new LoopInstruments(options, state, { gate, ladder, quoting, account });
  const pushes = new LoopPushes(options, state, {
    gate,
    legs,
    kill,
    fills,
    funding,
    account,
    metrics,
    traded,
    underlyings,
  });
  const gateRoom: ConfiguredRoom = { configure: ({ limits, account: all }) => gate.configure(limits, all) };
  const rooms = [gateRoom, kill, answers, quoting, books, account, groups, hedge, flatten, truth];
  const configuration = new LoopConfiguration(options, quoting, rooms);
  const explain = new LoopExplain(options, state, {
    table,
    ledger,
    gate,
    throttle,
    rests,
    market,
    commands,
    kill,
    account,
    flatten,
    quoting,
    queues: watch,
    configuration,
  });
  return {
    state,
    table,
    ledger,
    legs,
    tradeLog,
    ladder,
    gate,
    throttle,
    metrics,
    market,
    kill,
    commands,
    answers,
    truth,
    fills,
    queues,
    quoting,
    books,
    flow,
    account,
    groups,
    hedge,
    flatten,
    operator,
    pushes,
    configuration,
    explain,
    underlyings,
    mmp,
  };
}

function gateOf(options: LoopOptions, table: OrderTable, ledger: PositionLedger, ladder: KillLadder): Gate {
  const inputs = {
    positionLots: ledger.positionLots,
    entryTicks: ledger.entryTicks,
    exposureLots: table.exposureLots,
    bestTicks: table.bestTicks,
    openCounts: table.openCounts,
    openTotals: table.openTotals,
    changed: table.changed,
  };
  const { instruments, limits, account, portfolio } = options;
  return new Gate(instruments, limits, account, inputs, options.tag !== '', ladder, portfolio);
}

function throttleOf(instruments: readonly Instrument[]): Throttle {
  return new Throttle({
    instrumentCount: instruments.length,
    budgetOf: instruments.map((each) => budgetOf(each, instruments)),
    windowNs: ORDER_WINDOW_MS * NS_PER_MS,
    marginNs: WINDOW_MARGIN_NS,
    singleMax: SINGLE_REQUESTS_PER_WINDOW,
    batchMax: BATCH_ORDERS_PER_WINDOW,
    accountMax: SUB_ACCOUNT_ORDERS_PER_WINDOW,
    cancelReserveSingle: CANCEL_RESERVE_SINGLE,
    cancelReserveBatch: CANCEL_RESERVE_BATCH,
  });
}

/** The venue counts orders by instrument, those of options by family. */
function budgetOf({ index, option, instFamily }: Instrument, instruments: readonly Instrument[]): number {
  if (option === null) return index;
  return instruments.find((each) => each.option !== null && each.instFamily === instFamily)!.index;
}
