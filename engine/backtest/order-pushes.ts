/**
 * What the venue said of our orders while the run was replayed: when each rested where, for the market that is told without
 * them and for the queue models that are tried on them.
 *
 * Invariants: the trial is told in the order of the venue's clock, market and orders together; an order whose place in its
 *             queue is not known, because news of it were lost, is not tried.
 */
import { OFF_GRID } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../base/units.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import { clientOrderIdText } from '../okx/client-order-id.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OwnLots } from './own-lots.ts';
import type { ParityMarket } from './parity-market.ts';
import type { QueueTrial } from './queue-trial.ts';

type Json = Readonly<Record<string, unknown>>;

/** A push about one order. */
interface Push {
  readonly id: string;
  readonly instrument: Instrument;
  readonly side: Side;
  readonly ticks: Ticks;
  readonly size: Lots;
  readonly filled: Lots;
  readonly isOpen: boolean;
  /** Of an order that was made just then. */
  readonly isNew: boolean;
  readonly atMs: Milliseconds;
}

/** An order that has not ended, as it was pushed last. */
interface Known {
  readonly ticks: Ticks;
  readonly size: Lots;
  readonly filled: Lots;
}

export class OrderPushes {
  readonly #run: number;
  readonly #own: OwnLots;
  readonly #market: ParityMarket;
  readonly #trial: QueueTrial;
  readonly #byId: ReadonlyMap<string, Instrument>;
  readonly #known = new Map<string, Known>();
  /** News that the trial has not been told yet. */
  #waiting: { readonly atMs: Milliseconds; readonly tell: () => void }[] = [];
  #newestMs: Milliseconds = 0;

  /** @param run its number, which the names of its orders begin with */
  constructor({ instruments }: Loop, run: number, own: OwnLots, market: ParityMarket, trial: QueueTrial) {
    this.#run = run;
    this.#own = own;
    this.#market = market;
    this.#trial = trial;
    this.#byId = new Map(instruments.map((instrument) => [instrument.instId, instrument]));
  }

  /** After the core has taken the input. */
  onStep(loop: Loop, record: JournalRecord): void {
    const { kind, sub } = record;
    if (kind === RecordKind.sessionDown && sub === Connection.private) {
      this.#wait(this.#newestMs, () => {
        this.#trial.dropAll();
        this.#known.clear();
      });
    } else if (kind === RecordKind.recovered) this.#takeTable(loop);
    else if (kind === RecordKind.frame && sub === Connection.private) this.#onFrame(record);
  }

  /** The market is about to be told as it was at this time. */
  onTime(atMs: Milliseconds): void {
    const waiting = this.#waiting;
    let count = 0;
    while (count < waiting.length && waiting[count]!.atMs <= atMs) waiting[count++]!.tell();
    if (count > 0) this.#waiting = waiting.slice(count);
    this.#trial.onTime(atMs);
  }

  #onFrame({ bytes }: JournalRecord): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    if (!text.includes('"orders"')) return;
    const frame = parseFrame(text);
    if ((frame?.['arg'] as Json | undefined)?.['channel'] !== 'orders') return;
    const data = frame!['data'];
    if (!Array.isArray(data)) return;
    for (const row of data as Json[]) {
      const push = this.#readPush(row);
      if (push === undefined) continue;
      const { id, instrument, side, ticks, size, filled, isOpen, atMs } = push;
      const place = { instrument: instrument.index, side, ticks };
      this.#own.set(id, place, isOpen ? size - filled : 0, atMs);
      this.#newestMs = Math.max(this.#newestMs, atMs);
      this.#wait(atMs, () => this.#try(push));
    }
  }

  #readPush(row: Json): Push | undefined {
    const instrument = this.#byId.get(String(row['instId']));
    if (instrument === undefined) return undefined;
    const { tick, lot } = instrument;
    const ticks = tick.fromText(String(row['px']));
    const size = lot.fromText(String(row['sz']));
    const filled = lot.fromText(String(row['accFillSz'] || '0'));
    // Orders without a price of the grid never rest.
    if (ticks === OFF_GRID || size === OFF_GRID || filled === OFF_GRID) return undefined;
    return {
      id: String(row['clOrdId'] || row['ordId']),
      instrument,
      side: row['side'] === 'sell' ? Side.sell : Side.buy,
      ticks,
      size,
      filled,
      isOpen: row['state'] === 'live' || row['state'] === 'partially_filled',
      isNew: row['uTime'] === row['cTime'] && filled === 0,
      atMs: Number(row['uTime']),
    };
  }

  /** News of our orders were lost, or came before there was a journal: what rests now is what the core knows. */
  #takeTable({ instruments, table, idTag }: Loop): void {
    const resting = new Set<string>();
    for (const { index } of instruments) {
      for (const side of [Side.buy, Side.sell]) {
        for (let slot = table.first(index, side); slot !== NO_ORDER; slot = table.next(slot)) {
          if (table.isResting[slot] !== 1) continue;
          const id = clientOrderIdText(this.#run, slot, table.generation[slot]!, idTag);
          const place = { instrument: index, side, ticks: table.priceTicks[slot]! };
          const lots = table.sizeLots[slot]! - table.filledLots[slot]!;
          this.#own.set(id, place, lots, this.#newestMs);
          resting.add(id);
        }
      }
    }
    this.#own.endOthers(resting, this.#newestMs);
  }

  /** What goes for the trial comes in the order of the venue's clock, whatever the order of its rows. */
  #wait(atMs: Milliseconds, tell: () => void): void {
    let index = this.#waiting.length;
    while (index > 0 && this.#waiting[index - 1]!.atMs > atMs) index--;
    this.#waiting.splice(index, 0, { atMs, tell });
  }

  #try(push: Push): void {
    const { id, ticks, size, filled, isOpen, isNew, atMs } = push;
    const known = this.#known.get(id);
    const more = filled - (known?.filled ?? 0);
    if (known !== undefined && more > 0) this.#trial.fill(id, more);
    if (!isOpen) {
      this.#trial.end(id, atMs);
      this.#known.delete(id);
      return;
    }
    this.#known.set(id, { ticks, size, filled });
    // One that is met in the middle of its life stands where nobody knows; at its next price it does.
    if (known === undefined && !isNew) return;
    if (known === undefined || ticks !== known.ticks || size > known.size) this.#begin(push);
    else if (size < known.size) this.#trial.shrink(id, size);
  }

  /** A new price, or more size, goes to the end of the queue; less size keeps its place. */
  #begin({ id, instrument: { index }, side, ticks, size, filled, atMs }: Push): void {
    if (!this.#market.isKnown(index)) {
      this.#trial.drop(id);
      return;
    }
    const place = { ticks, size, lots: size - filled };
    this.#trial.begin(id, index, side, place, this.#market.lotsAt(index, side, ticks), atMs);
  }
}

function parseFrame(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
