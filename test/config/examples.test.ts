import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { defaultConfigFile, loadConfig } from '../../engine/config/load-config.ts';
import { configSchema } from '../../engine/config/schema.ts';
import { ENDPOINTS } from '../../engine/okx/venue-limits.ts';
import { exampleFile, exampleText } from './example.ts';

const KINDS = ['paper', 'demo', 'live'] as const;
/** Keys that hold lists of others. */
const LISTS: readonly string[] = [
  'instruments',
  'portfolio.groups',
  'protection.instruments',
  'backtest.fees',
  'broker.subBrokers',
];

/** Every key of the schema by its path, such as "venue.kind" and "instruments[].limits.position". */
function keysOf(schema: z.ZodType, path = ''): string[] {
  const { def } = schema as unknown as {
    def: { type: string; innerType?: z.ZodType; element?: z.ZodType; shape?: Record<string, z.ZodType> };
  };
  if (def.shape !== undefined) {
    const at = path === '' ? '' : `${path}.`;
    return Object.entries(def.shape).flatMap(([key, inner]) => [at + key, ...keysOf(inner, at + key)]);
  }
  if (def.element !== undefined) return keysOf(def.element, `${path}[]`);
  return def.innerType === undefined ? [] : keysOf(def.innerType, path);
}

/** The keys that stand in a commented file, be they in use or commented out, by their path. */
function keysNamedIn(text: string): Set<string> {
  const named = new Set<string>();
  const open: { indent: number; path: string }[] = [];
  for (const line of text.split('\n')) {
    // What is commented out has one word for its value; a comment that says something has several.
    const match = /^( *)(# (?=[a-zA-Z]+: \S+$))?(- )?([a-zA-Z]+):(?: \S.*)?$/.exec(line);
    if (match === null) continue;
    const [, blanks, , dash, key] = match;
    const indent = blanks!.length + (dash === undefined ? 0 : 2);
    while (open.length > 0 && open.at(-1)!.indent >= indent) open.pop();
    const parent = open.at(-1)?.path ?? '';
    const path = parent === '' ? key! : `${parent}${LISTS.includes(parent) ? '[]' : ''}.${key}`;
    named.add(path);
    open.push({ indent, path });
  }
  return named;
}

describe('the commented examples', () => {
  const keys = keysOf(configSchema);

  it('are held against a whole schema', () => {
    expect(keys).toEqual(
      expect.arrayContaining(['venue.kind', 'instruments[].limits.position', 'metrics.port']),
    );
    expect(keys.length).toBeGreaterThan(40);
  });

  it.each(KINDS)('%s.yaml loads, and is of its kind', (kind) => {
    expect(loadConfig(exampleFile(kind)).venue.kind).toBe(kind);
  });

  it.each(KINDS)('%s.yaml names every key, and no other', (kind) => {
    expect([...keysNamedIn(exampleText(kind))].sort()).toEqual([...keys].sort());
  });

  it.each(KINDS)('%s.yaml explains every key where it first stands', (kind) => {
    const lines = exampleText(kind).split('\n');
    const seen = new Set<string>();
    lines.forEach((line, index) => {
      const key = /^ *(?:# )?(?:- )?([a-zA-Z]+): \S/.exec(line)?.[1];
      if (key === undefined || seen.has(key)) return;
      seen.add(key);
      // Endpoints share the comment above the first of them; host and port that above host.
      const above = lines.slice(Math.max(0, index - 4), index).filter((each) => /^ *# [A-Za-z.]/.test(each));
      expect(above.length, `${key} in line ${index + 1}`).toBeGreaterThan(0);
    });
    expect(seen.size).toBeGreaterThan(30);
  });

  it('paper.yaml is what runs without --config', () => {
    expect(defaultConfigFile()).toBe(exampleFile('paper'));
    const config = loadConfig(defaultConfigFile());
    expect(config.instruments.map(({ instId }) => instId)).toEqual([
      'BTC-USDT',
      'BTC-USDT-SWAP',
      'ETH-USDT-SWAP',
    ]);
    expect(config.metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(config.venue.rest).toBeUndefined();
  });

  it.each(['demo', 'live'] as const)('%s.yaml shows the endpoints that hold without them', (kind) => {
    const text = exampleText(kind);
    const { rest, publicWs, privateWs, businessWs } = ENDPOINTS.global[kind];
    expect(text).toContain(`# rest: ${rest}\n`);
    expect(text).toContain(`# public: ${publicWs}\n`);
    expect(text).toContain(`# private: ${privateWs}\n`);
    expect(text).toContain(`# business: ${businessWs}\n`);
  });

  it.each(['demo', 'live'] as const)('%s.yaml has no tag: it is the operator’s own', (kind) => {
    expect(loadConfig(exampleFile(kind)).tag).toBeUndefined();
  });
});
