import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parsePrometheusText } from '../monitoring/prometheus-text.ts';
import { Scratch, ctl, sumOf } from './engine-process.ts';
import { FleetFile, FleetProcess } from './fleet-process.ts';
import { RunningProcess, isRunning, until } from './running-process.ts';
import { VenueProcess } from './venue-process.ts';
import type { AccountKeys } from './venue-process.ts';

/** Three accounts of one venue, each an engine in a process of its own under one supervisor. */

const NAMES = ['a', 'b', 'c'];
const TEST_MS = 180_000;
/** Far below the dead man's switch's ten seconds: what is cancelled by then was cancelled by the engines. */
const CANCEL_MS = 8_000;

const scratch = new Scratch();
afterEach(() => RunningProcess.endAll());
afterAll(() => scratch.remove());

const keys: Readonly<Record<string, AccountKeys>> = Object.fromEntries(
  NAMES.map((name) => [
    name,
    { key: `fleet-key-${name}`, secret: `fleet-secret-${name}`, passphrase: `fleet-passphrase-${name}` },
  ]),
);

function startVenue(): Promise<VenueProcess> {
  return VenueProcess.start(0, ['--market', 'BTC-USDT-SWAP'], Object.values(keys));
}

let folders = 0;
const newFolder = (): string => join(scratch.folder, `fleet-${++folders}`);

async function restsNothing(venue: VenueProcess, ms = CANCEL_MS): Promise<void> {
  await until('nothing to rest', async () => ((await venue.resting()).length === 0 ? true : undefined), ms);
}

/** Tags that rest at the venue. */
async function restingTags(venue: VenueProcess): Promise<string[]> {
  return [...new Set((await venue.resting()).map(({ tag }) => tag))].sort();
}

