import { AlgoType, Channel } from '../../okx/shapes.ts';
import type { BalanceAndPositionEvent, Exchange } from '../exchange/exchange.ts';
import { matchesInstrument } from './channels.ts';
import type { Subscription } from './channels.ts';
import { fieldOf } from './instrument-directory.ts';
import type { InstrumentDirectory } from './instrument-directory.ts';
import type { Session } from './session.ts';

type Row = Readonly<Record<string, unknown>>;

/** Account and position events are gathered for this long (docs-v5, read 2026-07-28). */
const AGGREGATION_MS = 50;
/** Snapshots of account and positions come this often unless `updateInterval` says otherwise. */
const SNAPSHOT_MS = 5_000;

interface Listener {
  readonly session: Session;
  readonly subscription: Subscription;
  /** Of account and positions: when the next snapshot is due; Infinity when they are switched off. */
  nextSnapshotMs: number;
  readonly snapshotEveryMs: number;
}

/** What the pushes of one account are made of, and who gets them. */
interface Stream {
  readonly listeners: Set<Listener>;
  isAccountChanged: boolean;
  readonly changedPositions: Set<string>;
  /** Pushes that wait for the ack of the operation that caused them. */
  held: (() => void)[];
  holds: number;
}

/** The private channels: orders, fills, account, positions, balance_and_position. */
export class PrivateStreams {
  readonly #exchange: Exchange;
  readonly #instruments: InstrumentDirectory;
  readonly #time: () => number;
  readonly #streams = new Map<string, Stream>();
  /** When the window closes that the first of the waiting events opened; Infinity while none waits. */
  #windowEndMs = Infinity;
  #snapshotMs = Infinity;

  constructor(exchange: Exchange, instruments: InstrumentDirectory, time: () => number) {
    this.#exchange = exchange;
    this.#instruments = instruments;
    this.#time = time;
  }

  attach(session: Session, subscription: Subscription): void {
    const nowMs = this.#time();
    const snapshotEveryMs = snapshotIntervalOf(subscription);
    const nextSnapshotMs = Math.ceil(nowMs) + snapshotEveryMs;
    const listener = { session, subscription, snapshotEveryMs, nextSnapshotMs };
    this.#snapshotMs = Math.min(this.#snapshotMs, nextSnapshotMs);
    this.#streamOf(session.uid).listeners.add(listener);
    switch (subscription.channel) {
      case Channel.account:
        this.#pushAccount(listener, 'snapshot', nowMs);
        break;
      case Channel.positions:
        this.#pushPositions(listener, 'snapshot', this.#exchange.positions(session.uid, {}), nowMs);
        break;
      case Channel.algoAdvance:
        // What waits is told first; of the other algo channel only what happens.
        for (const row of this.#exchange.algoRows(session.uid, true, { ordType: ADVANCED_TYPES.join(',') })) {
          const { uid } = session;
          session.push(JSON.stringify({ arg: { ...subscription.arg, uid }, data: [row] }), nowMs);
        }
        break;
      case Channel.balanceAndPosition:
        this.#pushBalanceAndPosition(listener, this.#balanceAndPositionSnapshot(session.uid), nowMs);
        break;
      default:
        // Orders and fills have no snapshot.
        break;
    }
  }

  detach(session: Session, subscription: Subscription): void {
    const { listeners } = this.#streamOf(session.uid);
    for (const listener of listeners) {
      if (listener.session === session && listener.subscription === subscription) listeners.delete(listener);
    }
  }

  /** Connections of the account that hold the channel. */
  connectionCount(uid: string, channel: string): number {
    const sessions = new Set<Session>();
    for (const listener of this.#streamOf(uid).listeners) {
      if (listener.subscription.channel === channel) sessions.add(listener.session);
    }
    return sessions.size;
  }

  /** Pushes of the account wait from here ... */
  hold(uid: string): void {
    this.#streamOf(uid).holds++;
  }

