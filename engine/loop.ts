/**
 * The core: what comes in, and what goes out because of it. One thread, no clock, no socket, no chance: the same inputs
 * give the same sends, byte for byte.
 *
 *     inputs    publicFrame, privateFrame, tradeFrame           a frame; its receive time is in `inputNs`
 *               quotes                                          a quote slot changed
 *               onTimer                                         every few ms, with both clocks
 *               onSessionUp, onSessionDown, onSessionSwitched, onWorkerLost, onWorkerReady
 *               onRecovered, onAudited, onBookSnapshot, onSwitchArmed     answers to requests
 *               onClock, onStateOverdue, onAccountRefused, onRateLimit    what was measured and asked beside
 *               command, stop, halt, pause, onBroken            the operator, and what ends or holds a run
 *               configure                                       parameters that changed while it runs
 *               restore                                         before all else: what the run before has written down
 *     outputs   send(connection, bytes), request(what)
 *
 * A frame does not send an order. It changes the book and publishes it; at the end of each input the turn compares what
 * is wanted with what lives, instrument by instrument, and sends it in as few messages as OKX allows.
 *
 * Owner:      the engine thread.
 * Invariants: an instrument is quoted only while every session is up, the account is recovered, the dead man's switch is
 *             armed, its kill level allows it, its book is synced, fresh, two-sided and uncrossed, and its worker keeps up;
 *             whatever is missing, its orders are withdrawn first; all of it comes back by itself but for what waits for the
 *             operator. A heartbeat is asked for only by a timer's turn that came to its end.
 * Cost:       a depth frame that moves nothing of ours is decode, book, publish and two comparisons; nothing allocates.
 */
import type { Instrument } from './base/instrument.ts';
import { PositionSide } from './base/position-side.ts';
import { NS_PER_MS, NS_PER_SECOND } from './base/units.ts';
import type { Milliseconds, Nanoseconds } from './base/units.ts';
import type { QuoteBell } from './handoff/doorbell.ts';
import type { LoopAccount } from './loop/loop-account.ts';
import { PathSignal } from './loop/loop-answers.ts';
import type { LoopAnswers } from './loop/loop-answers.ts';
import type { LoopBooks } from './loop/loop-books.ts';
import type { LoopCommands } from './loop/loop-commands.ts';
import type { LoopConfiguration, ParameterChange } from './loop/loop-configuration.ts';
import type { LoopExplain } from './loop/loop-explain.ts';
import type { LoopFills } from './loop/loop-fills.ts';
import type { LoopFlatten } from './loop/loop-flatten.ts';
import type { LoopFlow } from './loop/loop-flow.ts';
import type { LoopGroups } from './loop/loop-groups.ts';
import type { LoopHedge } from './loop/loop-hedge.ts';
import type { LoopKill } from './loop/loop-kill.ts';
import type { LoopLegs } from './loop/loop-legs.ts';
import type { LoopMmp } from './loop/loop-mmp.ts';
import type { LoopMarket } from './loop/loop-market.ts';
import { beginLedger, restoreMemory } from './loop/loop-memory.ts';
import type { LoopMetrics } from './loop/loop-metrics.ts';
import type { LoopOperator } from './loop/loop-operator.ts';
import { Connection, LoopRequest } from './loop/loop-options.ts';
import type {
  AuditedAccount,
  CommandResult,
  LoopMemory,
  LoopOptions,
  OperatorCommand,
  PositionFact,
  RecoveredAccount,
} from './loop/loop-options.ts';
import { buildLoop } from './loop/loop-parts.ts';
import type { LoopPushes } from './loop/loop-pushes.ts';
import type { LoopQueues } from './loop/loop-queues.ts';
import type { LoopQuoting } from './loop/loop-quoting.ts';
import type { LoopState } from './loop/loop-state.ts';
import type { LoopTruth } from './loop/loop-truth.ts';
import type { WantedLadder } from './loop/loop-wanted.ts';
import type { LoopUnderlyings } from './loop/loop-underlyings.ts';
import { FrameKind, PushChannel, frameKind, pushChannel } from './okx/frame-kind.ts';
import { CommandBatch } from './orders/command-batch.ts';
import { NO_ORDER } from './orders/order-table.ts';
import type { OrderTable } from './orders/order-table.ts';
import type { PositionLedger } from './orders/position-ledger.ts';
import type { TradeLog } from './orders/trade-log.ts';
import type { Gate } from './risk/gate.ts';
import { TagSource } from './metrics/catalog.ts';
import { ACCOUNT, KillLevel, KillTrigger } from './risk/kill-ladder.ts';
import type { KillLadder } from './risk/kill-ladder.ts';
import type { LossWatch } from './risk/loss-watch.ts';
import type { Throttle } from './risk/throttle.ts';