describe('several accounts', { timeout: TEST_MS }, () => {
  it('do not touch one another: one is killed, another has a wrong key', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), {
      venue,
      keys: { ...keys, c: { ...keys['c']!, secret: 'wrong-secret' } },
    });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes('a', 'b');
    // The one whose key is refused says so and stays down; the others do not mind.
    await fleet.stand('down', ['c'], ({ phase }) => phase === 'down');
    expect(await fleet.account('c')).toMatchObject({ lastEnd: 'code 78', restarts: 0, pid: null });
    expect(fleet.process.output).toMatch(/\[c\] .*50113.*OKX_API_SECRET/);
    expect(await restingTags(venue)).toEqual(['FLEETA', 'FLEETB']);

    // Nobody's process has another's key, in its environment or its arguments.
    const [a, b] = await Promise.all(['a', 'b'].map((name) => fleet.account(name)));
    for (const [pid, others] of [
      [a!.pid, 'b'],
      [b!.pid, 'a'],
    ] as const) {
      const seen = ['environ', 'cmdline'].map((what) => readFileSync(`/proc/${pid}/${what}`, 'utf8')).join();
      expect(seen).not.toContain(keys[others]!.secret);
      expect(seen).not.toMatch(/OKX_[A-Z_]*SECRET/);
    }

    process.kill(a!.pid!, 'SIGKILL');
    await fleet.stand('waiting', ['a'], ({ phase, pid }) => phase !== 'running' && pid !== a!.pid);
    await fleet.quotes('a', 'b');
    expect(await fleet.account('a')).toMatchObject({ restarts: 1, lastEnd: 'signal SIGKILL' });
    expect(await fleet.account('b')).toMatchObject({ restarts: 0, pid: b!.pid });

    // The key is put right, and the account taken up again; the others go on with the processes that they have.
    file.writeKey('c', keys['c']!);
    const reload = await fleet.ctl('reload');
    expect(reload.text).toMatch(/c: was down; started again/);
    expect(reload.code).toBe(0);
    await fleet.quotes('a', 'b', 'c');
    expect(await fleet.account('b')).toMatchObject({ restarts: 0, pid: b!.pid });

    const base = await fleet.base();
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    const families = parsePrometheusText(await (await fetch(`${base}/metrics`)).text());
    expect(sumOf(families, 'okxmm_fleet_account_up')).toBe(3);
    expect(sumOf(families, 'okxmm_fleet_account_restarts_total')).toBe(2);

    fleet.process.kill('SIGTERM');
    expect((await fleet.process.ended(60_000)).code).toBe(0);
    expect(fleet.process.stdout).toMatch(/a: ended by code 0\nb: ended by code 0\nc: ended by code 0\n/);
    expect(await venue.resting()).toEqual([]);
    for (const { secret, passphrase } of Object.values(keys)) {
      expect(fleet.process.output).not.toContain(secret);
      expect(fleet.process.output).not.toContain(passphrase);
    }
    expect(readdirSync(fleet.state).sort()).toEqual(['a', 'b', 'c', 'fleet.json']);
  });

  it('are all halted when together they have lost too much, and whoever comes back is, too', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes(...NAMES);
    // Each fill pays a fee, and costs what the spread does not bring.
    file.write({ venue, keys, fleet: { lossMax: 0.4 } });
    expect((await fleet.ctl('reload')).code).toBe(0);
    await fleet.areAt('halted', ...NAMES);
    await restsNothing(venue);
    const { group } = await fleet.status();
    expect(group.exceeded).toMatchObject({ limit: 'loss', command: 'halt' });
    expect(group.loss).toBeGreaterThanOrEqual(0.4);
    expect(fleet.process.output).toMatch(/group: fleet\.lossMax: expected at most 0\.4 over all accounts/);

    // One that is killed comes back halted; one that is resumed by itself is held back again.
    const { pid } = await fleet.account('b');
    process.kill(pid!, 'SIGKILL');
    await fleet.stand('back', ['b'], (account) => account.restarts === 1 && account.level === 'halted');
    expect((await fleet.ctl('resume', '--account', 'a')).code).toBe(0);
    await until('the group to be told again', () =>
      /a: halt, for the group/.test(fleet.process.output) ? true : undefined,
    );
    await fleet.areAt('halted', ...NAMES);

    // So does the whole fleet: what was exceeded is on disk.
    fleet.process.kill('SIGTERM');
    expect((await fleet.process.ended(60_000)).code).toBe(0);
    const again = new FleetProcess(file.file, fleet.state);
    await again.base();
    expect((await again.status()).group.exceeded).toMatchObject({ limit: 'loss' });
    await again.areAt('halted', ...NAMES);
    expect(await venue.resting()).toEqual([]);
  });

  it('have a limit that is changed while they run, and quote again when they are resumed', async () => {
    const venue = await startVenue();
    const options = { venue, keys: { a: keys['a']!, b: keys['b']! }, fleet: { notionalMax: 1 } };
    const file = new FleetFile(newFolder(), options);
    const fleet = new FleetProcess(file.file);
    // The first fills are more than a dollar's worth: all only reduce from then on.
    await fleet.stand('reduced', ['a', 'b'], ({ level }) => level === 'reduceOnly');
    expect((await fleet.status()).group.exceeded).toMatchObject({ limit: 'notional', command: 'reduce' });
    file.write({ ...options, fleet: { notionalMax: 100_000_000 } });
    await fleet.process.said(/limits over all are \{"notionalMax":100000000\}, were \{"notionalMax":1\}/);
    expect((await fleet.status()).group.limits.notional).toBe(100_000_000);
    const resume = await fleet.ctl('resume');
    expect(resume.text).toMatch(/^a: quoting\nb: quoting$/m);
    await fleet.quotes('a', 'b');
    expect((await fleet.status()).group.exceeded).toBeNull();
  });

  it('are told together and one by one, and those that are not there as soon as they are', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes(...NAMES);
    const pause = await fleet.ctl('pause', '--account', 'b');
    expect([pause.code, pause.text]).toEqual([0, expect.stringMatching(/^paused/)]);
    await fleet.areAt('paused', 'b');
    await fleet.quotes('a', 'c');

    const { pid } = await fleet.account('a');
    process.kill(pid!, 'SIGKILL');
    await fleet.stand('waiting', ['a'], ({ phase }) => phase === 'waiting');
    const halt = await fleet.ctl('halt');
    expect(halt.code).toBe(0);
    expect(halt.text).toMatch(
      /a: has no process \(waiting\); it is told as soon as it runs\nb: halted.*\nc: halted/,
    );
    await fleet.areAt('halted', ...NAMES);
    await restsNothing(venue, 15_000);
    const nobody = await ctl('pause', '--state', fleet.state, '--account', 'nobody');
    expect(nobody.code).toBe(75);

    expect((await fleet.ctl('resume')).code).toBe(0);
    await fleet.quotes(...NAMES);
  });

  it('hear what they were to be told though another supervisor tells them', async () => {
    const venue = await startVenue();
    const wrong = { ...keys['b']!, secret: 'wrong-secret' };
    const file = new FleetFile(newFolder(), { venue, keys: { a: keys['a']!, b: wrong } });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes('a');
    await fleet.stand('down', ['b'], ({ phase }) => phase === 'down');
    const halt = await fleet.ctl('halt');
    expect([halt.code, halt.text]).toEqual([
      0,
      expect.stringMatching(/b: has no process \(down\); it is told/),
    ]);
    fleet.process.kill('SIGKILL');
    file.writeKey('b', keys['b']!);
    const next = new FleetProcess(file.file, fleet.state);
    await next.areAt('halted', 'a', 'b');
    await restsNothing(venue);
    // Told once: what was told is no longer kept.
    await until('the word to be forgotten', () =>
      readFileSync(join(fleet.state, 'fleet.json'), 'utf8').includes('"pending":{}') ? true : undefined,
    );
  });

  it('wait for what an earlier supervisor has left, and end with it what ends their own', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys: { a: keys['a']!, b: keys['b']! } });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes('a', 'b');
    const { pid } = await fleet.account('b');
    // Its engine hangs, and keeps its state, while the next supervisor starts.
    process.kill(pid!, 'SIGSTOP');
    fleet.process.kill('SIGKILL');
    const next = new FleetProcess(file.file, fleet.state);
    try {
      await next.quotes('a');
      await next.stand('waiting', ['b'], ({ phase }) => phase === 'waiting');
      expect((await next.account('b')).lastEnd).toBe('code 75');
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
    await next.quotes('a', 'b');
    // Nobody reads what it says any more, which it cannot go on with: all are stopped, and it is no good end.
    next.process.child.stdout!.destroy();
    expect((await next.process.ended(60_000)).code).toBe(1);
    expect(await venue.resting()).toEqual([]);
  });

  it('cancel everything and end by themselves when the supervisor is killed', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys: { a: keys['a']!, b: keys['b']! } });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes('a', 'b');
    const pids = (await fleet.status()).accounts.map(({ pid }) => pid!);
    fleet.process.kill('SIGKILL');
    await restsNothing(venue);
    await until('the engines to end', () => (pids.some(isRunning) ? undefined : true), CANCEL_MS);
    // Nobody holds the accounts any more: another supervisor has them at once.
    const next = new FleetProcess(file.file, fleet.state);
    await next.quotes('a', 'b');
    next.process.kill('SIGTERM');
    expect((await next.process.ended(60_000)).code).toBe(0);
  });

  it('end well when they are stopped before they have begun', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys });
    const fleet = new FleetProcess(file.file);
    await fleet.base();
    fleet.process.kill('SIGTERM');
    expect((await fleet.process.ended(60_000)).code).toBe(0);
    expect(await venue.resting()).toEqual([]);
  });

  it('end with the worst of their codes when none can run', async () => {
    const venue = await startVenue();
    const [a, b] = ['a', 'b'].map((name) => ({ ...keys[name]!, secret: 'wrong' }));
    const file = new FleetFile(newFolder(), { venue, keys: { a: a!, b: b! } });
    const fleet = new FleetProcess(file.file);
    expect((await fleet.process.ended(60_000)).code).toBe(78);
    expect(fleet.process.output).toMatch(/stopping every account: every account is down, and stays so/);
  });
});

