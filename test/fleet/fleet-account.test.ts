import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { FleetAccount } from '../../engine/fleet/fleet-account.ts';
import { isRunning, until } from '../e2e/running-process.ts';

/** Real processes, of a script that stands in for an engine: what it does is its argument. */
const SCRIPT = `
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const [what, file] = process.argv.slice(2);
console.log('begins ' + what);
console.error('environment ' + Object.keys(process.env).filter((name) => name.startsWith('OKX_')).join(','));
if (what.startsWith('code')) process.exit(Number(what.slice(4)));
const status = {
  state: 'quoting', isReady: true, kill: { level: 'quoting', reason: 'none' },
  risk: { profit: -12.5, held: 300 }, instruments: [{ orderCount: 3 }, { orderCount: 4 }],
};
const server = createServer((_, response) => response.end(JSON.stringify(status)));
server.listen(0, '127.0.0.1', () => process.send({ metricsPort: server.address().port }));
const end = (why) => { writeFileSync(file, why); process.exit(0); };
process.on('SIGTERM', () => end('told'));
process.on('disconnect', () => end('alone'));
`;

const scratch = mkdtempSync(join(tmpdir(), 'okxmm-account-'));
const script = join(scratch, 'engine.mjs');
writeFileSync(script, SCRIPT);
const ended = join(scratch, 'ended');
afterAll(() => rmSync(scratch, { recursive: true }));

let account: FleetAccount | undefined;
afterEach(async () => {
  account?.kill();
  await account?.stop();
});

function started(what: string, lines: string[] = [], onDown: () => void = () => {}): FleetAccount {
  rmSync(ended, { force: true });
  account = new FleetAccount({
    name: 'desk',
    metricsHost: '127.0.0.1',
    stateDirectory: scratch,
    script,
    args: [what, ended],
    environment: { PATH: process.env['PATH'], OKX_DESK_API_KEY: 'own' },
    restart: { finalCodes: [0, 78], waitMsMax: 1_000 },
    clock: new SystemClock(),
    log: (line) => lines.push(line),
    onDown,
  });
  account.start();
  return account;
}

async function figuresOf(desk: FleetAccount): Promise<void> {
  await until('its figures', async () => ((await desk.look()) ? true : undefined));
}

describe('an account’s process', () => {
  it('is looked at by its exporter, told apart from one that starts, and stopped when it is told', async () => {
    const lines: string[] = [];
    const desk = started('run', lines);
    expect(desk.status()).toMatchObject({ phase: 'starting', state: null, profit: null, restarts: 0 });
    await figuresOf(desk);
    expect(desk.status()).toMatchObject({
      account: 'desk',
      phase: 'running',
      level: 'quoting',
      isReady: true,
      openOrders: 7,
      profit: -12.5,
      held: 300,
    });
    await desk.stop();
    expect(readFileSync(ended, 'utf8')).toBe('told');
    expect(desk.status()).toMatchObject({ pid: null, state: null, lastEnd: 'code 0' });
    expect(lines).toEqual(expect.arrayContaining(['begins run', 'environment OKX_DESK_API_KEY']));
  });

  it('is started again after it was killed, without the figures of the one before', async () => {
    const desk = started('run');
    await figuresOf(desk);
    const { pid } = desk.status();
    process.kill(pid!, 'SIGKILL');
    await until('its end', () => (desk.status().phase === 'waiting' ? true : undefined));
    expect(desk.status()).toMatchObject({ pid: null, state: null, lastEnd: 'signal SIGKILL' });
    await figuresOf(desk);
    expect(desk.status()).toMatchObject({ phase: 'running', restarts: 1 });
    expect(desk.status().pid).not.toBe(pid);
    expect(isRunning(pid!)).toBe(false);
  });

  it('stays down after a code that would come again, until it is revived', async () => {
    const lines: string[] = [];
    let downs = 0;
    const desk = started('code78', lines, () => downs++);
    await until('its end', () => (desk.isDown ? true : undefined));
    expect(downs).toBe(1);
    expect(desk.status()).toMatchObject({ phase: 'down', lastEnd: 'code 78' });
    expect(lines.at(-1)).toMatch(/ended by code 78: it stays down until .* reload/);
    expect(desk.revive()).toBe(true);
    expect(desk.isDown).toBe(false);
    await until('its second end', () => (desk.isDown ? true : undefined));
    expect(desk.status().restarts).toBe(1);
  });

  it('keeps a word that it cannot be told, the newest only', async () => {
    const desk = started('code78');
    await until('its end', () => (desk.isDown ? true : undefined));
    expect(await desk.tell('pause')).toMatchObject({ isDone: true });
    const { isDone, text } = await desk.tell('halt');
    expect(isDone).toBe(true);
    expect(text).toMatch(/has no process \(down\); it is told as soon as it runs/);
    expect(desk.status().pending).toBe('halt');
    // One that runs, but has no control socket yet, is told later, too.
    const other = started('run');
    expect((await other.tell('halt')).text).toMatch(
      /is starting or stopping; it is told as soon as it can be/,
    );
    expect(other.status().pending).toBe('halt');
  });

  it('is told again what holds it back when nobody knows whether it heard, and never a resume', async () => {
    const heard: (string | undefined)[] = [];
    let answer = 'no answer of an engine';
    const control = createServer(({ url }, response) => {
      heard.push(url);
      response.end(answer);
    }).listen(join(scratch, 'control.sock'));
    await once(control, 'listening');
    try {
      const desk = started('run');
      const resumed = await desk.tell('resume');
      expect([resumed.isDone, resumed.text]).toEqual([false, expect.stringMatching(/say it again when/)]);
      expect(desk.status().pending).toBeNull();
      const halted = await desk.tell('halt');
      expect([halted.isDone, halted.text]).toEqual([false, expect.stringMatching(/it is told again/)]);
      expect([desk.status().pending, desk.kept]).toEqual(['halt', 'halt']);
      answer = JSON.stringify({ isDone: true, text: 'halted' });
      await until('to be told', async () => {
        await desk.tellPending();
        return desk.status().pending === null ? true : undefined;
      });
      expect(heard).toEqual(['/resume', '/halt', '/halt']);
      expect(desk.kept).toBeUndefined();
    } finally {
      control.close();
      control.closeAllConnections();
    }
  });

  it('is told what an earlier supervisor was to tell it; a resume is not kept for that', async () => {
    const desk = started('code78');
    await until('its end', () => (desk.isDown ? true : undefined));
    desk.restore('halt');
    expect([desk.status().pending, desk.kept]).toEqual(['halt', 'halt']);
    await desk.tell('resume');
    expect([desk.status().pending, desk.kept]).toEqual(['resume', undefined]);
  });
});