/**
 * An account that is not recovered for longer than this is out of our hands: what rests there may be heard by nobody. From
 * then on the switch is armed only so often that it fires in between, so long after the beat before at the latest.
 */
const OUT_OF_HAND_NS = 5 * NS_PER_SECOND;
const FIRED_NS = 5 * NS_PER_SECOND;

/** Where the engine stands, as a whole. How far it may go while it quotes is the kill ladder's. */
export const LoopPhase = { starting: 0, recovering: 1, quoting: 2, halted: 3, stopping: 4 } as const;
export type LoopPhase = (typeof LoopPhase)[keyof typeof LoopPhase];

export class Loop {
  readonly instruments: readonly Instrument[];
  /**
   * When the input that is handed in next was received: one cell, written before `publicFrame`, `privateFrame`, `tradeFrame`
   * and `quotes`. The same inputs with their time as an argument, which is boxed on its way, are for who is in no hurry.
   */
  readonly inputNs: Float64Array;
  /** The venue's wall clock, one cell, written before `timer`. */
  readonly venueMs = new Float64Array(1);
  readonly table: OrderTable;
  readonly ledger: PositionLedger;
  readonly legs: LoopLegs;
  /** Which trades are in the ledger. */
  readonly tradeLog: TradeLog;
  readonly ladder: KillLadder;
  readonly gate: Gate;
  readonly throttle: Throttle;
  readonly metrics: LoopMetrics;
  readonly market: LoopMarket;
  readonly commands: LoopCommands;
  readonly fills: LoopFills;
  readonly truth: LoopTruth;
  readonly kill: LoopKill;
  readonly account: LoopAccount;
  readonly groups: LoopGroups;
  readonly hedge: LoopHedge;
  readonly mmp: LoopMmp;
  readonly underlyings: LoopUnderlyings;
  readonly flatten: LoopFlatten;
  readonly operator: LoopOperator;
  readonly configuration: LoopConfiguration;

  readonly #options: LoopOptions;
  readonly #state: LoopState;
  readonly #queues: LoopQueues;
  readonly #quoting: LoopQuoting;
  readonly #explain: LoopExplain;
  readonly #books: LoopBooks;
  readonly #flow: LoopFlow;
  readonly #answers: LoopAnswers;
  readonly #pushes: LoopPushes;
  readonly #batch: CommandBatch;
  #heartbeatNs: Nanoseconds = -Infinity;
  /** The last timer at which the account was recovered. */
  #inHandNs: Nanoseconds = -Infinity;
  /** The last timer; what comes too long after it was held up with the thread, and tells of a market that is gone. */
  #timerNs: Nanoseconds = -Infinity;
  /** Whether anything might be wanted at all when instruments were last compared. */
  #wasQuoting = false;

  constructor(options: LoopOptions) {
    const parts = buildLoop(options);
    this.#options = options;
    this.#state = parts.state;
    this.instruments = options.instruments;
    this.inputNs = parts.state.input;
    this.table = parts.table;
    this.ledger = parts.ledger;
    this.legs = parts.legs;
    this.tradeLog = parts.tradeLog;
    this.ladder = parts.ladder;
    this.gate = parts.gate;
    this.throttle = parts.throttle;
    this.metrics = parts.metrics;
    this.market = parts.market;
    this.commands = parts.commands;
    this.fills = parts.fills;
    this.truth = parts.truth;
    this.kill = parts.kill;
    this.account = parts.account;
    this.groups = parts.groups;
    this.hedge = parts.hedge;
    this.mmp = parts.mmp;
    this.underlyings = parts.underlyings;
    this.flatten = parts.flatten;
    this.operator = parts.operator;
    this.configuration = parts.configuration;
    this.#queues = parts.queues;
    this.#quoting = parts.quoting;
    this.#explain = parts.explain;
    this.#books = parts.books;
    this.#flow = parts.flow;
    this.#answers = parts.answers;
    this.#pushes = parts.pushes;
    this.#batch = new CommandBatch(parts.table.capacity);
  }

