/**
 * Whether the venue gives the broker's tag back, asked before anything is quoted: one order of the smallest size that cannot
 * trade, looked at, and taken out again.
 *
 *     place (ack's tag) ──▶ read it back (the order's tag) ──▶ cancel by ordId ──▶ read until it is gone
 *
 * Owner:      the engine thread, at the start.
 * Invariants: before it leaves, nothing of ours rests and the dead man's switch is armed; it is post-only and far behind the
 *             best price of its own side; whatever happens, it ends only when the order is known to be gone, or says that
 *             it may rest; its name is of this run, so that a recovery would find it.
 * Cost:       some five calls.
 */
import type { Instrument } from '../base/instrument.ts';
import { InstrumentState, InstrumentType } from '../base/instrument.ts';
import { Side, sideSign } from '../base/side.ts';
import type { Milliseconds } from '../base/units.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Config, InstrumentConfig } from '../config/schema.ts';
import { GENERATION_MAX, SLOT_MAX, clientOrderIdText } from '../okx/client-order-id.ts';
import { DepthFrame, DepthResult } from '../okx/depth-frame.ts';
import { decodeRestBook } from '../okx/depth-slow-decoder.ts';
import { OrdType, OrderSide, OrderStateText, PosMode, PosSide, StpMode } from '../okx/shapes.ts';
import type { AccountConfig, OrderRow } from '../venue/account-rows.ts';
import type { PlaceRequest } from '../venue/order-calls.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { AccountPort, EngineWorld } from './engine-world.ts';
import { HostError } from './host-error.ts';
import { startError, venueName } from './startup.ts';
import { textOf } from './text-of.ts';

/** How far behind the best price: nothing comes here within a second, and no venue limits this side. */
const DISTANCE = 0.2;
/** Orders that are tried on each side before it is said that none can be placed: who holds coins alone can only sell. */
const TRIES_MAX = 3;
/** A new order is known to every machine of the venue after a second (documentation of GET /trade/order). */
const LOOKS_MAX = 10;
const LOOK_MS = 300;
/** It is refused when it is later: what was looked for in vain does not come after all. */
const EXPIRY_MS = 2_000;
const GONE_STATES: readonly string[] = [
  OrderStateText.canceled,
  OrderStateText.filled,
  OrderStateText.mmpCanceled,
];

/** What a start knows when it asks. */
export interface ProbeTerms extends Pick<
  TagProbeOptions,
  'config' | 'instruments' | 'posMode' | 'tag' | 'run' | 'positionLots'
> {
  /** Something waits for an operator. */
  readonly isHeld: boolean;
  /** Takes out what former runs have left; what is in the way of that, or ''. */
  readonly clear: () => Promise<string>;
  /** Arms the dead man's switch: an engine that dies meanwhile leaves nothing. False when the venue does not confirm. */
  readonly arm: () => Promise<boolean>;
}

interface TagProbeOptions {
  readonly account: Pick<AccountPort, 'fetchBook' | 'placeOrder' | 'fetchOrder' | 'cancelOrders'>;
  readonly config: Config;
  readonly instruments: readonly Instrument[];
  readonly posMode: AccountConfig['posMode'];
  readonly tag: string;
  readonly run: number;
  /** By instrument, as far as is known. */
  readonly positionLots: Float64Array;
  readonly venueMs: () => Milliseconds;
  readonly waitMs: (ms: Milliseconds) => Promise<void>;
}

/** What came of it, in words; `isProven` false where the account could place no order that would show it. */
export interface TagProof {
  readonly isProven: boolean;
  readonly text: string;
}

/**
 * Undefined where the configuration does not ask for it, or where something waits for an operator: then no order may leave.
 *
 * @throws HostError TAG_REFUSED when the venue gives another tag back or none, or when the account trades live and can place
 *   nothing to show it with; VENUE_UNREACHABLE when it does not answer
 */
