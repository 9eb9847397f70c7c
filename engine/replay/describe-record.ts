import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { QuoteDouble } from '../handoff/layout.ts';
import { QuoteView } from '../handoff/quote-slot.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { RecordKind, recordKindName } from '../journal/record-kind.ts';
import type { ParameterChange } from '../loop/loop-configuration.ts';
import { LoopRequest } from '../loop/loop-options.ts';
import { fromExactJson } from './exact-json.ts';
import { readQuoteRecord } from './quote-record.ts';

const CONNECTION_NAMES = ['public', 'private', 'trade'] as const;
const REQUEST_NAMES = Object.keys(LoopRequest);
/** More of a message is left out of a line. */
const TEXT_MAX = 400;
/** Levels of a quote a side that a line shows. */
const LEVELS_SHOWN = 3;
/** More than any engine quotes. */
const LEVELS_MAX = 64;

function connectionName(connection: number): string {
  return CONNECTION_NAMES[connection] ?? String(connection);
}

/** Bytes as a line of text: control characters are shown, and what is long is cut. */
function lineOf(bytes: Uint8Array, most = TEXT_MAX): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  // JSON's own spelling of what would break the line, without its quotes and theirs.
  const line = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return line.length <= most ? line : `${line.slice(0, most)}… (${bytes.byteLength} B)`;
}

export function describeSend(connection: number, bytes: Uint8Array): string {
  // All of it: this is what a difference is found in.
  return `send ${connectionName(connection)} ${lineOf(bytes, Infinity)}`;
}

export function describeRequest(request: number, instrument: number): string {
  const of = instrument === -1 ? '' : ` of instrument ${instrument}`;
  return `request ${REQUEST_NAMES[request] ?? request}${of}`;
}

/** What left the core, without its number and time. */
export function describeOutput(record: JournalRecord): string {
  const { kind, sub, instrument, bytes } = record;
  if (kind === RecordKind.send) {
    return `${describeSend(sub, bytes)}${instrument === 1 ? '' : ' (not taken: the connection was down)'}`;
  }
  if (kind === RecordKind.request) return describeRequest(sub, instrument);
  return kind === RecordKind.threw ? 'an error' : `${recordKindName(kind)} ${lineOf(bytes)}`;
}

function describeQuote({ instrument, bytes }: JournalRecord): string {
  const quote = new QuoteView(LEVELS_MAX);
  if (!readQuoteRecord(bytes, quote)) return `quote of instrument ${instrument}, unreadable`;
  const rows = (ticks: Int32Array, lots: Float64Array, count: number): string => {
    const shown = Array.from(
      { length: Math.min(count, LEVELS_SHOWN) },
      (_, level) => `${ticks[level]}×${lots[level]}`,
    );
    return `${shown.join(' ')}${count > LEVELS_SHOWN ? ` and ${count - LEVELS_SHOWN} more` : ''}`;
  };
  const { bidTicks, bidLots, bidCount, askTicks, askLots, askCount, epoch, doubles } = quote;
  return (
    `quote of instrument ${instrument}: bids ${rows(bidTicks, bidLots, bidCount)}, asks ${rows(askTicks, askLots, askCount)}; ` +
    `fair ${doubles[QuoteDouble.fairTicks]}, market ${doubles[QuoteDouble.marketVersion]}, epoch ${epoch}`
  );
}

/** What differs; the parameters themselves are many. */
function describeChange({ kind, bytes }: JournalRecord): string {
  const name = recordKindName(kind);
  try {
    const { version, changes } = fromExactJson(Buffer.from(bytes).toString()) as ParameterChange;
    return `${name} version ${version}: ${changes.join('; ')}`;
  } catch {
    return `${name} ${lineOf(bytes)}`;
  }
}

/** A record in one line: its number, its time since `startNs`, and what it is. */
export function describeRecord(record: JournalRecord, startNs: Nanoseconds): string {
  const { sequence, timeNs } = record;
  const seconds = ((timeNs - startNs) / NS_PER_SECOND).toFixed(6);
  return `#${sequence} ${seconds}s ${textOf(record)}`;
}

function textOf(record: JournalRecord): string {
  const { kind, sub, value, bytes, instrument } = record;
  const name = recordKindName(kind);
  switch (kind) {
    case RecordKind.frame:
      return `frame ${connectionName(sub)} ${lineOf(bytes)}`;
    case RecordKind.quoteTaken:
      return describeQuote(record);
    case RecordKind.sessionUp:
    case RecordKind.sessionDown:
    case RecordKind.sessionSwitched:
      return `${name} ${connectionName(sub)}`;
    case RecordKind.configured:
      return describeChange(record);
    case RecordKind.bookSnapshot:
      return `${name} of instrument ${instrument} ${lineOf(bytes)}`;
    case RecordKind.gap:
      return `gap: ${value} records are missing`;
    case RecordKind.stateOverdue:
    case RecordKind.halt:
    case RecordKind.paused:
      return `${name} ${sub}`;
    case RecordKind.send:
    case RecordKind.request:
    case RecordKind.threw:
      return describeOutput(record);
    default:
      return [name, value === 0 ? '' : String(value), lineOf(bytes)].filter((part) => part !== '').join(' ');
  }
}
