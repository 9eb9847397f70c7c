import { NS_PER_MS, type Milliseconds } from '../base/units.ts';
import type { RecordedLevel, RecordingEvent } from './recording-event.ts';

/** A row as it is written; `row-decoder.ts` has the shapes. Fields in this order, recvNs first where there is one. */
export interface RecordedRow {
  /** When it was received, nanoseconds since the epoch; absent in recordings without receive times. */
  readonly recvNs?: string;
  readonly instId: string;
  readonly action?: 'snapshot' | 'update';
  readonly channel?: 'trades' | 'mark-price' | 'funding-rate' | 'instruments' | 'gap';
  /** The venue's time, milliseconds since the epoch. */
  readonly ts: string;
  readonly asks?: readonly RecordedLevel[];
  readonly bids?: readonly RecordedLevel[];
  readonly seqId?: number;
  readonly prevSeqId?: number;
  readonly [field: string]: unknown;
}

/** Of snapshots: nothing came before. */
export const NO_PREVIOUS_SEQUENCE = -1;

/** The row that an event was read from, or one that is read as the same event. */
export function rowOf(event: RecordingEvent, originMs: Milliseconds): RecordedRow {
  const { kind, instId, asks, bids, px, seqId } = event;
  const times = event.recvNs < 0 ? {} : { recvNs: epochText(originMs, event.recvNs) };
  const ts = String(event.tsMs);
  switch (kind) {
    case 'snapshot':
    case 'update': {
      const sequence = seqId < 0 ? {} : { seqId, prevSeqId: event.prevSeqId };
      return { ...times, instId, action: kind, ts, asks, bids, ...sequence };
    }
    case 'trade': {
      const { tradeId, sz, side } = event;
      return { ...times, instId, channel: 'trades', tradeId, px, sz, side, ts };
    }
    case 'mark':
      return { ...times, instId, channel: 'mark-price', markPx: px, ts };
    case 'funding': {
      const fundingTime = String(event.fundingTimeMs);
      return { ...times, instId, channel: 'funding-rate', fundingRate: px, fundingTime, ts };
    }
    case 'instrument':
      return { ...times, ...event.row, ...times, instId, channel: 'instruments', ts };
    case 'gap':
      return { ...times, instId, channel: 'gap', reason: 'as recorded', ts };
  }
}

/** Nanoseconds since the epoch as text, exact. */
export function epochText(originMs: Milliseconds, sinceOriginNs: number): string {
  const ms = Math.floor(sinceOriginNs / NS_PER_MS);
  return `${originMs + ms}${String(sinceOriginNs - ms * NS_PER_MS).padStart(6, '0')}`;
}

/** Where a row belongs in time: milliseconds since the epoch, by its receipt where that is known. */
export function rowTimeMs(row: RecordedRow): Milliseconds {
  return Number(row.recvNs === undefined ? row.ts : row.recvNs.slice(0, -6));
}
