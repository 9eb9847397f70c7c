import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/test/sim/main.js', import.meta.url));
const PATIENCE_MS = 120_000;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As `npm run sim`, without the build before it. */
function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [PROGRAM, ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'sim-'));
afterAll(() => rmSync(folder, { recursive: true }));

test(
  'worlds that hold: exit code 0, and a JSON of every seed that is the same again',
  async () => {
    const files = [join(folder, 'first.json'), join(folder, 'again.json')];
    const args = ['--seeds', '3', '--from', '5', '--hours', '0.02', '--faults', 'light'];
    const first = await run(...args, '--json', files[0]!);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain('3 seeds, 0 failed');
    expect(first.stdout).toMatch(/speed \d+\.\d virtual hours a minute/);
    // On one thread instead of several, nothing is another.
    await run(...args, '--jobs', '1', '--json', files[1]!);
    const [one, other] = files.map((file) => {
      const { seeds } = JSON.parse(readFileSync(file, 'utf8')) as { seeds: Record<string, unknown>[] };
      for (const seed of seeds) delete seed['realSeconds'];
      return seeds;
    });
    expect(one).toEqual(other);
    expect(one!.map(({ seed }) => seed)).toEqual([5, 6, 7]);
    for (const seed of one!) {
      expect(Object.keys(seed)).toEqual(
        expect.arrayContaining(['stateHash', 'orders', 'fills', 'faults', 'restarts', 'profit']),
      );
      expect(seed['failure']).toBe(null);
    }
  },
  PATIENCE_MS,
);

test(
  'a world that does not hold: exit code 1 with seed, step, checker, and how it is run again',
  async () => {
    const args = ['--seed', '1', '--hours', '0.05', '--faults', 'none', '--broken', 'stp-forgotten'];
    const { code, stdout } = await run(...args);
    expect(code).toBe(1);
    expect(stdout).toMatch(/seed 1: FAILED after 0:\d\d:\d\d\.\d{3} at step \d+: own marks: /);
    expect(stdout).toContain(`again: npm run -s sim -- ${args.join(' ')} --verbose`);
    expect(stdout).toContain('1 seeds, 1 failed');
  },
  PATIENCE_MS,
);

test('a command that is not understood: exit code 2 and how it is called', async () => {
  const { code, stderr, stdout } = await run('--hours', '1', '--faults', 'many');
  expect(code).toBe(2);
  expect(stderr).toContain('--faults: expected none, light or heavy, was "many"');
  expect(stderr).toContain('usage: npm run -s sim');
  expect(stdout).toBe('');
});
