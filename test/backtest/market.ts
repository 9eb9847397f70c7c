import { Random } from '../../engine/base/random.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import type { LoopWatcher } from '../../engine/backtest/backtest-world.ts';
import type { RecordedEvents } from '../../engine/backtest/recorded-feed.ts';
import { configSchema } from '../../engine/config/schema.ts';
import type { Config } from '../../engine/config/schema.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { FrameKind, PushChannel, frameKind, pushChannel } from '../../engine/okx/frame-kind.ts';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';

export const SWAP = 'BTC-USDT-SWAP';
/** A midnight, as a reader has it; the market begins some hours later. */
export const ORIGIN_MS = Date.UTC(2024, 7, 8);
export const BEGIN_NS: Nanoseconds = 36_000 * 1e9;

type Levels = readonly (readonly string[])[];

/** An event at `recvNs` since the origin, of which the venue's clock says half a second more. */
export function eventAt(
  recvNs: Nanoseconds,
  kind: RecordingEvent['kind'],
  parts: Partial<RecordingEvent> = {},
): RecordingEvent {
  return {
    kind,
    instId: SWAP,
    tsMs: ORIGIN_MS + Math.floor(recvNs / NS_PER_MS) + 500,
    recvNs,
    timeNs: recvNs,
    asks: [],
    bids: [],
    px: '',
    sz: '',
    side: 'buy',
    tradeId: '',
    fundingTimeMs: -1,
    seqId: -1,
    prevSeqId: -1,
    file: 'list',
    line: 1,
    ...parts,
  };
}

/** As if it had been recorded without receive times. */
export function withoutReceipts(events: readonly RecordingEvent[]): RecordingEvent[] {
  return events.map((event) => {
    const timeNs = Math.floor(event.recvNs / NS_PER_MS) * NS_PER_MS;
    return { ...event, recvNs: -1, timeNs, tsMs: ORIGIN_MS + timeNs / NS_PER_MS };
  });
}

/** Events from memory, a few at a time as a reader of files gives them. */
export class EventList implements RecordedEvents {
  readonly originMs = ORIGIN_MS;
  readonly #events: readonly RecordingEvent[];
  #at = 0;
  #filled = 0;

  constructor(events: readonly RecordingEvent[]) {
    this.#events = events;
  }

  get needsFill(): boolean {
    return this.#at === this.#filled && this.#filled < this.#events.length;
  }

  async fill(): Promise<void> {
    await Promise.resolve();
    this.#filled = Math.min(this.#events.length, this.#at + 64);
  }

  peek(): RecordingEvent | null {
    return this.#events[this.#at] ?? null;
  }

  next(): RecordingEvent | null {
    return this.#events[this.#at++] ?? null;
  }
}

/** Levels of both sides around the middle of `mid` and the tick above, ten each. */
function levelsAround(mid: number, random: Random): { asks: Levels; bids: Levels } {
  const size = (): string => (0.1 * (1 + random.below(300))).toFixed(1);
  const rows = (first: number, step: number): Levels =>
    Array.from({ length: 10 }, (_, index) => [priceText(first + index * step), size(), '1']);
  return { asks: rows(mid + 1, 1), bids: rows(mid, -1) };
}

/** Prices of the market are whole ticks of 0.1. */
export function priceText(ticks: number): string {
  return (ticks / 10).toFixed(1);
}

/**
 * A market that wanders by a tick now and then: a snapshot, then about 25 updates and five trades a second, at times with
 * fractions of a millisecond.
 */
export function wanderingMarket(seed: number, seconds: number, instId = SWAP): RecordingEvent[] {
  const random = new Random(seed);
  let mid = 600_000;
  let timeNs = BEGIN_NS;
  const events = [eventAt(timeNs, 'snapshot', { instId, ...levelsAround(mid, random) })];
  const endNs = BEGIN_NS + seconds * 1e9;
  for (;;) {
    timeNs += 1 + random.below(66_000_000);
    if (timeNs >= endNs) return events;
    const chance = random.unit();
    if (chance < 0.15) {
      const side = random.unit() < 0.5 ? 'buy' : 'sell';
      const px = priceText(side === 'buy' ? mid + 1 : mid);
      events.push(
        eventAt(timeNs, 'trade', { instId, px, sz: (0.1 * (1 + random.below(400))).toFixed(1), side }),
      );
    } else if (chance < 0.3) {
      const move = random.unit() < 0.5 ? 1 : -1;
      events.push(eventAt(timeNs, 'update', { instId, ...moved(mid, move, random) }));
      mid += move;
    } else {
      const isAsk = random.unit() < 0.5;
      const depth = random.below(10);
      const row = [
        priceText(isAsk ? mid + 1 + depth : mid - depth),
        (0.1 * (1 + random.below(300))).toFixed(1),
        '1',
      ];
      events.push(eventAt(timeNs, 'update', { instId, ...(isAsk ? { asks: [row] } : { bids: [row] }) }));
    }
  }
}

/** The rows that take the book one tick up or down. */
function moved(mid: number, move: number, random: Random): { asks: Levels; bids: Levels } {
  const gone = (ticks: number): readonly string[] => [priceText(ticks), '0', '0'];
  const after = levelsAround(mid + move, random);
  const isUp = move > 0;
  return {
    asks: [isUp ? gone(mid + 1) : gone(mid + 10), ...after.asks],
    bids: [isUp ? gone(mid - 9) : gone(mid), ...after.bids],
  };
}

/** A configuration that quotes this market near its middle. */
export function configOf(changes: Readonly<Record<string, unknown>> = {}): Config {
  const { instIds = [SWAP], ...rest } = changes as { instIds?: readonly string[] };
  return configSchema.parse({
    venue: { kind: 'paper' },
    tag: 'TEST1',
    instruments: instIds.map((instId) => ({
      instId,
      tradeMode: 'cross',
      strategy: {
        model: 'fixed',
        levels: 2,
        size: '1',
        halfSpreadBps: 0.001,
        halfSpreadTicksMin: 0,
        levelStepBps: 0.02,
        priceToleranceTicks: 0,
      },
      limits: { position: '20', orderSize: '5', orderNotional: 50_000 },
    })),
    ...rest,
  });
}

/** What came in and went out, in order, as text. */
export interface Noted {
  readonly timeNs: Nanoseconds;
  readonly kind: 'in' | 'out';
  readonly connection: number;
  readonly text: string;
}

/** Writes down all inputs and outputs of the core. */
export class NotingWatcher implements LoopWatcher {
  readonly all: Noted[] = [];

  get frames(): Noted[] {
    return this.all.filter(({ kind, connection }) => kind === 'in' && connection >= 0);
  }

  get sends(): Noted[] {
    return this.all.filter(({ kind }) => kind === 'out');
  }

  get books(): Noted[] {
    return this.frames.filter(({ connection, text }) => {
      const bytes = Buffer.from(text);
      return (
        connection === Connection.public &&
        frameKind(bytes, 0, bytes.length) === FrameKind.push &&
        pushChannel(bytes, 0, bytes.length) === PushChannel.books
      );
    });
  }

  onInput(connection: number, bytes: Uint8Array, timeNs: Nanoseconds): void {
    this.all.push({ timeNs, kind: 'in', connection, text: Buffer.from(bytes).toString() });
  }

  onSend(connection: number, bytes: Uint8Array, timeNs: Nanoseconds): void {
    this.all.push({ timeNs, kind: 'out', connection, text: Buffer.from(bytes).toString() });
  }

  onStep(): void {}
}
