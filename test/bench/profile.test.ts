import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { roomOf, summarise } from '../../bench/profile/cpu-profile.ts';
import type { CpuProfile } from '../../bench/profile/cpu-profile.ts';
import { flameGraph } from '../../bench/profile/flame-graph.ts';
import { profileText, table } from '../../bench/profile/profile-text.ts';
import { packageRoot } from '../../engine/config/package-root.ts';

function frame(functionName: string, path: string) {
  const url = path === '' || path.startsWith('node:') ? path : pathToFileURL(join(packageRoot(), path)).href;
  return { functionName, url, lineNumber: 9 };
}

/** root -> play -> (decode -> scan, collector, idle, the profiler itself). */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 5, 6] },
    { id: 2, callFrame: frame('play', 'dist/bench/rig/turn-rig.js'), children: [3] },
    { id: 3, callFrame: frame('decode', 'dist/engine/okx/depth-decoder.js'), children: [4] },
    { id: 4, callFrame: frame('scan', 'dist/engine/okx/depth-decoder.js') },
    { id: 5, callFrame: frame('(idle)', '') },
    { id: 6, callFrame: frame('post', 'node:inspector') },
  ],
  samples: [2, 3, 4, 4, 5, 6],
  timeDeltas: [100, 200, 300, 400, 5_000, 7_000],
};

describe('the summary of a profile', () => {
  const summary = summarise(PROFILE);

  it('gives self time by room and function, without idling and the profiler', () => {
    expect(summary.totalUs).toBe(1_000);
    expect(summary.rooms).toEqual([
      { what: 'engine/okx', share: 0.9 },
      { what: 'bench', share: 0.1 },
    ]);
    expect(summary.functions[0]).toEqual({ what: 'scan dist/engine/okx/depth-decoder.js:10', share: 0.7 });
  });

  it('folds stacks', () => {
    expect(summary.folded.split('\n').toSorted()).toEqual([
      'play 100',
      'play;decode 200',
      'play;decode;scan 700',
    ]);
  });

  it('is drawn: each box as wide as its share', () => {
    const svg = flameGraph(summary.flame, 'a < b');
    expect(svg).toContain('a &lt; b');
    expect(svg).toContain('<title>scan (engine/okx) 70.0 %</title><rect x="0.0" y="68" width="840.0"');
    expect(svg.match(/<rect /g)).toHaveLength(4);
  });

  it('of nothing is refused', () => {
    expect(() => summarise({ ...PROFILE, samples: [], timeDeltas: [] })).toThrow('there are none');
  });
});

describe('the rooms', () => {
  it.each([
    ['dist/engine/book/book-side.js', 'engine/book'],
    ['dist/engine/loop.js', 'engine/loop'],
    ['dist/workers/inline.js', 'workers'],
    ['node_modules/ws/index.js', 'packages'],
  ])('of %s is %s', (path, room) => {
    expect(roomOf(frame('f', path))).toBe(room);
  });

  it('of Node and V8 are their own', () => {
    expect(roomOf(frame('now', 'node:perf'))).toBe('node');
    expect(roomOf(frame('(garbage collector)', ''))).toBe('(garbage collector)');
    expect(roomOf(frame('copyWithin', ''))).toBe('(built in)');
  });
});

describe('the text', () => {
  it('says how often code was taken back', () => {
    const report = {
      path: 'tick-to-trade',
      feed: 'recorded',
      turns: 10,
      machine: '',
      node: '',
      date: '',
      p50: 1_000,
      p99: 2_000,
      stages: [{ stage: 'decoded', count: 1_000, p50: 600, p90: 700, p99: 800 }],
      deoptimisations: [{ what: 'apply: wrong map (deopt-eager)', count: 2 }],
      optimised: 3,
      collections: [],
      rooms: [{ what: 'engine/okx', share: 0.5 }],
      functions: [],
    };
    expect(profileText(report)).toContain('Deoptimisations after warming up: 2 × apply: wrong map');
    expect(profileText(report)).toMatch(/\| decoded\s+\| 1,000 \|\s+600 \|/);
    expect(profileText({ ...report, deoptimisations: [] })).toContain('after warming up: 0.');
  });

  it('has tables as Markdown wants them', () => {
    expect(table(['a', 'b'], [['x', '1']])).toBe('| a   |   b |\n| --- | --: |\n| x   |   1 |');
  });
});