  // ---------------------------------------------------------------------------------------------------- state

  /** The venue's mark price in ticks, or the middle of the book while it tells none; 0 when neither is known. */
  priceTicks(instrument: number): number {
    const mark = this.#state.markTicks[instrument]!;
    return mark > 0 ? mark : this.gate.markTicks(instrument);
  }

  get phase(): LoopPhase {
    if (this.#state.isStopping) return LoopPhase.stopping;
    if (this.ladder.isHalted) return LoopPhase.halted;
    if (!this.#state.isEverySessionUp) return LoopPhase.starting;
    return this.account.isRecovered ? LoopPhase.quoting : LoopPhase.recovering;
  }

  /** What the names of this run's orders begin with: the tag, or "" where they are digits alone. */
  get idTag(): string {
    return this.#options.prefixesIds === true ? this.#options.tag : '';
  }

  /** Orders that rest at the venue, or may. */
  get openOrders(): number {
    return this.table.openTotal;
  }

  get quoteBell(): QuoteBell {
    return this.#quoting.bell;
  }

  /** What each instrument's worker wants, as the guard has left it. */
  get wanted(): readonly WantedLadder[] {
    return this.#quoting.wanted;
  }

  /** What became of orders that lay beyond the tolerance from what is wanted (LoopQuoting). */
  get requoteCounts(): Float64Array {
    return this.#quoting.requoteCounts;
  }

  get lossWatch(): LossWatch {
    return this.kill.loss;
  }

  /** Profit since the start in the account's currency, marked at the middle of the books. */
  netProfit(): number {
    return this.kill.netProfit();
  }

  /**
   * How an instrument's levels stand, and why (StandingField), into `out`. Not an input: it changes nothing.
   *
   * @param quoter the newest row of its quoter (ExplainField), NaN while there is none
   */
  explain(instrument: number, quoter: Float64Array, out: Float64Array): void {
    const isHeldUp = this.#state.nowNs - this.#timerNs > this.kill.heldUp[0]!;
    this.#explain.fill(instrument, quoter, isHeldUp, out);
  }

  // -------------------------------------------------------------------------------------------- input: frames

  onPublicFrame(bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    this.inputNs[0] = recvNs;
    this.publicFrame(bytes, start, end);
  }

  onPrivateFrame(bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    this.inputNs[0] = recvNs;
    this.privateFrame(bytes, start, end);
  }

  onTradeFrame(bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    this.inputNs[0] = recvNs;
    this.tradeFrame(bytes, start, end);
  }

  /** @hot A frame of a public connection, received at `inputNs`. */
  publicFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#state.advance();
    this.metrics.received(Connection.public, end - start);
    this.metrics.begin();
    if (!this.#books.onFrame(bytes, start, end) && !this.#flow.onFrame(bytes, start, end)) {
      this.#pushes.onPush(Connection.public, bytes, start, end);
    }
    this.#turn();
  }

  /** @hot A frame of the private connection, received at `inputNs`. */
  privateFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#state.advance();
    this.metrics.received(Connection.private, end - start);
    this.metrics.begin();
    const isOrders =
      frameKind(bytes, start, end) === FrameKind.push &&
      pushChannel(bytes, start, end) === PushChannel.orders;
    this.#onSignal(
      isOrders
        ? this.fills.onUpdates(bytes, start, end)
        : this.#pushes.onPush(Connection.private, bytes, start, end),
      true,
    );
    if (isOrders) this.metrics.decoded(Connection.private);
    this.#turn();
  }

  /** @hot A frame of the trade connection, received at `inputNs`. */
  tradeFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#state.advance();
    this.metrics.received(Connection.trade, end - start);
    const kind = frameKind(bytes, start, end);
    if (kind === FrameKind.ack) this.#onSignal(this.#answers.onAck(bytes, start, end));
    else if (kind === FrameKind.event) this.#onSignal(this.#answers.onErrorEvent(bytes, start, end));
    else this.#pushes.onPush(Connection.trade, bytes, start, end);
    this.#turn();
  }

  /** @hot What the order path learnt: positions and own orders changed, so the workers' markets did. */
  #onSignal(signal: PathSignal, isNews = false): void {
    if (signal === PathSignal.none) return;
    this.#publishTouched();
    if (signal !== PathSignal.doubt) return;
    // A push tells of what has happened just now; a refused command is about orders that a recovery cancels anyway.
    if (isNews) this.account.doubt();
    else this.account.recover();
  }

  /** An order of ours that came, moved or went shows or hides what others rest there: that moves the fair price too. */
  #publishTouched(): void {
    const { touched, dirty } = this.#state;
    this.groups.onPositions();
    for (let instrument = touched.take(0); instrument !== -1; instrument = touched.take(instrument + 1)) {
      dirty.add(instrument);
      this.#quoting.republish(instrument);
      this.#quoting.guard(instrument);
    }
  }

  // ---------------------------------------------------------------------------------- input: quotes and timer

  onQuotes(nowNs: Nanoseconds): void {
    this.inputNs[0] = nowNs;
    this.quotes();
  }

  /** @hot Quote slots changed, heard at `inputNs`. */
  quotes(): void {
    this.#state.advance();
    this.#quoting.takeQuotes();
    this.#turn();
  }

  /**
   * The time, every few milliseconds: nothing here happens at any other moment.
   *
   * @param venueMs the venue's wall clock, as this machine's and the measured offset give it
   */
  onTimer(nowNs: Nanoseconds, venueMs: Milliseconds): void {
    this.inputNs[0] = nowNs;
    this.venueMs[0] = venueMs;
    this.timer();
  }

  /** The same, at `inputNs` and `venueMs`. */
  timer(): void {
    const state = this.#state;
    const nowNs = this.inputNs[0]!;
    state.advance();
    state.venueEpochMs = this.venueMs[0]! - nowNs / NS_PER_MS;
    this.#timerNs = nowNs;
    this.kill.onTimer(this.market.fairTicks, state);
    this.gate.settle();
    if (this.groups.onTimer()) this.#publishTouched();
    if (this.#answers.expire() > 0) this.account.recover();
    if (this.table.doubtCount > 0 && this.#isDoubtOld()) this.account.recover();
    this.#pushes.onTimer();
    this.#flow.onTimer();
    this.#queues.onTimer();
    this.#quoting.checkAges();
    this.#books.checkAges();
    this.account.onTimer();
    this.flatten.onTimer(this.account.isRecovered);
    if (this.hedge.isOn || this.hedge.mayHold) this.hedge.onTimer(this.#isQuoting);
    this.truth.onTimer();
    this.#compareDue();
    this.#turn();
    this.metrics.count();
    this.#beat();
  }

  /**
   * The proof that a whole turn ran: one that throws never comes here, and the venue's switch then fires. So it does where
   * cancels by session and by REST have not brought the account back: then it is the last road. Armed once more after that,
   * it also takes what arrives late.
   */
  #beat(): void {
    const { timings, output } = this.#options;
    const nowNs = this.#timerNs;
    if (timings.switchNs === 0) return;
    if (this.account.isRecovered) this.#inHandNs = nowNs;
    const isInHand = nowNs - this.#inHandNs <= OUT_OF_HAND_NS;
    const periodNs = isInHand ? timings.heartbeatNs : timings.switchNs + FIRED_NS;
    if (nowNs - this.#heartbeatNs < periodNs) return;
    this.#heartbeatNs = nowNs;
    output.request(LoopRequest.heartbeat, -1);
  }

  /** Whether an order has been in doubt for longer than its last update may take. */
  #isDoubtOld(): boolean {
    const { table } = this;
    const nowNs = this.#timerNs;
    for (let slot = table.nextInDoubt(0); slot !== NO_ORDER; slot = table.nextInDoubt(slot + 1)) {
      if (nowNs - table.sentNs[slot]! > this.configuration.parameters.timings.ackTimeoutNs) return true;
    }
    return false;
  }

  // ------------------------------------------------------------------------------- input: sessions and workers

  onSessionUp(connection: Connection, nowNs: Nanoseconds): void {
    const state = this.#state;
    state.advanceTo(nowNs);
    state.isUp[connection] = 1;
    if (connection === Connection.private) this.account.onPrivateUp();
    if (connection === Connection.public) {
      this.#books.onUp(nowNs);
      this.#pushes.onPublicUp();
    } else if (state.isAccountUp) this.account.recover();
    this.#turn();
  }

  /** Pushes come from another socket from now on: what the one before had not told yet is asked for. */
  onSessionSwitched(connection: Connection, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    if (connection === Connection.private) this.account.auditBy(nowNs);
    this.#turn();
  }

  /** Its books are broken, or its answers will not come: everything is withdrawn by the roads that are open. */
  onSessionDown(connection: Connection, nowNs: Nanoseconds): void {
    const state = this.#state;
    state.advanceTo(nowNs);
    state.isUp[connection] = 0;
    if (connection === Connection.public) {
      this.#books.onDown();
      this.#pushes.onPublicDown();
    } else {
      if (connection === Connection.trade) this.#answers.onTradeLost();
      else this.#pushes.onPrivateDown();
      this.account.onSessionLost();
    }
    this.#turn();
  }

  /** The worker's quotes are void, and none is taken until its successor is ready. */
  onWorkerLost(instruments: readonly number[], nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    for (const instrument of instruments) this.#quoting.onWorkerLost(instrument);
    this.#turn();
  }

  onWorkerReady(instruments: readonly number[], nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    for (const instrument of instruments) this.#quoting.onWorkerReady(instrument);
    this.#turn();
  }

  // ---------------------------------------------------------------------------------- input: answers, operator

  /**
   * What the run before has written down. Before any other input.
   *
   * @throws LedgerError when a position cannot be counted in the lots that its instrument has now
   */
  restore(memory: LoopMemory): void {
    const { ledger, tradeLog, ladder, lossWatch } = this;
    restoreMemory({ ledger, trades: tradeLog, ladder, loss: lossWatch }, memory);
    this.hedge.restore(memory.hedges ?? []);
    this.truth.onRestored();
  }

  /**
   * Nothing of ours is left at the venue, and this is what was traded and what is held. Ignored when a session was lost in
   * between.
   */
  onRecovered(account: RecoveredAccount, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    if (account.begins !== undefined) {
      beginLedger({ ledger: this.ledger, trades: this.tradeLog }, account, account.begins);
    }
    if (this.account.onRecovered(account, nowNs)) {
      // The positions channel never tells of one that was closed while nobody heard.
      for (const fact of account.positions) this.#tellMargin(fact);
      this.groups.onPositions();
      for (const { index } of this.instruments) {
        this.#state.dirty.add(index);
        this.#quoting.republish(index);
      }
    }
    this.#turn();
  }

  #tellMargin({ instrument, lots, longLots, shortLots }: PositionFact): void {
    const { margin } = this.kill;
    const isLegged = longLots !== undefined && shortLots !== undefined;
    margin.onPosition(instrument, isLegged ? 0 : lots, NaN);
    margin.onPosition(instrument, longLots ?? 0, NaN, PositionSide.long);
    margin.onPosition(instrument, -(shortLots ?? 0), NaN, PositionSide.short);
  }

  /** What the venue has, answered to a request: compared with what is known here. */
  onAudited(account: AuditedAccount, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.account.onAudited(account, nowNs);
    this.#publishTouched();
    this.#turn();
  }

  /** A book by REST, for a feed that sends no snapshot. */
  onBookSnapshot(instrument: number, text: string, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.#books.onSnapshot(instrument, text, nowNs);
    this.#turn();
  }

  /** The venue's clock less ours, as it was measured just now, and within which bound that is right. */
  onClock(offsetMs: Milliseconds, errorMs: Milliseconds, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.kill.health.onClock(offsetMs, errorMs);
    this.#turn();
  }

  /** The venue has taken a heartbeat: its dead man's switch fires at `untilNs` at the earliest. */
  onSwitchArmed(untilNs: Nanoseconds, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.kill.health.onSwitch(untilNs);
    this.#turn();
  }

  /** Whether the state has waited for the disk for longer than it may; acted on with the next timer. */
  onStateOverdue(isOverdue: boolean, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    if (isOverdue) this.ladder.raise(KillTrigger.stateUnsaved, KillLevel.paused, ACCOUNT);
    else this.ladder.clear(KillTrigger.stateUnsaved, ACCOUNT);
  }

  /** The venue takes so many places and amends of this sub-account in two seconds. */
  onRateLimit(ordersMax: number, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.throttle.setAccountMax(ordersMax);
  }

  /** The account's mode is no longer the one that the engine was started with: what it sends may mean something else now. */
  onAccountRefused(nowNs: Nanoseconds): void {
    this.halt(KillTrigger.accountChanged, nowNs);
  }

  /** The operator's word. */
  command(command: OperatorCommand, nowNs: Nanoseconds): CommandResult {
    this.#state.advanceTo(nowNs);
    if (this.#state.isStopping) return { isDone: false, text: 'the engine is stopping' };
    const result = this.operator.command(command);
    this.#turn();
    return result;
  }

  /**
   * Parameters that are others from here on, all of them or none: `isDone` false says why, and then all is as it was. Quotes
   * by the former ones are void from this turn on.
   */
  configure(change: ParameterChange, nowNs: Nanoseconds): CommandResult {
    this.#state.advanceTo(nowNs);
    if (this.#state.isStopping) return { isDone: false, text: 'the engine is stopping' };
    const result = this.configuration.configure(change);
    this.#turn();
    return result;
  }

  /** Withdraws everything for good; the process ends when no order is left. */
  stop(nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.#state.isStopping = true;
    this.#state.dirty.addAll();
    this.#turn();
    this.truth.onStop();
  }

  /** A rule of the engine did not hold, perhaps in here: a restart must know of it, and nothing more is done. */
  onBroken(): void {
    this.ladder.raise(KillTrigger.invariant, KillLevel.halted, ACCOUNT);
  }

  /** Cancels everything and stays so, until an operator says otherwise. */
  halt(trigger: KillTrigger, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    this.ladder.raise(trigger, KillLevel.halted, ACCOUNT);
    this.#turn();
  }

  /** Cancels everything and quotes no more, until an operator says otherwise: for what was found beside the core. */
  pause(trigger: KillTrigger, nowNs: Nanoseconds): void {
    this.#state.advanceTo(nowNs);
    if (trigger === KillTrigger.tagMismatch) this.kill.tags.onMismatch(TagSource.algo);
    else this.ladder.raise(trigger, KillLevel.paused, ACCOUNT);
    this.#turn();
  }

  // ----------------------------------------------------------------------------------------------------- turn

  /** @hot Whether anything may be wanted at all; what is wanted of each instrument is another question. */
  get #isQuoting(): boolean {
    const state = this.#state;
    return (
      this.account.isRecovered &&
      !state.isStopping &&
      state.isEverySessionUp &&
      !(state.now[0]! - this.#timerNs > this.kill.heldUp[0]!) &&
      this.kill.isArmed(state.now)
    );
  }

  /** What was held back by a budget or a rest is asked for again; where nothing was, nothing would be. */
  #compareDue(): void {
    const { dirty, isDue } = this.#state;
    const isOther = this.#isQuoting !== this.#wasQuoting;
    for (let instrument = 0; instrument < isDue.length; instrument++) {
      if (isOther || isDue[instrument] === 1) dirty.add(instrument);
    }
  }

  /** @hot What was found in this input is compared, and sends. */
  #compareDirty(): void {
    const { dirty, isDue } = this.#state;
    const isQuoting = this.#isQuoting;
    if (isQuoting !== this.#wasQuoting) {
      this.#wasQuoting = isQuoting;
      isDue.fill(1);
    }
    const batch = this.#batch;
    batch.clear();
    for (let instrument = dirty.take(0); instrument !== -1; instrument = dirty.take(instrument + 1)) {
      if (this.flatten.isClosing(instrument)) isDue[instrument] = 1;
      else this.#quoting.compare(instrument, isQuoting, batch);
    }
    this.hedge.compare(isQuoting, batch);
    this.commands.send(batch);
  }

  /** @hot The end of every input: sends what follows from it for the instruments that something happened to. */
  #turn(): void {
    const state = this.#state;
    this.metrics.turn();
    if (this.kill.hasChanged()) {
      state.dirty.addAll();
      this.#options.output.request(LoopRequest.save, -1);
    }
    const isAsked = !state.dirty.isEmpty || this.hedge.mayHold;
    if (isAsked && state.isUp[Connection.trade] === 1) this.#compareDirty();
    this.#books.flush();
    this.metrics.end();
  }
}
