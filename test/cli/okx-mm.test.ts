import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const OKX_MM = fileURLToPath(new URL('../../dist/engine/cli/okx-mm.js', import.meta.url));
const JOURNAL = fileURLToPath(new URL('../replay/regressions/paper-flatten', import.meta.url));

it('what the system refuses is said in one line, and okx-mm ends with 1', () => {
  const argv = [OKX_MM, 'replay', JOURNAL, '--json', '/none/there.json'];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^okx-mm replay: ENOENT: [^\n]*'\/none\/there\.json'\n$/);
});

it('so is a full disk behind standard output', () => {
  const full = openSync('/dev/full', 'w');
  const argv = [OKX_MM, 'journal', 'cat', JOURNAL];
  const { status, stderr } = spawnSync(process.execPath, argv, {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^okx-mm journal: ENOSPC: [^\n]*\n$/);
});
