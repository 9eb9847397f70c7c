import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExitTerms } from '../../engine/base/exit-terms.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import { ControlClient } from '../../engine/control/control-client.ts';
import { ControlError } from '../../engine/control/control-error.ts';
import { ControlServer } from '../../engine/control/control-server.ts';
import type { ControlHandler } from '../../engine/control/control-server.ts';
import { claim, socketOf } from '../../engine/control/control-socket.ts';
import { OperatorCommand } from '../../engine/loop/loop-options.ts';

const scratch = mkdtempSync(join(tmpdir(), 'okxmm-control-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** An engine as the socket knows it. */
class Recorder implements ControlHandler {
  readonly commands: OperatorCommand[] = [];
  readonly dryRuns: boolean[] = [];
  readonly exits: ExitTerms[] = [];
  isStarting = false;
  refusal = '';

  async command(command: OperatorCommand) {
    this.commands.push(command);
    return { isDone: this.refusal === '', text: this.refusal || `${command}: done` };
  }

  async exit(terms: ExitTerms) {
    this.exits.push(terms);
    return { isDone: true, text: `closing by ${terms.by}` };
  }

  status() {
    return { level: 'quoting', count: this.commands.length };
  }

  explain(instId: string) {
    return instId === 'BTC-USDT'
      ? { instrument: instId, levels: [] }
      : `expected one of BTC-USDT, was "${instId}"`;
  }

  async configure(isDryRun: boolean) {
    this.dryRuns.push(isDryRun);
    return { isDone: this.refusal === '', text: this.refusal || 'version 2' };
  }
}

/** As above, while it starts. */
const STARTING: ControlHandler = {
  command: () => undefined,
  configure: () => undefined,
  explain: () => undefined,
  status: () => ({ phase: 'starting' }),
};

let folders = 0;
let folder = '';
let recorder: Recorder;
const servers: ControlServer[] = [];

beforeEach(() => {
  folder = join(scratch, String(++folders), 'state');
  recorder = new Recorder();
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function open(handler: ControlHandler = recorder): Promise<ControlServer> {
  const server = await ControlServer.open(folder, handler);
  servers.push(server);
  return server;
}

async function errorOf(answer: Promise<unknown>): Promise<ControlError> {
  const error: unknown = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ControlError);
  return error as ControlError;
}

describe('an operator', () => {
  it('gives each command by its name, and hears what became of it', async () => {
    await open();
    const client = new ControlClient(folder);
    const commands = Object.values(OperatorCommand);
    expect(commands).toHaveLength(5);
    for (const command of commands) {
      expect(await client.command(command)).toEqual({ isDone: true, text: `${command}: done` });
    }
    expect(recorder.commands).toEqual(commands);
    expect(await client.status()).toEqual({ level: 'quoting', count: 5 });
  });

  it('closes by an algo order of the venue, and hears what is wrong with how', async () => {
    await open();
    const client = new ControlClient(folder);
    const told = (...pairs: [string, string][]): Map<string, string> => new Map(pairs);
    const twap = told(['by', 'twap'], ['minutes', '5'], ['instrument', 'BTC-USDT-SWAP']);
    expect(await client.exit(twap)).toEqual({ isDone: true, text: 'closing by twap' });
    expect(recorder.exits).toMatchObject([
      { by: 'twap', minutes: 5, instId: 'BTC-USDT-SWAP', limitBps: 300 },
    ]);
    expect((await client.exit(told(['by', 'hope']))).text).toMatch(/^by: expected market, twap/);
    expect(await client.exit(told(['by', 'market']))).toEqual({ isDone: true, text: 'flatten: done' });
    expect(recorder.exits).toHaveLength(1);
    // Who watches over several accounts closes nothing himself.
    await servers.pop()!.close();
    await open({ ...STARTING, command: () => Promise.resolve({ isDone: true, text: '' }) });
    expect((await new ControlClient(folder).exit(twap)).text).toContain('--account');
  });

  it('has the configuration file taken up, or only looked at', async () => {
    await open();
    const client = new ControlClient(folder);
    expect(await client.reload(true)).toEqual({ isDone: true, text: 'version 2' });
    expect(await client.reload(false)).toEqual({ isDone: true, text: 'version 2' });
    expect(recorder.dryRuns).toEqual([true, false]);
    recorder.refusal = 'metrics.port: expected to stay as at the start';
    expect(await client.reload(false)).toEqual({ isDone: false, text: recorder.refusal });
  });

  it('hears why an instrument is quoted as it is, and which there are', async () => {
    await open();
    const client = new ControlClient(folder);
    expect(await client.explain('BTC-USDT')).toEqual({ instrument: 'BTC-USDT', levels: [] });
    expect(await client.explain('X/Y Z')).toBe('expected one of BTC-USDT, was "X%2FY%20Z"');
  });

  it('hears a refusal', async () => {
    await open();
    recorder.refusal = 'not while it is halted';
    expect(await new ControlClient(folder).command('reduce')).toEqual({
      isDone: false,
      text: 'not while it is halted',
    });
  });

  it('hears what broke, as a refusal', async () => {
    await open({ ...STARTING, command: () => Promise.reject(new Error('the disk is full')) });
    expect(await new ControlClient(folder).command('halt')).toEqual({
      isDone: false,
      text: 'the disk is full',
    });
  });

  it('is told to come again while the engine starts, and may look', async () => {
    await open(STARTING);
    const error = await errorOf(new ControlClient(folder).command('halt'));
    expect(error.code).toBe('CONTROL_NO_ENGINE');
    expect(error.message).toContain('the engine is just starting or stopping; again in a moment');
    expect((await errorOf(new ControlClient(folder).reload(false))).code).toBe('CONTROL_NO_ENGINE');
    expect(await new ControlClient(folder).status()).toEqual({ phase: 'starting' });
  });

  it('finds nobody where no engine ever ran, where one ended, and where one was killed', async () => {
    const client = new ControlClient(folder);
    const nobody = `state ${folder}: no engine runs there; name the directory that it was started with by --state`;
    expect((await errorOf(client.status())).message).toBe(nobody);
    await (await open()).close();
    expect((await errorOf(client.status())).message).toBe(nobody);
    await leaveDeadSocket();
    expect((await errorOf(client.status())).message).toBe(nobody);
  });

  it('is not told how it stands by an engine that cannot say', async () => {
    const status = (): never => {
      throw new Error('a rule');
    };
    await open({ ...STARTING, status });
    const error = await errorOf(new ControlClient(folder).status());
    expect(error.code).toBe('CONTROL_SILENT');
    expect(error.message).toBe(`state ${folder}: expected how the engine stands, was an error: a rule`);
  });

  // Only root can become somebody else.
  it.runIf(process.getuid?.() === 0)('is told that another user may not reach it', async () => {
    await open();
    process.seteuid?.(65_534);
    try {
      const error = await errorOf(new ControlClient(folder).command('halt'));
      expect(error.code).toBe('CONTROL_UNUSABLE');
      expect(error.message).toBe(
        `state ${folder}: expected a directory that this user may use, was EACCES; run ctl as the user that the engine runs as`,
      );
    } finally {
      process.seteuid?.(0);
    }
    expect(recorder.commands).toEqual([]);
  });

  it('is told when somebody else answers', async () => {
    mkdirSync(folder, { recursive: true });
    const server = createServer((socket) => socket.resume().end('hello\r\n')).listen(socketOf(folder));
    await once(server, 'listening');
    const error = await errorOf(new ControlClient(folder).status());
    expect(error.code).toBe('CONTROL_SILENT');
    expect(error.message).toContain("expected the engine's answer within 15 s");
    server.close();
    await once(server, 'close');
  });

  it.each([
    ['GET', '/halt', 405, 'expected POST, was GET'],
    ['POST', '/status', 405, 'expected GET, was POST'],
    [
      'POST',
      '/explode',
      404,
      'expected pause, resume, reduce, flatten, halt, reload, status, explain/INSTRUMENT, was "explode"',
    ],
  ])('that asks %s %s gets %i', async (method, path, status, text) => {
    await open();
    const { httpStatus, body } = await ask(method, path);
    expect(httpStatus).toBe(status);
    expect(body).toEqual({ isDone: false, text });
    expect(recorder.commands).toEqual([]);
  });
});

describe('the socket', () => {
  it('is its owner’s alone, and gone with the server', async () => {
    const server = await open();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(socketOf(folder)).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['control.sock']);
    await server.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is nobody else’s for a moment either, whatever the umask', async () => {
    const server = createHttpServer();
    let mode = -1;
    server.once('listening', () => {
      mode = statSync(join(folder, `c${process.pid}.tmp`)).mode & 0o777;
    });
    const mask = process.umask(0);
    const release = await claim(server, folder);
    expect(process.umask(mask), 'what others make is their own matter').toBe(0);
    await release();
    expect(mode).toBe(0o600);
  });

  it('is not put where anybody may put another in its place', async () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    const error = await errorOf(ControlServer.open(folder, recorder));
    expect(error.code).toBe('CONTROL_UNUSABLE');
    expect(error.message).toBe(
      `state ${folder}: expected a directory that only its owner may write, was 0777; run: chmod 700 ${folder}`,
    );
    chmodSync(folder, 0o755);
    await open();
  });

  it('is a lock: a second engine is told so, and the first goes on', async () => {
    await open();
    const error = await errorOf(ControlServer.open(folder, STARTING));
    expect(error.code).toBe('CONTROL_BUSY');
    expect(error.message).toBe(
      `state ${folder}: expected to be free, another engine runs on it; stop that one, or name another directory with --state`,
    );
    expect(await new ControlClient(folder).status()).toEqual({ level: 'quoting', count: 0 });
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  it('is free again after a close, however often', async () => {
    for (let round = 0; round < 5; round++) await (await open()).close();
    await open();
    expect(await new ControlClient(folder).status()).toMatchObject({ level: 'quoting' });
  });

  it('does not take away the one of an engine that came into a directory made anew', async () => {
    const first = await open();
    rmSync(folder, { recursive: true });
    await open();
    await first.close();
    expect(await new ControlClient(folder).status()).toMatchObject({ level: 'quoting' });
  });

  it('of an engine that was killed is taken over', async () => {
    await leaveDeadSocket();
    expect(readdirSync(folder)).toEqual(['control.sock']);
    await open();
    expect(await new ControlClient(folder).status()).toMatchObject({ level: 'quoting' });
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });

  it('goes to one of many that start at once, whether one was killed before or not', async () => {
    for (let round = 0; round < 6; round++) {
      if (round % 2 === 0) await leaveDeadSocket();
      const starters = Array.from({ length: 4 }, () => start());
      const answers = await Promise.all(starters.map(({ answer }) => answer));
      expect(answers.filter((answer) => answer === 'open')).toHaveLength(1);
      for (const answer of answers) expect(answer).toMatch(/^(open|CONTROL_BUSY)$/);
      for (const { child } of starters) await end(child);
      rmSync(folder, { recursive: true });
    }
  });

  it('says so when another start was killed while it took over', async () => {
    await leaveDeadSocket();
    writeFileSync(join(folder, 'control.takeover'), '');
    const error = await errorOf(ControlServer.open(folder, recorder));
    expect(error.code).toBe('CONTROL_BUSY');
    expect(error.message).toContain(`if none is, remove ${join(folder, 'control.takeover')}`);
    rmSync(join(folder, 'control.takeover'));
    await open();
  });

  it('is taken over again after a start that was killed while it took over, and not from one that lives', async () => {
    const { child, answer } = start();
    expect(await answer).toBe('open');
    await end(child);
    writeFileSync(join(folder, 'control.takeover'), String(process.ppid));
    expect((await errorOf(ControlServer.open(folder, recorder))).code).toBe('CONTROL_BUSY');
    // A restarted container gives its numbers out again.
    for (const pid of [child.pid, process.pid]) {
      writeFileSync(join(folder, 'control.takeover'), String(pid));
      const server = await open();
      expect(readdirSync(folder)).toEqual(['control.sock']);
      await server.close();
      await leaveDeadSocket();
    }
  });

  it('needs a path that is short enough', async () => {
    folder = join(scratch, 'd'.repeat(100));
    const error = await errorOf(ControlServer.open(folder, recorder));
    expect(error.code).toBe('CONTROL_UNUSABLE');
    expect(error.message).toMatch(
      /expected a path short enough for a unix socket in it \(103 bytes\), .* has \d+;/,
    );
    expect(error.message).toContain('name another directory with --state');
  });

  it('needs a directory, and one that can be written', async () => {
    const file = join(scratch, `file-${folders}`);
    writeFileSync(file, '');
    folder = join(file, 'state');
    const error = await errorOf(ControlServer.open(folder, recorder));
    expect(error.code).toBe('CONTROL_UNUSABLE');
    expect(error.message).toContain(
      `state ${folder}: expected a directory that can be written, was ENOTDIR; name`,
    );
  });

  // Root writes where it likes.
  it.skipIf(process.getuid?.() === 0)('is refused where the mode forbids it', async () => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o500);
    expect((await errorOf(ControlServer.open(folder, recorder))).message).toContain('EACCES');
  });

  it('does not take the place of a file that is none', async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(socketOf(folder), 'notes');
    const error = await errorOf(ControlServer.open(folder, recorder));
    expect(error.code).toBe('CONTROL_UNUSABLE');
    expect(error.message).toContain('to be a socket, was something else; remove it');
    expect(readdirSync(folder)).toEqual(['control.sock']);
  });
});

async function ask(method: string, path: string): Promise<{ httpStatus: number; body: unknown }> {
  const asked = request({ socketPath: socketOf(folder), method, path });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { httpStatus: response.statusCode!, body: JSON.parse(await textOf(response)) as unknown };
}

/** What a process that was killed leaves: the name of a socket that nobody listens on. */
async function leaveDeadSocket(): Promise<void> {
  const { child, answer } = start();
  expect(await answer).toBe('open');
  await end(child);
  expect(readdirSync(folder)).toEqual(['control.sock']);
}

/** Another process that opens the directory, and says what came of it. */
function start(): { child: ChildProcess; answer: Promise<string> } {
  const script = join(packageRoot(), 'dist', 'test', 'control', 'control-holder.js');
  const child = fork(script, [folder], { execArgv: [] });
  return { child, answer: once(child, 'message').then(([message]) => String(message)) };
}

async function end(child: ChildProcess): Promise<void> {
  // One that was refused has nothing to stay for.
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
