import { Instrument } from '../../engine/base/instrument.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { Book } from '../../engine/book/book.ts';
import { configSchema } from '../../engine/config/schema.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { Engine } from '../../engine/host/engine.ts';
import { blankState } from '../../engine/host/engine-state.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';
import type { OperatorCommand } from '../../engine/loop/loop-options.ts';
import { createMetricsMemory } from '../../engine/metrics/cells.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { KillLadder } from '../../engine/risk/kill-ladder.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';
import { orderName } from './checkers/engine-view.ts';
import type { EngineView } from './checkers/engine-view.ts';
import { MessageLog } from './sim-log.ts';
import { REST_CONNECTION, StepKind } from './sim-types.ts';
import type { Checker, SimWorldView } from './sim-types.ts';

const EPOCH_MS: Milliseconds = Date.UTC(2026, 6, 28);
export const SWAP = 'BTC-USDT-SWAP';
export const INVERSE = 'BTC-USD-SWAP';
export const SPOT = 'BTC-USDT';
export const TAG = 'HAND1';
const OURS = 'uid1';
const OTHERS = 'uid2';

type Item = Readonly<Record<string, unknown>>;

/** The parts of an engine that checkers read, real ones, moved by hand. */
export class HandEngine implements EngineView {
  readonly run: number;
  readonly instruments: readonly Instrument[];
  readonly memory = createMetricsMemory(SAMPLE_DIMENSIONS);
  readonly loop: {
    readonly table: OrderTable;
    readonly ladder: KillLadder;
    readonly ledger: PositionLedger;
    readonly market: { readonly books: readonly Book[] };
  };

  constructor(run: number, instIds: readonly string[]) {
    const { fields } = parseInstruments(recordedInstruments());
    const instruments = instIds.map(
      (instId, index) =>
        new Instrument(
          index,
          fields.find((each) => each.instId === instId)!,
        ),
    );
    this.run = run;
    this.instruments = instruments;
    this.loop = {
      table: new OrderTable(instruments.length, 16),
      ladder: new KillLadder(instruments),
      ledger: new PositionLedger(instruments),
      market: { books: instruments.map(() => new Book()) },
    };
  }
}

/** A world for one checker at a time: a real venue without a market of its own, and everything else said by the test. */
export class HandWorld implements SimWorldView {
  readonly venue: PaperVenue;
  readonly config: Config;
  readonly uid = OURS;
  readonly tag = TAG;
  readonly sent = new MessageLog();
  readonly foreignOrderIds = new Set<string>();
  readonly faultsUntilNs: Nanoseconds = 0;
  engine: Engine | null = null;
  nowNs: Nanoseconds = 1_000_000_000_000;
  crashedAtNs: Nanoseconds = -1;
  restarts = 0;
  isHealed = false;
  isQuiet = true;
  isNetworkDown = false;
  commandsGiven = 0;
  commandDone: OperatorCommand | null = null;
  state: EngineState = blankState([], 0);
  step: StepKind = StepKind.venue;
  stepNumber = 0;
  /** Of the messages that are sent now. */
  engineNumber = 0;
  readonly instIds: readonly string[];
  readonly #startNs = this.nowNs;

  /** @param engine, account what of the configuration is not the default there */
  constructor(instIds: readonly string[] = [SWAP], engine: Item = {}, account: Item = {}) {
    this.instIds = instIds;
    this.config = configSchema.parse({
      venue: { kind: 'paper' },
      instruments: instIds.map((instId) => ({
        instId,
        tradeMode: instId === SPOT ? 'cash' : 'cross',
        strategy: { model: 'fixed', size: '0.1', levels: 1 },
        limits: { position: '1', orderSize: '0.6', orderNotional: 1e6, openOrders: 4 },
      })),
      account: { openOrdersMax: 6, ...account },
      engine,
    });
    this.venue = new PaperVenue({
      instruments: recordedInstruments(),
      seed: 1,
      flow: 'none',
      time: () => this.nowMs,
      pushBeforeAckShare: 0,
      accounts: [OURS, OTHERS].map((uid) => ({
        uid,
        apiKey: `key of ${uid}`,
        secret: 'secret',
        passphrase: 'pass',
        balances: { USDT: '1000000', BTC: '100' },
        accountLevel: '2',
        positionMode: 'net_mode',
        makerFeeRate: '-0.0002',
        takerFeeRate: '-0.0005',
        feeTier: 'VIP4',
      })),
    });
  }