describe('two accounts with one key', { timeout: TEST_MS }, () => {
  it('are refused before any engine is started', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys: { a: keys['a']!, b: keys['a']! } });
    const fleet = new FleetProcess(file.file);
    expect((await fleet.process.ended(60_000)).code).toBe(78);
    expect(fleet.process.output).toMatch(/accounts\[1\] \(b\): expected a key of its own, was that of/);
    expect(fleet.process.output).not.toContain(keys['a']!.key);
  });
});

describe('one of several accounts', { timeout: TEST_MS }, () => {
  it('runs by itself, too, with the state that it has under the supervisor', async () => {
    const venue = await startVenue();
    const file = new FleetFile(newFolder(), { venue, keys });
    const fleet = new FleetProcess(file.file);
    await fleet.quotes('b');
    fleet.process.kill('SIGTERM');
    await fleet.process.ended(60_000);
    const args = [fleet.process.child.spawnargs[1]!, '--config', file.file, '--state', fleet.state];
    const alone = new RunningProcess(process.execPath, [...args, '--account', 'b']);
    await alone.said(/quoting BTC-USDT-SWAP on the paper venue, tag FLEETB/, 60_000);
    await until('its orders', async () =>
      (await restingTags(venue)).join() === 'FLEETB' ? true : undefined,
    );
    alone.kill('SIGTERM');
    expect((await alone.ended()).code).toBe(0);
    const unknown = new RunningProcess(process.execPath, [...args, '--account', 'x']);
    expect((await unknown.ended()).code).toBe(78);
    expect(unknown.output).toMatch(/expected --account to be one of a, b, c, was "x"/);
  });
});
