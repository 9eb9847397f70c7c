/**
 * A unix socket in the state directory that is the lock on it as well: who listens there has the directory, and the kernel
 * takes the lock away from a process that dies, whatever kills it. What such a process leaves is a name without a listener.
 *
 *     bind and listen on c<pid>.tmp ─▶ link it as control.sock ─▶ ours          (the name never leads to a socket that
 *                                        │ exists                                is bound and does not listen yet)
 *                                        ▼
 *                        connect: answered ─▶ another engine has it
 *                                 refused  ─▶ create control.takeover, alone ─▶ refused still: remove the name ─▶ again
 *
 * Without control.takeover, two starts that both saw the dead name could remove one another's living one. It holds its
 * maker's number, so that a start that was killed while it had it keeps no later one out.
 */
import { once } from 'node:events';
import { link, lstat, mkdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { ControlError } from './control-error.ts';

const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const OTHERS_WRITE = 0o002;
/** sun_path holds 108 bytes with its zero on Linux, 104 on macOS (unix(7), read 2026-07-28). */
const PATH_BYTES_MAX = 103;
/** Another start may remove its name between our two looks; more often than this it is not chance. */
const TRIES_MAX = 5;

/** Where the engine of this state directory listens. */
export function socketOf(directory: string): string {
  return join(resolve(directory), 'control.sock');
}

/** Gives the directory up. May be called again. */
export type Release = () => Promise<void>;

/**
 * Has the server listen in the directory, which is made if it is not there, and nobody else.
 *
 * @throws ControlError when another engine has the directory, or when it cannot be used
 */
export async function claim(server: Server, directory: string): Promise<Release> {
  const socket = socketOf(directory);
  // Some systems cut a longer one short without a word, and two engines would meet under a name that neither gave.
  if (Buffer.byteLength(socket) > PATH_BYTES_MAX) {
    throw unusable(
      directory,
      `expected a path short enough for a unix socket in it (${PATH_BYTES_MAX} bytes), "${socket}" has ${Buffer.byteLength(socket)}`,
    );
  }
  const temporary = join(resolve(directory), `c${process.pid}.tmp`);
  try {
    await mkdir(resolve(directory), { recursive: true, mode: OWNER_ONLY_DIRECTORY });
    await checkMode(directory);
    await rm(temporary, { force: true });
    listen(server, temporary);
    await once(server, 'listening');
    await linkAlone(temporary, socket, directory);
    const { ino } = await lstat(socket);
    await unlink(temporary);
    return () => release(server, socket, ino);
  } catch (error) {
    server.close();
    await rm(temporary, { force: true }).catch(() => {});
    if (error instanceof ControlError) throw error;
    throw unusable(directory, `expected a directory that can be written, was ${codeOf(error)}`, error);
  }
}

/** Who may write the directory may put a socket of his own in the place of the engine's, or another state. */
async function checkMode(directory: string): Promise<void> {
  const mode = (await stat(directory)).mode & 0o777;
  if ((mode & OTHERS_WRITE) === 0) return;
  throw new ControlError(
    'CONTROL_UNUSABLE',
    `state ${resolve(directory)}: expected a directory that only its owner may write, was 0${mode.toString(8)}; run: chmod 700 ${resolve(directory)}`,
  );
}

/** Binds at once, with a mode that lets nobody else in: changed afterwards, it would be open for a moment. */
function listen(server: Server, path: string): void {
  const mask = process.umask(0o777 & ~OWNER_ONLY);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
}

async function linkAlone(temporary: string, socket: string, directory: string): Promise<void> {
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    try {
      return await link(temporary, socket);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    if (await isListening(socket)) throw busy(directory);
    await removeDead(socket, directory);
  }
  throw busy(directory);
}

/** One start at a time may remove a name that nobody listens under, and looks once more before it does. */
async function removeDead(socket: string, directory: string): Promise<void> {
  const takeover = join(resolve(directory), 'control.takeover');
  const own = join(resolve(directory), `t${process.pid}.tmp`);
  try {
    // Linked when it is written: whoever finds it finds its maker's number in it.
    await writeFile(own, String(process.pid), { mode: OWNER_ONLY });
    await link(own, takeover);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (await removeAbandoned(takeover, own)) return;
    throw new ControlError(
      'CONTROL_BUSY',
      `state ${resolve(directory)}: expected to be free, another start is about to take it; if none is, remove ${takeover}`,
      { cause: error },
    );
  } finally {
    await rm(own, { force: true });
  }
  try {
    const entry = await lstat(socket).catch(() => undefined);
    if (entry === undefined) return;
    if (!entry.isSocket()) {
      throw unusable(directory, `expected ${socket} to be a socket, was something else; remove it`);
    }
    if (await isListening(socket)) throw busy(directory);
    await unlink(socket);
  } finally {
    await rm(takeover, { force: true });
  }
}

/** Whether the takeover was that of a start that was killed, and is gone. */
async function removeAbandoned(takeover: string, own: string): Promise<boolean> {
  try {
    const maker = await readFile(takeover, 'utf8');
    if (await isAlive(maker)) return false;
    // Another start may have come to the same conclusion and made one of its own since: what was taken away shows it.
    await rename(takeover, own);
    if ((await readFile(own, 'utf8')) === maker) return true;
    await link(own, takeover);
    return false;
  } catch (error) {
    // Whoever made it has ended it.
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/** As far as can be told: where there is no /proc, one that was killed is not told from one that lives. */
async function isAlive(maker: string): Promise<boolean> {
  if (!/^\d+$/.test(maker)) return true;
  // Our own number is that of an earlier process: a container that is started again gives it out again.
  if (maker === String(process.pid)) return false;
  return (await exists(`/proc/${maker}`)) || !(await exists('/proc/self'));
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

/** Whether a process listens there. One that hangs does: the kernel answers for it. */
async function isListening(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ENOTSOCK') return false;
    // EAGAIN: more wait for its answer than it will hear.
    if (code === 'EAGAIN') return true;
    throw error;
  } finally {
    socket.destroy();
  }
}

async function release(server: Server, socket: string, ino: number): Promise<void> {
  const entry = await lstat(socket).catch(() => undefined);
  // Somebody who removed the directory under us may have let another engine in.
  if (entry?.ino === ino) await rm(socket, { force: true });
  if (server.listening) {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
}

function busy(directory: string): ControlError {
  return new ControlError(
    'CONTROL_BUSY',
    `state ${resolve(directory)}: expected to be free, another engine runs on it; stop that one, or name another directory with --state`,
  );
}

function unusable(directory: string, what: string, cause?: unknown): ControlError {
  return new ControlError(
    'CONTROL_UNUSABLE',
    `state ${resolve(directory)}: ${what}; name another directory with --state`,
    { cause },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