  get nowMs(): Milliseconds {
    return EPOCH_MS + (this.nowNs - this.#startNs) / NS_PER_MS;
  }

  durable(): EngineState {
    return this.state;
  }

  pass(ms: Milliseconds): void {
    this.nowNs += ms * NS_PER_MS;
    this.venue.advance();
  }

  start(engine: HandEngine): HandEngine {
    this.engine = engine as unknown as Engine;
    return engine;
  }

  /** What an engine sends on its trade connection; it is on its way then. */
  say(op: string, args: readonly Item[], more: Item = {}): void {
    this.#add(2, JSON.stringify({ id: '1', op, ...more, args }), '');
  }

  /** As `say`, on the public connection. */
  control(op: string): void {
    this.#add(0, JSON.stringify({ op, args: [] }), '');
  }

  rest(path: string, body?: unknown): void {
    this.#add(REST_CONNECTION, body === undefined ? '' : JSON.stringify(body), path);
  }

  /** The venue receives order requests by name of instrument; its word on the first. */
  arrive(kind: 'place' | 'amend' | 'cancel', items: readonly Item[], uid = OURS): string {
    const answer = this.venue.orderEntry.submit(
      uid,
      kind,
      items,
      'instId',
      items.length > 1,
      undefined,
      this.nowMs,
    );
    return 'data' in answer ? String(answer.data[0]!['sCode']) : answer.code;
  }

  /** The venue turns the next order request down with this code. */
  interfereOnce(sCode: string): void {
    this.venue.interfere = () => {
      this.venue.interfere = null;
      return { sCode, isApplied: false };
    };
  }

  /** Somebody else trades with what rests. */
  take(instId: string, side: string, sz: string, px: string): void {
    this.arrive('place', [{ instId, tdMode: tradeMode(instId), side, ordType: 'limit', px, sz }], OTHERS);
  }

  /** Somebody else makes a market that stays. */
  make(instId: string, sz: string, bidPx: string, askPx: string): void {
    for (const [side, px] of [
      ['buy', bidPx],
      ['sell', askPx],
    ])
      this.arrive('place', [{ instId, tdMode: tradeMode(instId), side, ordType: 'limit', px, sz }], OTHERS);
  }

  /** One step of the world, and what the checker says after it. */
  look(checker: Checker, step: StepKind = StepKind.toVenue): string | null {
    this.step = step;
    this.stepNumber++;
    return checker.step(this);
  }

  #add(connection: number, text: string, path: string): void {
    this.sent.add({ atNs: this.nowNs, connection, text, path, engineNumber: this.engineNumber });
  }
}

const CODES: Readonly<Record<string, number>> = { [SWAP]: 10459, [INVERSE]: 10458, [SPOT]: 3 };

function tradeMode(instId: string): string {
  return instId === SPOT ? 'cash' : 'cross';
}

/** A place as an engine words it: good for the socket and, because it names the instrument twice, for `arrive`. */
export function place(clOrdId: string, side: string, sz: string, px: string, changes: Item = {}): Item {
  const instId = String(changes['instId'] ?? SWAP);
  return {
    instIdCode: CODES[instId]!,
    instId,
    tdMode: tradeMode(instId),
    side,
    ordType: 'post_only',
    px,
    sz,
    clOrdId,
    tag: TAG,
    stpMode: 'cancel_maker',
    ...changes,
  };
}

export function change(clOrdId: string, changes: Item): Item {
  return { instIdCode: CODES[SWAP]!, instId: SWAP, clOrdId, ...changes };
}

/** The name of the order in a slot of run 7. */
export function nameOf(slot: number, generation = 1, run = 7): string {
  return orderName(run, slot, generation);
}
