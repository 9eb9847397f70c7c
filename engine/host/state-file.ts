/**
 * The state of an engine as one file, `state.json`, that is always one of the states that were written, whenever the
 * process or the machine dies:
 *
 *     write state.json.tmp ─▶ sync it ─▶ rename over state.json ─▶ sync the directory
 *
 *     {"sha256":"<of the bytes of the state>","state":{ ... }}
 *
 * A file that is not what was written (a flipped bit, a cut, an editor's hand) is never trusted: it is kept aside, and in
 * its place comes a state that knows nothing but that the engine is halted until an operator resumes it.
 *
 * Owner:      whoever holds the directory (engine/control/control-socket.ts); one writer.
 * Invariants: state.json is replaced whole or not at all; what was kept aside is never overwritten.
 * Cost:       two syncs a save, on the runtime's own threads; the engine thread only makes the text.
 */
import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { blankState } from './engine-state.ts';
import type { EngineState } from './engine-state.ts';
import type { StateStore } from './engine-world.ts';
import { StateError } from './state-error.ts';

const VERSION = 1;
const HEAD = '{"sha256":"';
const MIDDLE = '","state":';
const TAIL = '}\n';
const HASH_LENGTH = 64;
/** So many damaged files are kept; a disk that damages more is not one to trade from. */
const ASIDE_MAX = 1_000;
const OWNER_ONLY = 0o600;

export class FileStateStore implements StateStore {
  readonly file: string;
  readonly #clock: Clock;
  /** The save that is under way, or was the last. */
  #saving: Promise<void> = Promise.resolve();

  /** @param directory must exist, and be nobody else's while this store is in use */
  constructor(directory: string, clock: Clock) {
    this.file = join(directory, 'state.json');
    this.#clock = clock;
  }

  /** @throws StateError; a damaged file is aside by then, and the next load gives a halted state */
  async load(): Promise<EngineState | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new StateError(
        'STATE_UNREADABLE',
        `state ${this.file}: expected a readable file, was ${codeOf(error)}; correct its mode, or name another directory with --state`,
        { cause: error },
      );
    }
    const body = bodyOf(bytes);
    if (body === undefined) throw await this.#putAside(bytes);
    const state = JSON.parse(body) as EngineState;
    if (state.version !== VERSION) {
      throw new StateError(
        'STATE_VERSION',
        `state ${this.file}: expected version ${VERSION}, was ${String(state.version)}; run the engine that wrote it, or name another directory with --state`,
      );
    }
    return state;
  }

  /**
   * A save that is asked for during another comes after it.
   *
   * @throws StateError when it could not be written; the file is then what it was, or already the new state
   */
  save(state: EngineState): Promise<void> {
    const saved = this.#saving.then(() => this.#write(state));
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #write(state: EngineState): Promise<void> {
    const body = JSON.stringify(state, onlyFinite);
    const text = HEAD + hashOf(Buffer.from(body)) + MIDDLE + body + TAIL;
    const temporary = `${this.file}.tmp`;
    try {
      const handle = await open(temporary, 'w', OWNER_ONLY);
      try {
        // A file that an earlier crash left keeps its mode.
        await handle.chmod(OWNER_ONLY);
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.file);
      await syncDirectory(dirname(this.file));
    } catch (error) {
      throw new StateError(
        'STATE_UNWRITABLE',
        `state ${this.file}: expected to be written, was ${codeOf(error)}; see that the disk has room and may be written`,
        { cause: error },
      );
    }
  }

  /**
   * First the copy, then the halted state: dying in between, the next start finds the damaged file once more. The other
   * way round it would find none, and begin as if nothing had been.
   */
  async #putAside(bytes: Buffer): Promise<StateError> {
    const aside = await this.#keep(bytes);
    const halt = { trigger: 'stateDamaged', level: 'halted', instId: '' };
    await this.save(blankState([halt], this.#clock.wallMs()));
    return new StateError(
      'STATE_DAMAGED',
      `state ${this.file}: expected what the engine wrote there, was damaged; kept aside as ${aside}. ` +
        'Profit and limits of earlier runs are not known any more: look at the venue, then start again. ' +
        'It starts halted, and takes positions as the venue has them; `npm run -s ctl -- resume` lets it quote',
    );
  }

  async #keep(bytes: Buffer): Promise<string> {
    for (let count = 1; count <= ASIDE_MAX; count++) {
      const aside = `${this.file}.damaged-${count}`;
      try {
        const handle = await open(aside, 'wx', OWNER_ONLY);
        try {
          await handle.writeFile(bytes);
          await handle.sync();
        } finally {
          await handle.close();
        }
        return aside;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') continue;
        throw new StateError(
          'STATE_UNWRITABLE',
          `state ${aside}: expected to keep a damaged state aside, was ${codeOf(error)}; see that the disk has room and may be written`,
          { cause: error },
        );
      }
    }
    throw new StateError(
      'STATE_UNWRITABLE',
      `state ${this.file}: damaged, and ${ASIDE_MAX} damaged ones are kept already; use another disk`,
    );
  }
}

/** The state's own text; undefined when a single byte of the file is not what was written. */
function bodyOf(bytes: Buffer): string | undefined {
  const from = HEAD.length + HASH_LENGTH + MIDDLE.length;
  const to = bytes.length - TAIL.length;
  if (to <= from) return undefined;
  const hash = bytes.toString('latin1', HEAD.length, HEAD.length + HASH_LENGTH);
  const frame = bytes.toString('latin1', 0, from) + bytes.toString('latin1', to);
  const body = bytes.subarray(from, to);
  if (frame !== HEAD + hash + MIDDLE + TAIL || hash !== hashOf(body)) return undefined;
  return body.toString('utf8');
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** JSON would turn them into null without a word. */
function onlyFinite(_key: string, value: unknown): unknown {
  assert(typeof value !== 'number' || Number.isFinite(value), 'every number of the state is finite');
  return value;
}

/** A rename is durable when the directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
