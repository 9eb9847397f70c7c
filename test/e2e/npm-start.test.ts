import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Scratch, exampleConfig } from './engine-process.ts';
import { RunningProcess, descendantsOf, isRunning, until } from './running-process.ts';

/** The command as a person types it: npm, a shell, the engine, its venue. Whatever the signal, none of them is left. */

const scratch = new Scratch();
let configFile = '';

beforeAll(() => {
  configFile = scratch.write(exampleConfig());
});

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

let states = 0;
const npmStart = (...args: string[]): RunningProcess => {
  const state = join(scratch.folder, `state-${++states}`);
  const given = ['--config', configFile, '--state', state, ...args];
  return new RunningProcess('npm', ['start', '--', ...given], { isGroup: true });
};

/** The engine and its venue, once it quotes. */
async function whenQuoting(npm: RunningProcess): Promise<number[]> {
  await npm.said(/recovered: nothing of ours rests/, 30_000);
  const family = descendantsOf(npm.pid);
  expect(family.length).toBeGreaterThanOrEqual(2);
  return family;
}

const CONFIRMED = 'all orders cancelled and confirmed';

async function untilGone(family: readonly number[]): Promise<void> {
  await until('every process to be gone', () => !family.some(isRunning) || undefined, 5_000);
}

describe('npm start', () => {
  it('builds, runs for the duration, and leaves no process', async () => {
    const npm = npmStart('--duration', '3s');
    const family = await whenQuoting(npm);
    expect(await npm.ended(), npm.output).toEqual({ code: 0, signal: null });
    expect(npm.stdout).toContain(CONFIRMED);
    await untilGone(family);
  });

  it('stops cleanly when npm is told by SIGTERM', async () => {
    const npm = npmStart();
    const family = await whenQuoting(npm);
    npm.kill('SIGTERM');
    expect(await npm.ended(), npm.output).toEqual({ code: 0, signal: null });
    expect(npm.stdout).toContain(CONFIRMED);
    await untilGone(family);
  });

  it('stops cleanly on Ctrl-C, which the engine gets from the terminal and once more from npm', async () => {
    const npm = npmStart();
    const family = await whenQuoting(npm);
    npm.killGroup('SIGINT');
    expect(await npm.ended(), npm.output).toEqual({ code: 0, signal: null });
    expect(npm.stdout).toContain(CONFIRMED);
    await untilGone(family);
  });

  it('stops cleanly when its terminal is closed, which npm itself does not survive', async () => {
    const npm = npmStart();
    const family = await whenQuoting(npm);
    npm.killGroup('SIGHUP');
    expect(await npm.ended()).toEqual({ code: null, signal: 'SIGHUP' });
    expect(npm.stdout).toContain(CONFIRMED);
    await untilGone(family);
  });

  it('does not start the engine when it is stopped while it still builds', async () => {
    const npm = npmStart();
    const family = await until('the build to run', () => {
      const found = descendantsOf(npm.pid);
      return found.length > 0 ? found : undefined;
    });
    npm.killGroup('SIGINT');
    await npm.ended();
    await untilGone(family);
    expect(npm.output).not.toContain('metrics and status on');
  });
});
