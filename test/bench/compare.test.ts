import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BenchResult } from '../../bench/benchmark.ts';
import { Verdict, compare, comparisonText, ratioOf, verdictOf } from '../../bench/compare/ratios.ts';
import { CompareError, knownBy } from '../../bench/compare/revision.ts';
import { packageRoot } from '../../engine/config/package-root.ts';

function result(name: string, p50: number, over: Partial<BenchResult> = {}): BenchResult {
  return {
    name,
    feed: 'f',
    unit: 'ns',
    p50,
    p90: p50,
    p99: p50 * 2,
    p999: p50,
    max: p50,
    opsPerSecond: 1,
    bytesPerOp: 0,
    checksum: 'aaaaaaaa',
    samples: 1,
    calibrationNs: 1,
    note: '',
    ...over,
  };
}

describe('the verdict', () => {
  it.each([
    ['all below', [0.8, 0.81, 0.79, 0.85, 0.8], Verdict.faster],
    ['all above', [1.3, 1.2, 1.5, 1.21, 1.4], Verdict.slower],
    ['one of five contradicts', [0.8, 0.81, 0.79, 1.1, 0.8], Verdict.open],
    ['one of six contradicts', [0.8, 0.81, 0.79, 0.82, 0.8, 1.1], Verdict.faster],
    ['all below, but by nothing', [0.99, 0.995, 0.99, 0.985, 0.99], Verdict.same],
    ['around one', [0.99, 1.01, 1, 1.005, 0.995], Verdict.same],
    ['widely around one', [0.7, 1.4, 1, 0.8, 1.3], Verdict.open],
    ['four rounds', [0.5, 0.5, 0.5, 0.5], Verdict.tooFew],
  ])('%s', (_, rounds, verdict) => {
    expect(verdictOf(ratioOf(rounds))).toBe(verdict);
  });

  it('has quartiles, and the range of few rounds', () => {
    expect(ratioOf([5, 1, 3, 2, 4])).toMatchObject({ median: 3, low: 2, high: 4 });
    expect(ratioOf([3, 1, 2])).toMatchObject({ median: 2, low: 1, high: 3 });
  });
});

describe('the comparison', () => {
  it('is by round: a slow minute of both is in neither', () => {
    const rounds = [1, 5, 2, 9, 1].map((slow) => ({
      base: [result('x', 100 * slow)],
      tree: [result('x', 50 * slow)],
    }));
    const { rows } = compare(rounds);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ verdict: Verdict.faster, p50: { median: 0.5 }, p99: { median: 0.5 } });
  });

  it('lists what one side alone has', () => {
    const comparison = compare([
      { base: [result('x', 1), result('old', 1)], tree: [result('x', 1), result('new', 1)] },
    ]);
    expect(comparison.rows.map(({ name }) => name)).toEqual(['x']);
    expect(comparison.onlyInBase).toEqual(['old (f)']);
    expect(comparison.onlyInTree).toEqual(['new (f)']);
    const text = comparisonText(comparison);
    expect(text).toContain('only in the base: old (f)');
    expect(text).toContain('only in the tree: new (f)');
  });

  it('says when one does something else, and what each leaves on the heap', () => {
    const text = comparisonText(
      compare([
        { base: [result('x', 1, { bytesPerOp: 16 })], tree: [result('x', 1, { checksum: 'bbbbbbbb' })] },
      ]),
    );
    expect(text).toContain('16 -> 0');
    expect(text).toContain('does something else: checksum aaaaaaaa before, bbbbbbbb now');
  });

  it('of nothing with nothing is one', () => {
    expect(compare([{ base: [result('x', 0)], tree: [result('x', 0)] }]).rows[0]!.p50.median).toBe(1);
  });
});

describe('what a bench command knows', () => {
  it('is read from its usage', () => {
    const usage =
      "Unknown option '--x'\nusage: npm run bench -- [--json FILE] [--no-peers]\n  NAME is one of gate, diff\n";
    expect(knownBy(usage, 't')).toEqual({
      benchmarks: ['gate', 'diff'],
      flags: new Set(['--json', '--no-peers']),
    });
    expect(() => knownBy('SyntaxError: x', 't')).toThrow(CompareError);
  });
});