  /** ... to here, and then go out in the order in which they came about. */
  release(uid: string): void {
    const stream = this.#streamOf(uid);
    stream.holds--;
    if (stream.holds > 0) return;
    const { held } = stream;
    stream.held = [];
    for (const push of held) push();
  }

  order(uid: string, row: Row): void {
    this.#pushRow(uid, Channel.orders, row);
  }

  /** Stops and triggers have a channel, trailing stops and orders in pieces another (docs-v5, read 2026-07-28). */
  algo(uid: string, row: Row): void {
    const isAdvanced = ADVANCED_TYPES.includes(fieldOf(row, 'ordType'));
    this.#pushRow(uid, isAdvanced ? Channel.algoAdvance : Channel.ordersAlgo, row);
  }

  fill(uid: string, row: Row): void {
    this.#pushRow(uid, Channel.fills, row);
  }

  liquidationWarning(uid: string, row: Row): void {
    this.#pushRow(uid, 'liquidation-warning', row);
  }

  balanceAndPosition(uid: string, event: BalanceAndPositionEvent): void {
    this.#inTurn(uid, (stream, nowMs) => {
      for (const listener of stream.listeners) {
        if (listener.subscription.channel !== Channel.balanceAndPosition) continue;
        this.#pushBalanceAndPosition(listener, event, nowMs);
      }
    });
  }

  account(uid: string): void {
    const stream = this.#streamOf(uid);
    if (stream.listeners.size === 0) return;
    stream.isAccountChanged = true;
    this.#openWindow();
  }

  position(uid: string, instId: string): void {
    const stream = this.#streamOf(uid);
    if (stream.listeners.size === 0) return;
    stream.changedPositions.add(instId);
    this.#openWindow();
  }

  /** When `advance` next has something to send; Infinity when never, as far as is known now. */
  get dueMs(): number {
    return Math.min(this.#windowEndMs, this.#snapshotMs);
  }

  /** Sends what has gathered, and the snapshots that are due. */
  advance(nowMs: number): void {
    if (this.#windowEndMs <= nowMs) {
      this.#windowEndMs = Infinity;
      for (const [uid, stream] of this.#streams) this.#pushChanges(uid, stream, nowMs);
    }
    if (this.#snapshotMs <= nowMs) this.#pushSnapshots(nowMs);
  }

  #openWindow(): void {
    if (this.#windowEndMs === Infinity) this.#windowEndMs = Math.floor(this.#time()) + AGGREGATION_MS;
  }

  #pushSnapshots(nowMs: number): void {
    this.#snapshotMs = Infinity;
    for (const [uid, stream] of this.#streams) {
      for (const listener of stream.listeners) {
        if (listener.nextSnapshotMs <= nowMs) {
          listener.nextSnapshotMs = nowMs + listener.snapshotEveryMs;
          if (listener.subscription.channel === Channel.account) {
            this.#pushAccount(listener, 'snapshot', nowMs);
          } else {
            this.#pushPositions(listener, 'snapshot', this.#exchange.positions(uid, {}), nowMs);
          }
        }
        this.#snapshotMs = Math.min(this.#snapshotMs, listener.nextSnapshotMs);
      }
    }
  }

  #pushChanges(uid: string, stream: Stream, nowMs: number): void {
    if (stream.isAccountChanged) {
      stream.isAccountChanged = false;
      for (const listener of stream.listeners) {
        if (listener.subscription.channel === Channel.account)
          this.#pushAccount(listener, 'event_update', nowMs);
      }
    }
    if (stream.changedPositions.size > 0) {
      const rows: Row[] = [];
      for (const instId of stream.changedPositions) rows.push(...this.#exchange.positionRows(uid, instId));
      stream.changedPositions.clear();
      for (const listener of stream.listeners) {
        if (listener.subscription.channel !== Channel.positions) continue;
        this.#pushPositions(listener, 'event_update', rows, nowMs);
      }
    }
  }

  #pushRow(uid: string, channel: string, row: Row): void {
    const instFamily = this.#instruments.instFamily(fieldOf(row, 'instId'));
    this.#inTurn(uid, (stream, nowMs) => {
      for (const { session, subscription } of stream.listeners) {
        if (subscription.channel !== channel || !matchesInstrument(subscription, row, instFamily)) continue;
        session.push(JSON.stringify({ arg: { ...subscription.arg, uid }, data: [row] }), nowMs);
      }
    });
  }

  #pushAccount(listener: Listener, eventType: string, nowMs: number): void {
    const { session, subscription } = listener;
    const row = this.#exchange.balances(session.uid);
    const details = (row.details as Row[]).filter(
      (detail) => subscription.ccy === '' || detail.ccy === subscription.ccy,
    );
    const data = [{ ...row, details }];
    session.push(JSON.stringify({ ...rootOf(listener, eventType), data }), nowMs);
  }

  #pushPositions(listener: Listener, eventType: string, rows: readonly Row[], nowMs: number): void {
    const { session, subscription } = listener;
    const data = rows
      .filter((row) =>
        matchesInstrument(subscription, row, this.#instruments.instFamily(fieldOf(row, 'instId'))),
      )
      .map((row) => ({ ...row, pTime: String(Math.floor(nowMs)) }));
    if (eventType === 'event_update' && data.length === 0) return;
    session.push(JSON.stringify({ ...rootOf(listener, eventType), data }), nowMs);
  }

  #pushBalanceAndPosition(listener: Listener, event: BalanceAndPositionEvent, nowMs: number): void {
    const { session, subscription } = listener;
    const data = [{ pTime: String(Math.floor(nowMs)), ...event }];
    session.push(JSON.stringify({ arg: { ...subscription.arg, uid: session.uid }, data }), nowMs);
  }

  #balanceAndPositionSnapshot(uid: string): BalanceAndPositionEvent {
    const details = this.#exchange.balances(uid).details as Row[];
    return {
      eventType: 'snapshot',
      balData: details.map(({ ccy, cashBal, uTime }) => ({ ccy, cashBal, uTime })),
      posData: this.#exchange.positions(uid, {}).map((row) => picked(row, POSITION_FIELDS)),
      trades: [],
    };
  }

  /** Does it now, or when the ack that has to come first has been sent. */
  #inTurn(uid: string, push: (stream: Stream, nowMs: number) => void): void {
    const stream = this.#streamOf(uid);
    if (stream.listeners.size === 0) return;
    if (stream.holds > 0) stream.held.push(() => push(stream, this.#time()));
    else push(stream, this.#time());
  }

  #streamOf(uid: string): Stream {
    let stream = this.#streams.get(uid);
    if (stream === undefined) {
      stream = {
        listeners: new Set(),
        isAccountChanged: false,
        changedPositions: new Set(),
        held: [],
        holds: 0,
      };
      this.#streams.set(uid, stream);
    }
    return stream;
  }
}

const ADVANCED_TYPES: readonly string[] = [
  AlgoType.trailing,
  AlgoType.twap,
  AlgoType.iceberg,
  AlgoType.smartIceberg,
];

/** Fields of a position in `balance_and_position` (docs-v5, read 2026-07-28). */
const POSITION_FIELDS = [
  'posId',
  'tradeId',
  'instId',
  'instType',
  'mgnMode',
  'posSide',
  'pos',
  'ccy',
  'posCcy',
  'avgPx',
  'nonSettleAvgPx',
  'settledPnl',
  'uTime',
];

function picked(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? '']));
}

function rootOf({ session, subscription }: Listener, eventType: string): Row {
  const arg = { ...subscription.arg, uid: session.uid };
  // Snapshots are paged, and ours always fit one page.
  return eventType === 'snapshot' ? { arg, eventType, curPage: 1, lastPage: true } : { arg, eventType };
}

function snapshotIntervalOf({ channel, updateIntervalMs }: Subscription): number {
  if (channel !== Channel.account && channel !== Channel.positions) return Infinity;
  if (Number.isNaN(updateIntervalMs)) return SNAPSHOT_MS;
  return updateIntervalMs === 0 ? Infinity : Math.max(2_000, updateIntervalMs);
}