export async function proveTag(world: EngineWorld, options: ProbeTerms): Promise<TagProof | undefined> {
  const { config, isHeld, clear, arm } = options;
  const { broker, venue } = config;
  const { account, clock, venueClock } = world;
  if (!(broker.probe ?? venue.kind !== 'paper')) return undefined;
  if (isHeld) {
    world.log(
      'tag: not proven: what holds the account forbids every order; the first one after it shows the tag',
    );
    return undefined;
  }
  const problem = await clear();
  if (problem !== '') {
    throw new HostError(
      'VENUE_UNREACHABLE',
      `tag: expected nothing of ours to rest before the order that proves it, but ${problem}; start again`,
    );
  }
  if (!(await arm())) {
    throw new HostError(
      'VENUE_UNREACHABLE',
      'tag: expected the dead man’s switch to be armed before the order that proves it, was not; start again',
    );
  }
  const waitMs = (ms: Milliseconds): Promise<void> => world.waitMs(ms);
  const venueMs = (): Milliseconds => clock.wallMs() + venueClock.offsetMs;
  try {
    const proof = await probe({ ...options, account, venueMs, waitMs });
    world.log(proof.text);
    return proof;
  } catch (error) {
    throw error instanceof RestError ? startError(error, venue.rest ?? venueName(config)) : error;
  }
}

/** An order that may show it. */
interface Candidate {
  readonly side: Side;
  readonly request: () => Promise<PlaceRequest | undefined>;
}

async function probe(options: TagProbeOptions): Promise<TagProof> {
  const refusals: string[] = [];
  const tries = [0, 0];
  for (const { side, request } of candidatesOf(options)) {
    const order = tries[side] === TRIES_MAX ? undefined : await request();
    if (order === undefined) continue;
    tries[side]!++;
    try {
      return { isProven: true, text: await prove(options, order) };
    } catch (error) {
      // What the venue refuses was not placed: another side or instrument may be within the account's means.
      const isRefused = error instanceof RestError && error.code === RestErrorCode.rejected;
      if (!isRefused || error.isRetryable || error.isOutcomeUnknown) throw error;
      refusals.push(`${order.instId} ${order.side}: ${textOf(error)}`);
    }
  }
  const why =
    refusals.length === 0
      ? 'no instrument is live and has a book with a price to stay away from'
      : [...new Set([refusals[0], refusals.at(-1)])].join('; ');
  const text = `tag: cannot be proven: no order can be placed (${why})`;
  if (options.config.venue.kind !== 'live') return { isProven: false, text };
  throw new HostError(
    'TAG_REFUSED',
    `${text}; see to that, mostly by funds for the smallest order of an instrument, or switch broker.probe off`,
  );
}

/**
 * The far side of each instrument in turn, buys first: they need no coins. Never a side on which the position, as it is
 * known, would grow: it may stand at its limit. Undefined where there is no such price.
 */
function candidatesOf(options: TagProbeOptions): Candidate[] {
  const { instruments, positionLots } = options;
  const live = instruments.filter(({ state }) => state === InstrumentState.live);
  const wanted = [Side.buy, Side.sell].flatMap((side) =>
    live
      .filter(({ index }) => positionLots[index]! * sideSign(side) <= 0)
      .map((instrument) => ({ instrument, side })),
  );
  return wanted.map(({ instrument, side }, index) => ({
    side,
    request: () => requestOf(options, instrument, side, index),
  }));
}

async function requestOf(
  { account, config, tag, run, posMode }: TagProbeOptions,
  instrument: Instrument,
  side: Side,
  tries: number,
): Promise<PlaceRequest | undefined> {
  const ticks = farTicks(await account.fetchBook(instrument.instId, 1), instrument, side);
  if (ticks === undefined) return undefined;
  const traded: InstrumentConfig = config.instruments[instrument.index]!;
  const isBuy = side === Side.buy;
  return {
    instId: instrument.instId,
    tdMode: traded.tradeMode,
    ...(traded.marginCcy === undefined ? {} : { ccy: traded.marginCcy }),
    side: isBuy ? OrderSide.buy : OrderSide.sell,
    ...(posMode === PosMode.longShort && hasLegs(instrument)
      ? { posSide: isBuy ? PosSide.long : PosSide.short }
      : {}),
    ordType: OrdType.postOnly,
    px: instrument.tick.toText(ticks),
    sz: instrument.lot.toText(instrument.minLots),
    // The last names of the run: the order table comes to them never, or after a million orders in every slot.
    clOrdId: clientOrderIdText(run, SLOT_MAX, GENERATION_MAX - tries, config.broker.clOrdIdPrefix ? tag : ''),
    tag,
    stpMode: StpMode.cancelMaker,
  };
}

