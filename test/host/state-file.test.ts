import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { Random } from '../../engine/base/random.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import type { EngineState } from '../../engine/host/engine-state.ts';
import { StateError } from '../../engine/host/state-error.ts';
import { FileStateStore } from '../../engine/host/state-file.ts';
import { stateOf } from './state-rows.ts';

const scratch = mkdtempSync(join(tmpdir(), 'okxmm-state-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const HALTED = { version: 1, run: 0, kill: [{ trigger: 'stateDamaged', level: 'halted', instId: '' }] };

let folders = 0;
let folder = '';
let store: FileStateStore;

beforeEach(() => {
  folder = join(scratch, String(++folders));
  mkdirSync(folder);
  store = storeOf(folder);
});

function storeOf(directory: string): FileStateStore {
  return new FileStateStore(directory, new ManualClock(1_795_000_000_000));
}

async function errorOf(answer: Promise<unknown>): Promise<StateError> {
  const error: unknown = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StateError);
  return error as StateError;
}

describe('a state file', () => {
  it('is none at first', async () => {
    expect(await store.load()).toBeUndefined();
  });

  it('gives back what was saved last, whole, to whoever opens it next', async () => {
    for (const run of [1, 2, 3]) {
      await store.save(stateOf(run));
      expect(await storeOf(folder).load()).toEqual(stateOf(run));
    }
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('is its owner’s alone, also after a crash left a temporary file that others could read', async () => {
    const temporary = join(folder, 'state.json.tmp');
    writeFileSync(temporary, 'half a st');
    chmodSync(temporary, 0o644);
    expect(await store.load()).toBeUndefined();
    await store.save(stateOf(1));
    expect(statSync(store.file).mode & 0o777).toBe(0o600);
    expect(await store.load()).toEqual(stateOf(1));
  });

  it('takes saves that overlap one after the other: the last one asked for stays', async () => {
    const runs = Array.from({ length: 20 }, (_, index) => index + 1);
    await Promise.all(runs.map((run) => store.save(stateOf(run, run * 7))));
    expect(await store.load()).toEqual(stateOf(20, 140));
    const failed = store.save({ ...stateOf(21), savedMs: NaN });
    const after = store.save(stateOf(22));
    await expect(failed).rejects.toThrow('finite');
    await after;
    expect(await store.load()).toEqual(stateOf(22));
  });

  it('takes no number that JSON cannot say', async () => {
    await store.save(stateOf(1));
    await expect(store.save({ ...stateOf(2), verifiedMs: NaN })).rejects.toThrow('finite');
    await expect(store.save({ ...stateOf(2), savedMs: -Infinity })).rejects.toThrow('finite');
    expect(await store.load()).toEqual(stateOf(1));
  });

  it('of another version is refused and left as it is', async () => {
    await store.save({ ...stateOf(1), version: 2 } as unknown as EngineState);
    const before = readFileSync(store.file);
    const error = await errorOf(store.load());
    expect(error.code).toBe('STATE_VERSION');
    expect(error.message).toContain(
      'expected version 1, was 2; run the engine that wrote it, or name another',
    );
    expect(readFileSync(store.file)).toEqual(before);
  });

  it('that cannot be read or written is said', async () => {
    mkdirSync(store.file);
    const error = await errorOf(store.load());
    expect(error.code).toBe('STATE_UNREADABLE');
    expect(error.message).toMatch(/state .*state\.json: expected a readable file, was EISDIR; .*--state/);
    expect((await errorOf(store.save(stateOf(1)))).code).toBe('STATE_UNWRITABLE');
    rmSync(folder, { recursive: true });
    expect((await errorOf(store.save(stateOf(1)))).message).toContain('expected to be written, was ENOENT');
  });
});

describe('a damaged state file', () => {
  it('is kept aside with a word on what to do, and the next load is halted', async () => {
    await store.save(stateOf(7));
    const damaged = readFileSync(store.file);
    damaged[damaged.length - 10]! ^= 1;
    writeFileSync(store.file, damaged);
    const error = await errorOf(store.load());
    expect(error.code).toBe('STATE_DAMAGED');
    const aside = `${store.file}.damaged-1`;
    expect(error.message).toContain(`kept aside as ${aside}`);
    expect(error.message).toContain('look at the venue, then start again. It starts halted');
    expect(error.message).toContain('`npm run -s ctl -- resume`');
    expect(readFileSync(aside)).toEqual(damaged);
    expect(statSync(aside).mode & 0o777).toBe(0o600);
    expect(await store.load()).toMatchObject(HALTED);
    expect(await storeOf(folder).load()).toMatchObject(HALTED);
  });

  it('never takes the place of another that is kept', async () => {
    for (const count of [1, 2, 3]) {
      writeFileSync(store.file, `damage ${count}`);
      expect((await errorOf(store.load())).message).toContain(`state.json.damaged-${count}`);
    }
    for (const count of [1, 2, 3]) {
      expect(readFileSync(`${store.file}.damaged-${count}`, 'utf8')).toBe(`damage ${count}`);
    }
  });

  it('is found again by the next start when the disk was full for the halted state', async () => {
    writeFileSync(store.file, 'damage');
    // A directory in the way of the temporary file: the copy can be written, the new state cannot.
    mkdirSync(`${store.file}.tmp`);
    expect((await errorOf(store.load())).code).toBe('STATE_UNWRITABLE');
    expect(readFileSync(store.file, 'utf8')).toBe('damage');
    rmSync(`${store.file}.tmp`, { recursive: true });
    expect((await errorOf(store.load())).code).toBe('STATE_DAMAGED');
    expect(await store.load()).toMatchObject(HALTED);
  });

  it('is noticed at every cut', async () => {
    await store.save(stateOf(7, 1));
    const whole = readFileSync(store.file);
    const more = ['\n', '}', whole.toString()].map((text) => Buffer.concat([whole, Buffer.from(text)]));
    const cuts = Array.from(whole, (_, length) => whole.subarray(0, length));
    expect(await unnoticed([...cuts, ...more])).toEqual([]);
    expect(await unnoticed([whole])).toEqual([0]);
  }, 60_000);

  it('is noticed at every flipped bit', async () => {
    await store.save(stateOf(7, 1));
    const whole = readFileSync(store.file);
    const flipped = Array.from(whole, (byte, index) => {
      const bytes = Buffer.from(whole);
      bytes[index] = byte ^ (1 << (index % 8));
      return bytes;
    });
    expect(await unnoticed(flipped)).toEqual([]);
  }, 60_000);

  /** Which of these files are taken for whole; each in a folder of its own, so that none finds what another left. */
  async function unnoticed(files: readonly Uint8Array[]): Promise<number[]> {
    const found: number[] = [];
    for (const [index, bytes] of files.entries()) {
      const own = mkdtempSync(join(folder, 'd'));
      writeFileSync(join(own, 'state.json'), bytes);
      const isDamaged = await storeOf(own)
        .load()
        .then(
          () => false,
          (error: unknown) => error instanceof StateError && error.code === 'STATE_DAMAGED',
        );
      const after = isDamaged ? await storeOf(own).load() : undefined;
      if (after?.kill[0]?.trigger !== 'stateDamaged') found.push(index);
      rmSync(own, { recursive: true });
    }
    return found;
  }
});

describe('a writer that is killed', () => {
  const KILLS = 40;
  const DELAY_MS_MAX = 20;
  const SEED = 20_261_121;

  it(`leaves one of the states it wrote, whole, each of ${KILLS} times`, async () => {
    const script = join(packageRoot(), 'dist', 'test', 'host', 'state-writer.js');
    const random = new Random(SEED);
    let last = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface(writer.stdout);
      const said: string[] = [];
      lines.on('line', (line) => said.push(line));
      await once(lines, 'line');
      if (said.length < 2) await once(lines, 'line');
      // Between one line and the next lies a whole save: the delay decides where in it the kill strikes.
      const timer = setTimeout(() => writer.kill('SIGKILL'), random.below(DELAY_MS_MAX));
      const closed = once(lines, 'close');
      expect(await once(writer, 'exit')).toEqual([null, 'SIGKILL']);
      clearTimeout(timer);
      await closed;
      // It found what the one before left: the last that was said to be saved, or the one after.
      expect(said[0]).toBe(`found ${last}`);
      const saidLast = Number(said.at(-1));
      const state = await store.load();
      last = state!.run;
      expect([saidLast, saidLast + 1]).toContain(last);
      expect(state).toEqual(stateOf(last, 2_000));
    }
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
  }, 60_000);
});
