/**
 * The channels beside depth and orders: what may be traded, at which prices, how the account stands, and whether the venue
 * is open at all.
 *
 * Owner:      the engine thread.
 * Invariants: what a channel has said is forgotten when it could no longer say that it changed, so that nothing stays paused
 *             or struck by a word whose end was missed.
 * Cost:       cold: JSON, and allocates. A mark price comes five times a second and instrument at most.
 */
import { ContractKind, InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { OFF_GRID } from '../base/decimal.ts';
import { PositionSide } from '../base/position-side.ts';
import { NS_PER_SECOND, TICKS_MAX } from '../base/units.ts';
import type { Milliseconds, Ticks } from '../base/units.ts';
import { PathSignal } from './loop-answers.ts';
import type { LoopAccount } from './loop-account.ts';
import type { LoopFills } from './loop-fills.ts';
import type { LoopFunding } from './loop-funding.ts';
import type { LoopInstruments } from './loop-instruments.ts';
import type { LoopKill } from './loop-kill.ts';
import type { LoopLegs } from './loop-legs.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import type { Connection, LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { LoopUnderlyings } from './loop-underlyings.ts';
import { FrameKind, PushChannel, frameKind, pushChannel } from '../okx/frame-kind.ts';
import { indexOf } from '../okx/instrument-rows.ts';
import { isPositionOf, legOf, positionLots } from '../okx/position-size.ts';
import { decodePush } from '../okx/push-decoder.ts';
import type { Push } from '../okx/push-decoder.ts';
import type { IndexRow, MarkPriceRow, PositionRow, PriceLimitRow, StatusRow } from '../okx/push-rows.ts';
import type { Gate } from '../risk/gate.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../risk/kill-ladder.ts';

/** The venue repeats a mark price every ten seconds at least. */
const MARK_AGE_NS_MAX = 30 * NS_PER_SECOND;
/** And an index price every minute. */
const INDEX_AGE_NS_MAX = 90 * NS_PER_SECOND;
/** A maintenance is taken for over so long after its announced end, and after its last word when none was announced. */
const STATUS_GRACE_MS = 60_000;
const STATUS_AGE_MS_MAX = 30 * 60_000;
const STATUS_REPEAT_MS = 10_000;
/** A position that the venue pushes and we do not have may be ahead of its fill: an audit asks after this. */
const POSITION_AFTER_NS = 2 * NS_PER_SECOND;

/** Services whose maintenance ends trading: WebSocket, and trading itself (OKX documentation, status, read 2026-07-28). */
const SERVICES: readonly string[] = ['0', '5'];
const OVER: readonly string[] = ['completed', 'canceled'];
const DEMO_ENV = '2';
/** Among the margin ratios of currencies, the one of the account as a whole. */
const WHOLE_ACCOUNT = '';

const CHANNELS: ReadonlySet<PushChannel> = new Set([
  PushChannel.priceLimit,
  PushChannel.instruments,
  PushChannel.markPrice,
  PushChannel.indexTickers,
  PushChannel.optSummary,
  PushChannel.status,
  PushChannel.account,
  PushChannel.positions,
  PushChannel.fills,
]);

export class LoopPushes {
  readonly #options: LoopOptions;
  readonly #state: LoopState;
  readonly #gate: Gate;
  readonly #legs: LoopLegs;
  readonly #kill: LoopKill;
  readonly #fills: LoopFills;
  readonly #funding: LoopFunding;
  readonly #account: LoopAccount;
  readonly #metrics: LoopMetrics;
  readonly #traded: LoopInstruments;
  readonly #underlyings: LoopUnderlyings;
  readonly #byId: ReadonlyMap<string, Instrument>;
  /** By instrument: when its mark price was told last, and its index. */
  readonly #markHeardNs: Float64Array;
  readonly #indexHeardNs: Float64Array;
  /** Maintenances under way, by what the venue calls them: until when each is believed, by the venue's clock. */
  readonly #maintenances = new Map<string, Milliseconds>();
  /** The margin ratios that the venue tells: one of the account, or in futures mode one of each currency that is used. */
  readonly #marginRatios = new Map<string, number>();
  /** Further pages of the account's snapshot are on their way. */
  #isInSnapshot = false;

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: {
      readonly gate: Gate;
      readonly legs: LoopLegs;
      readonly kill: LoopKill;
      readonly fills: LoopFills;
      readonly funding: LoopFunding;
      readonly account: LoopAccount;
      readonly metrics: LoopMetrics;
      readonly traded: LoopInstruments;
      readonly underlyings: LoopUnderlyings;
    },
  ) {
    this.#options = options;
    this.#state = state;
    this.#gate = parts.gate;
    this.#legs = parts.legs;
    this.#kill = parts.kill;
    this.#fills = parts.fills;
    this.#funding = parts.funding;
    this.#account = parts.account;
    this.#metrics = parts.metrics;
    this.#traded = parts.traded;
    this.#underlyings = parts.underlyings;
    this.#byId = new Map(options.instruments.map((instrument) => [instrument.instId, instrument]));
    this.#markHeardNs = new Float64Array(options.instruments.length);
    this.#indexHeardNs = new Float64Array(options.instruments.length);
  }

  /** A push that is neither depth nor orders, on whatever connection it comes. */
  onPush(connection: Connection, bytes: Uint8Array, start: number, end: number): PathSignal {
    if (frameKind(bytes, start, end) !== FrameKind.push) return PathSignal.none;
    if (!CHANNELS.has(pushChannel(bytes, start, end))) return PathSignal.none;
    let push;
    try {
      push = decodePush(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
    } catch {
      this.#metrics.malformed(connection);
      return PathSignal.none;
    }
    return this.#apply(push);
  }

  #apply(push: Push): PathSignal {
    switch (push.channel) {
      case 'price-limit':
        for (const row of push.rows) this.#onPriceLimit(row);
        return PathSignal.none;
      case 'instruments':
        this.#traded.onPush(push.instruments);
        return PathSignal.none;
      case 'opt-summary':
        for (const row of push.rows) this.#underlyings.onSummary(row);
        return PathSignal.none;
      case 'mark-price':
        for (const row of push.rows) this.#onMarkPrice(row);
        return PathSignal.none;
      case 'index-tickers':
        for (const row of push.rows) this.#onIndexPrice(row);
        return PathSignal.none;
      case 'status':
        for (const row of push.rows) this.#onStatus(row);
        return PathSignal.none;
      case 'account':
        this.#onAccount(push);
        return PathSignal.none;
      case 'positions':
        for (const row of push.rows) this.#onPosition(row);
        return PathSignal.none;
      case 'fills':
        return this.#fills.onFills(push.rows);
      default:
        return PathSignal.none;
    }
  }

  // -------------------------------------------------------------------------------------------------- prices

  #onPriceLimit(row: PriceLimitRow): void {
    const instrument = this.#byId.get(row.instId);
    if (instrument === undefined) return;
    // Where a limit lies between two ticks, the one inside it counts. An empty text is 0: no limit.
    const buyMax = row.isEnabled ? ticksOf(instrument, row.buyLmt, Math.floor) : 0;
    const sellMin = row.isEnabled ? ticksOf(instrument, row.sellLmt, Math.ceil) : 0;
    const { index } = instrument;
    const buyTicksMax = buyMax > 0 && buyMax < TICKS_MAX ? buyMax : TICKS_MAX;
    this.#setPriceLimits(index, buyTicksMax, Math.min(sellMin, TICKS_MAX));
  }

  #setPriceLimits(index: number, buyTicksMax: Ticks, sellTicksMin: Ticks): void {
    this.#state.buyTicksMax[index] = buyTicksMax;
    this.#state.sellTicksMin[index] = sellTicksMin;
    this.#gate.setPriceLimits(index, buyTicksMax, sellTicksMin);
  }

  #onMarkPrice(row: MarkPriceRow): void {
    const instrument = this.#byId.get(row.instId);
    if (instrument === undefined) return;
    const ticks = Number(row.markPx) / instrument.tick.value;
    if (!(ticks > 0 && ticks < TICKS_MAX)) return;
    this.#markHeardNs[instrument.index] = this.#state.nowNs;
    this.#setMark(instrument.index, ticks);
    this.#kill.margin.onMark(instrument.index, ticks);
  }

  /** One index is that of several instruments. Nothing is published for it: quoters see it with the next market. */
  #onIndexPrice(row: IndexRow): void {
    this.#underlyings.onIndex(row);
    for (const instrument of this.#options.instruments) {
      if (indexOf(instrument) !== row.instId) continue;
      const ticks = Number(row.idxPx) / instrument.tick.value;
      if (!(ticks > 0 && ticks < TICKS_MAX)) continue;
      this.#indexHeardNs[instrument.index] = this.#state.nowNs;
      this.#state.indexTicks[instrument.index] = ticks;
    }
  }

  #setMark(index: number, ticks: number): void {
    this.#state.markTicks[index] = ticks;
    this.#gate.setMarkPrice(index, ticks);
  }

  // ------------------------------------------------------------------------------------------- how the account is

  /** A snapshot names every currency, an event those that changed. The lowest ratio of all is the account's. */
  #onAccount({ eventType, isLastPage, rows }: Extract<Push, { channel: 'account' }>): void {
    const isSnapshot = eventType === 'snapshot';
    if (isSnapshot && !this.#isInSnapshot) this.#marginRatios.clear();
    this.#isInSnapshot = isSnapshot && !isLastPage;
    for (const { mgnRatio, details } of rows) {
      this.#setMarginRatio(WHOLE_ACCOUNT, mgnRatio);
      for (const detail of details) this.#setMarginRatio(detail.ccy, detail.mgnRatio);
    }
    if (this.#isInSnapshot) return;
    const ratios = [...this.#marginRatios.values()];
    this.#kill.margin.onMarginRatio(ratios.length === 0 ? NaN : Math.min(...ratios));
  }

  #setMarginRatio(name: string, ratio: string): void {
    if (ratio === '') this.#marginRatios.delete(name);
    else this.#marginRatios.set(name, Number(ratio));
  }

  #onPosition(row: PositionRow): void {
    const instrument = this.#byId.get(row.instId);
    if (instrument === undefined || !isPositionOf(instrument, row)) return;
    const { index } = instrument;
    const leg = legOf(row);
    // A venue that names legs where there are none, or none where there are: recovery finds the account's mode changed.
    if ((leg !== PositionSide.net) !== (this.#legs.isLegged[index] === 1)) return;
    this.#funding.onTold(index, leg, row.cTimeMs, [row.fundingFee, row.liqPenalty]);
    const lots = positionLots(instrument, row);
    if (Number.isNaN(lots)) return;
    const { margin } = this.#kill;
    margin.onPosition(index, lots, Number(row.liqPx) / instrument.tick.value, leg);
    // The venue may have refused the channel of mark prices: a position has one of its own.
    if (this.#state.markTicks[index] === 0) margin.onMark(index, Number(row.markPx) / instrument.tick.value);
    if (instrument.kind === ContractKind.spot) return;
    if (lots !== this.#legs.heldLots(index, leg))
      this.#account.auditBy(this.#state.nowNs + POSITION_AFTER_NS);
  }

  // -------------------------------------------------------------------------------------------- how the venue is

  #onStatus(row: StatusRow): void {
    const isHere = row.env === '' || (row.env === DEMO_ENV) === this.#options.isDemo;
    if (!isHere || !SERVICES.includes(row.serviceType)) return;
    const name = `${row.serviceType} ${row.title} ${row.beginMs}`;
    const venueMs = this.#state.venueMs(this.#state.nowNs);
    // Announced (scheduled) is not yet begun; pre_open, which follows ongoing, takes no orders either.
    if (row.state === 'ongoing' || row.state === 'pre_open') {
      const untilMs = row.endMs > venueMs ? row.endMs + STATUS_GRACE_MS : venueMs + STATUS_AGE_MS_MAX;
      this.#maintenances.set(name, untilMs);
    } else if (OVER.includes(row.state)) this.#maintenances.delete(name);
    this.#settleStatus();
  }

  #settleStatus(): void {
    const level = this.#maintenances.size > 0 ? KillLevel.paused : KillLevel.quoting;
    this.#kill.ladder.raise(KillTrigger.venueStatus, level, ACCOUNT);
  }

  /** Words that are too old to be believed. */
  onTimer(): void {
    this.#traded.onTimer();
    const { markTicks, indexTicks, now } = this.#state;
    for (let index = 0; index < markTicks.length; index++) {
      if (markTicks[index]! > 0 && now[0]! - this.#markHeardNs[index]! > MARK_AGE_NS_MAX)
        this.#setMark(index, 0);
      if (indexTicks[index]! > 0 && now[0]! - this.#indexHeardNs[index]! > INDEX_AGE_NS_MAX)
        indexTicks[index] = 0;
    }
    if (this.#maintenances.size === 0) return;
    const venueMs = this.#state.venueMs(now[0]!);
    for (const [name, untilMs] of this.#maintenances) if (venueMs > untilMs) this.#maintenances.delete(name);
    this.#settleStatus();
  }

  /** A new subscription repeats what is under way: what it does not repeat has ended while nobody heard. */
  onPublicUp(): void {
    const untilMs = this.#state.venueMs(this.#state.nowNs) + STATUS_REPEAT_MS;
    for (const [name, believedMs] of this.#maintenances) {
      this.#maintenances.set(name, Math.min(believedMs, untilMs));
    }
  }

  /**
   * Of a pair on margin no recovery tells whether it is still held, and a new subscription names what is and nothing else.
   * Nothing is quoted before it.
   */
  onPrivateDown(): void {
    for (const { index, type } of this.#options.instruments) {
      if (type === InstrumentType.margin) this.#kill.margin.onPosition(index, 0, NaN);
    }
  }

  onPublicDown(): void {
    for (let index = 0; index < this.#markHeardNs.length; index++) {
      this.#setMark(index, 0);
      this.#state.indexTicks[index] = 0;
      this.#setPriceLimits(index, TICKS_MAX, 0);
    }
  }
}

/** A price of a cold message in ticks, rounded; 0 when it is none. */
function ticksOf(instrument: Instrument, text: string, round: (ticks: number) => number): number {
  const exact = instrument.tick.fromText(text);
  const ticks = exact === OFF_GRID ? round(Number(text) / instrument.tick.value) : exact;
  return Number.isFinite(ticks) ? ticks : 0;
}
