/** Runs the compiled probe: `npm run build` first. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The least thing that V8 allocates for a number is 12 bytes; the accounting of the heap is off by 1 to 5 a pass here. */
const BYTES_PER_PASS_MAX = 10;

it('a fair price with every signal allocates nothing, whatever its base', async () => {
  const probe = fileURLToPath(
    new URL('../../../dist/test/workers/fair/allocation-probe.js', import.meta.url),
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', '--max-semi-space-size=64', probe],
    { timeout: 55_000 },
  );
  const results = JSON.parse(stdout) as { base: string; bytesPerPass: number; checksum: number }[];
  expect(results.length).toBe(8);
  for (const { base, bytesPerPass, checksum } of results) {
    expect(bytesPerPass, base).toBeLessThan(BYTES_PER_PASS_MAX);
    expect(checksum / 150_000, base).toBeCloseTo(650_511, -3);
  }
}, 60_000);
