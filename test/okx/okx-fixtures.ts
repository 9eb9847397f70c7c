import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Instrument } from '../../engine/base/instrument.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';

const FOLDER = new URL('../fixtures/okx/', import.meta.url);

/** The parsed lines of a JSON lines fixture. */
export function fixtureLines<Line>(name: string): Line[] {
  return readFileSync(new URL(name, FOLDER), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** The parsed answer of a compressed REST fixture. */
export function fixtureAnswer(name: string): { data: Record<string, unknown>[] } {
  return JSON.parse(gunzipSync(readFileSync(new URL(name, FOLDER))).toString('utf8')) as {
    data: Record<string, unknown>[];
  };
}

export const INSTRUMENT_FIXTURES = [
  'instruments-spot-2026-04-26.json.gz',
  'instruments-swap-2026-04-26.json.gz',
  'instruments-futures-2026-04-26.json.gz',
  'instruments-option-btc-usd-2026-04-26.json.gz',
] as const;

/** Real instruments, in the order of the names given. */
export function instrumentsOf(...instIds: string[]): Instrument[] {
  const fields = INSTRUMENT_FIXTURES.flatMap((name) => parseInstruments(fixtureAnswer(name)).fields);
  return instIds.map((instId, index) => {
    const found = fields.find((candidate) => candidate.instId === instId);
    if (found === undefined) throw new Error(`fixture has no instrument ${instId}`);
    return new Instrument(index, found);
  });
}

export interface DocumentationExample {
  readonly file: string;
  readonly line: number;
  readonly json: Record<string, unknown>;
}

export function documentationExamples(): DocumentationExample[] {
  return fixtureLines<DocumentationExample>('examples-2026-07-28.jsonl');
}

/** Every documented error code that an order, a login or a subscription can meet, by what it is about. */
export function documentedRejectCodes(): Record<string, number[]> {
  return JSON.parse(readFileSync(new URL('reject-codes.json', FOLDER), 'utf8')) as Record<string, number[]>;
}

export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
}
