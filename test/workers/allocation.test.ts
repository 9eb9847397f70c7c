/** Runs the compiled probe: `npm run build` first. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** The least thing that V8 allocates for a number is 12 bytes; the heap's own accounting is off by 1 or 2 a pass here. */
const BYTES_PER_PASS_MAX = 6;

it.each([
  ['fixed', 195_057_136_584],
  ['glft', 195_138_667_884],
  ['glft-exact', 195_148_316_296],
])(
  'the way of a market to its quote and back allocates nothing: %s',
  async (model, expected) => {
    const probe = fileURLToPath(new URL('../../dist/test/workers/allocation-probe.js', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', '--max-semi-space-size=64', probe, model],
      { timeout: 25_000 },
    );
    const { bytesPerPass, checksum } = JSON.parse(stdout) as { bytesPerPass: number; checksum: number };
    expect(checksum).toBe(expected);
    expect(bytesPerPass).toBeLessThan(BYTES_PER_PASS_MAX);
  },
  30_000,
);
