import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../engine/config/package-root.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-owned-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const PROGRAM = join(packageRoot(), 'dist/bench/main.js');
const LOOK_MS = 20;

/** The command on its way: its benchmark has written the feeds of its peers. */
async function begun() {
  const command = spawn(process.execPath, [PROGRAM, '--no-peers', '--only', 'wire-to-wire'], {
    env: { ...process.env, TMPDIR: folder, XDG_CACHE_HOME: folder },
    stdio: 'ignore',
  });
  const hasFeeds = (): boolean =>
    readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('.feed'));
  while (!hasFeeds() && command.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  return command;
}

describe('a command that is ended', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s leaves no process and no file', { timeout: 60_000 }, async (signal, code) => {
    const command = await begun();
    command.kill(signal);
    expect(await once(command, 'exit')).toEqual([code, null]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