function farTicks(book: string, instrument: Instrument, side: Side): number | undefined {
  const frame = new DepthFrame();
  if (decodeRestBook(book, instrument, frame) !== DepthResult.depth) return undefined;
  if (frame.bidCount === 0 || frame.askCount === 0) return undefined;
  const { bands } = instrument;
  const ticks =
    side === Side.buy
      ? bands.down(Math.floor(frame.bidTicks[0]! * (1 - DISTANCE)))
      : bands.up(Math.ceil(frame.askTicks[0]! * (1 + DISTANCE)));
  return ticks > 0 && ticks <= TICKS_MAX ? ticks : undefined;
}

/** Places it, compares what comes back, and takes it out whatever came. */
async function prove(options: TagProbeOptions, request: PlaceRequest): Promise<string> {
  const { account, tag, venueMs } = options;
  let ordId = '';
  let ackTag = '';
  let order: OrderRow | undefined;
  try {
    ({ ordId, tag: ackTag } = await account.placeOrder(request, venueMs() + EXPIRY_MS));
    order = await look(options, request, (row) => row !== undefined);
  } catch (error) {
    const isPlaced = ordId !== '' || (error instanceof RestError && error.isOutcomeUnknown);
    if (isPlaced) await takeOut(options, request, ordId);
    throw error;
  }
  await takeOut(options, request, ordId);
  if (ackTag === tag && order?.tag === tag) {
    return `tag ${tag}: the venue gives it back (order ${ordId} of ${request.instId}, cancelled)`;
  }
  const seen = ackTag === tag ? (order === undefined ? 'no such order' : named(order.tag)) : named(ackTag);
  throw new HostError(
    'TAG_REFUSED',
    `tag: expected the venue to give ${tag} back, was ${seen} on order ${ordId} of ${request.instId}, which is cancelled; ` +
      'orders would earn no commission and the dead man’s switch would not find them: ask OKX about the broker code, or ' +
      'switch broker.probe off',
  );
}

/** The order by our name, looked at until it is as wanted; else as it was last. */
async function look(
  { account, waitMs }: TagProbeOptions,
  { instId, clOrdId }: PlaceRequest,
  isWanted: (row: OrderRow | undefined) => boolean,
): Promise<OrderRow | undefined> {
  for (let looks = 1; ; looks++) {
    const row = await account.fetchOrder(instId, clOrdId);
    if (isWanted(row) || looks === LOOKS_MAX) return row;
    await waitMs(LOOK_MS);
  }
}

/**
 * Cancels it by the venue's name, or by ours where that is not known, until it is gone.
 *
 * @throws HostError VENUE_UNREACHABLE when it may rest: the next start takes it out before anything else
 */
async function takeOut(options: TagProbeOptions, request: PlaceRequest, ordId: string): Promise<void> {
  const { account, waitMs } = options;
  const { instId, clOrdId } = request;
  let problem = 'it still rests';
  for (let tries = 0; tries < LOOKS_MAX; tries++) {
    try {
      await account.cancelOrders([ordId === '' ? { instId, clOrdId } : { instId, ordId }]);
      const row = await account.fetchOrder(instId, clOrdId);
      // One that the venue never said to have taken may still be on its way: it is looked for till it would be refused.
      const isForgotten = ordId !== '' || tries === LOOKS_MAX - 1;
      if (row === undefined ? isForgotten : GONE_STATES.includes(row.state)) return;
    } catch (error) {
      if (!(error instanceof RestError)) throw error;
      problem = textOf(error);
    }
    await waitMs(LOOK_MS);
  }
  throw new HostError(
    'VENUE_UNREACHABLE',
    `tag: the order that was to prove it could not be cancelled (${problem}); start again, which cancels it, or cancel ` +
      `${clOrdId} of ${instId} by hand`,
  );
}

/** Spot and options are net in every position mode. */
function hasLegs({ type }: Instrument): boolean {
  return type === InstrumentType.swap || type === InstrumentType.futures;
}

function named(tag: string): string {
  return tag === '' ? 'none' : JSON.stringify(tag);
}