const COMMAND = join(packageRoot(), 'dist/bench/compare/main.js');
/** A bench command that says what it was asked, and takes as long as its revision says. */
const FAKE_BENCH = (p50: number): string => `
  const fs = require('node:fs');
  const args = process.argv.slice(2);
  if (args.includes('--no-such-flag')) {
    console.error('usage: npm run bench -- [--json FILE] [--only NAME]\\n  NAME is one of gate');
    process.exit(2);
  }
  fs.appendFileSync(process.env.FAKE_LOG, '${p50} ');
  const result = { name: 'gate', feed: 'f', p50: ${p50}, p99: ${p50}, bytesPerOp: 0, checksum: 'c' };
  const done = () => fs.writeFileSync(args[args.indexOf('--json') + 1], JSON.stringify({ results: [result] }));
  if (process.env.FAKE_HANGS) setInterval(() => {}, 1000); else done();
`;

describe('the command', () => {
  let folder: string;
  let repository: string;

  function git(...args: readonly string[]): void {
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: repository,
      stdio: 'ignore',
    });
  }

  function put(path: string, text: string): void {
    mkdirSync(join(repository, path, '..'), { recursive: true });
    writeFileSync(join(repository, path), text);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'compare-test-'));
    repository = join(folder, 'repository');
    mkdirSync(join(folder, 'tmp'));
    put('package.json', '{"name":"okx-mm"}');
    put('package-lock.json', '{}');
    put('tsconfig.json', '{}');
    put('.gitignore', 'node_modules/\ndist/\n');
    // "Compiles" by copying; does not when the source says so.
    put(
      'node_modules/typescript/bin/tsc',
      `const fs = require('node:fs');
       if (fs.readFileSync('bench/main.ts', 'utf8') === 'broken') { console.log('main.ts(1,1): broken'); process.exit(1); }
       fs.mkdirSync('dist/bench', { recursive: true });
       fs.copyFileSync('bench/main.ts', 'dist/bench/main.js');`,
    );
    put('bench/main.ts', FAKE_BENCH(100));
    git('init', '-q');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    git('tag', 'good');
    put('bench/main.ts', 'broken');
    git('commit', '-q', '-a', '-m', 'two');
    git('tag', 'bad');
    put('bench/main.ts', FAKE_BENCH(50));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function start(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd,
      env: { ...process.env, TMPDIR: join(folder, 'tmp'), FAKE_LOG: join(folder, 'log'), ...env },
    });
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.stderr.on('data', (data: Buffer) => (text += data.toString()));
    const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, text }));
    });
    return { child, ended };
  }

  it('builds both, measures in turns, and leaves nothing behind', async () => {
    const json = join(folder, 'out.json');
    const { ended } = start(repository, ['good', '--only', 'gate', '--rounds', '5', '--json', json]);
    const { code, text } = await ended;
    expect(text).toMatch(/gate\s+f\s+0\.500 \(0\.500 to 0\.500\)\s+faster/);
    expect(code).toBe(0);
    expect(readFileSync(join(folder, 'log'), 'utf8').trim().split(' ')).toEqual([
      '100',
      '50',
      '50',
      '100',
      '100',
      '50',
      '50',
      '100',
      '100',
      '50',
    ]);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      rounds: 5,
      rows: [{ name: 'gate', verdict: 'faster' }],
    });
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('says what is wrong with a base, a folder or a name', async () => {
    const outcomes = await Promise.all([
      start(repository, ['nowhere']).ended,
      start(repository, ['bad']).ended,
      start(folder, ['good']).ended,
      start(repository, ['good', '--only', 'nothing']).ended,
      start(repository, []).ended,
    ]);
    expect(outcomes.map(({ code }) => code)).toEqual([1, 1, 1, 1, 2]);
    const [unknown, broken, foreign, name, none] = outcomes.map(({ text }) => text);
    expect(unknown).toContain('was "nowhere"');
    expect(broken).toContain('does not build:\nmain.ts(1,1): broken');
    expect(foreign).toContain('expected a git repository');
    expect(name).toContain('expected one of gate, was "nothing"');
    expect(none).toContain('usage: npm run bench:compare');
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('ends what it has started when it is interrupted', async () => {
    const { child, ended } = start(repository, ['good', '--only', 'gate'], { FAKE_HANGS: '1' });
    const log = join(folder, 'log');
    while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });
});
