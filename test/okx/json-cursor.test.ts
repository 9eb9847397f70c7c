import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonCursor, JsonKind, asciiBytes, resolveEscapes } from '../../engine/okx/json-cursor.ts';
import { bytesOf } from './okx-fixtures.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Skips the whole document in one step. */
function skips(bytes: Uint8Array): boolean {
  const cursor = new JsonCursor();
  cursor.reset(bytes, 0, bytes.length);
  return cursor.skipValue() && cursor.finish();
}

/** Walks the whole document through the entering calls, and rebuilds it from what it was given. */
function rebuild(cursor: JsonCursor): unknown {
  const kind = cursor.peekKind();
  if (kind === JsonKind.object) {
    const entries: [string, unknown][] = [];
    cursor.enterObject();
    while (cursor.nextKey()) {
      const key = text(cursor.bytes, cursor.keyStart, cursor.keyEnd);
      entries.push([JSON.parse(`"${key}"`) as string, rebuild(cursor)]);
    }
    return Object.fromEntries(entries);
  }
  if (kind === JsonKind.array) {
    const elements: unknown[] = [];
    cursor.enterArray();
    while (cursor.nextElement()) {
      elements.push(rebuild(cursor));
      if (cursor.hasFailed) break;
    }
    return elements;
  }
  if (!cursor.readValue()) return undefined;
  const raw = text(cursor.bytes, cursor.valueStart, cursor.valueEnd);
  return JSON.parse(cursor.kind === JsonKind.string ? `"${raw}"` : raw) as unknown;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('utf8');
}

function walk(bytes: Uint8Array): { isLegal: boolean; value: unknown } {
  const cursor = new JsonCursor();
  cursor.reset(bytes, 0, bytes.length);
  const value = rebuild(cursor);
  return { isLegal: cursor.finish(), value };
}

// Depth below the cursor's limit of 32.
const json = fc.jsonValue({ maxDepth: 6 });
const spacing = fc.constantFrom(undefined, 1, 2, '\t', ' \t');

describe('the JSON cursor', () => {
  it('walks and skips every legal document, whatever its spacing, and gives it out unchanged', () => {
    fc.assert(
      fc.property(json, spacing, (value, space) => {
        const source = ` ${JSON.stringify(value, null, space)}\r\n`;
        const bytes = bytesOf(source);
        expect(skips(bytes)).toBe(true);
        const walked = walk(bytes);
        expect(walked.isLegal).toBe(true);
        expect(JSON.stringify(walked.value)).toBe(JSON.stringify(JSON.parse(source)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('accepts a mutated document exactly when JSON.parse does', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ',',
      ':',
      '-',
      '.',
      'e',
      '0',
      '01',
      '\\',
      '\\u',
      'n',
    );
    const mutation = fc.record({ at: fc.nat(), removed: fc.nat(3), inserted: fc.oneof(pieces, fc.string()) });
    let legal = 0;
    fc.assert(
      fc.property(json, spacing, fc.array(mutation, { maxLength: 3 }), (value, space, mutations) => {
        let source = JSON.stringify(value, null, space);
        for (const { at, removed, inserted } of mutations) {
          const place = at % (source.length + 1);
          source = source.slice(0, place) + inserted + source.slice(place + removed);
        }
        const bytes = bytesOf(source);
        // A lone surrogate becomes another character on its way to bytes.
        const asSent = Buffer.from(bytes).toString('utf8');
        const expected = isJson(asSent);
        if (expected) legal++;
        expect(skips(bytes)).toBe(expected);
        expect(walk(bytes).isLegal).toBe(expected);
      }),
      { numRuns: 20_000 },
    );
    expect(legal).toBeGreaterThan(1_000);
  });

  it.each([
    '',
    ' ',
    '{',
    '[',
    '"',
    '{}x',
    '[] []',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{"a":1 "b":2}',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    'nul',
    'nulls',
    'True',
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12',
    '"\\',
    '\u00a01',
    '{"a":[}]',
    "{'a':1}",
    '[1}',
    '{"a":1]',
  ])('refuses %j', (source) => {
    expect(isJson(source)).toBe(false);
    expect(skips(bytesOf(source))).toBe(false);
    expect(walk(bytesOf(source)).isLegal).toBe(false);
  });

  it('stays inside its range', () => {
    const bytes = bytesOf('xx{"a":12345}yy');
    const cursor = new JsonCursor();
    cursor.reset(bytes, 2, 13);
    expect(cursor.skipValue() && cursor.finish()).toBe(true);
    cursor.reset(bytes, 2, 12);
    expect(cursor.skipValue()).toBe(false);
    const number = bytesOf('12345');
    cursor.reset(number, 1, 3);
    expect(cursor.readValue() && cursor.finish()).toBe(true);
    expect([cursor.valueStart, cursor.valueEnd]).toEqual([1, 3]);
  });

  it('refuses nesting that is only there to cost', () => {
    expect(skips(bytesOf('['.repeat(32) + ']'.repeat(32)))).toBe(true);
    expect(skips(bytesOf('['.repeat(33) + ']'.repeat(33)))).toBe(false);
    expect(skips(bytesOf('['.repeat(100_000)))).toBe(false);
  });

  it('reports escapes in keys and in texts that were read, and only there', () => {
    const cursor = new JsonCursor();
    const read = (source: string, wanted: string): boolean => {
      const bytes = bytesOf(source);
      cursor.reset(bytes, 0, bytes.length);
      cursor.enterObject();
      while (cursor.nextKey()) {
        if (cursor.keyIs(asciiBytes(wanted))) cursor.readValue();
        else cursor.skipValue();
      }
      expect(cursor.finish()).toBe(true);
      return cursor.hasEscape;
    };
    expect(read('{"msg":"a \\"b\\"","code":"1"}', 'code')).toBe(false);
    expect(read('{"msg":"a \\"b\\"","code":"1"}', 'msg')).toBe(true);
    expect(read('{"cod\\u0065":"1"}', 'code')).toBe(true);
    expect(text(resolveEscapes(bytesOf('{"cod\\u0065": "\\u0031"}'), 0, 24)!, 0, 12)).toBe('{"code":"1"}');
    expect(resolveEscapes(bytesOf('{'), 0, 1)).toBeUndefined();
  });
});
