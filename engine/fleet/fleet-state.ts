import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FleetError } from './fleet-error.ts';
import { GroupLimit } from './group-limits.ts';
import type { GroupState } from './group-limits.ts';

const VERSION = 1;
const OWNER_ONLY = 0o600;

const stateSchema = z.strictObject({
  version: z.literal(VERSION),
  group: z.strictObject({
    baseline: z.number(),
    peak: z.number(),
    tripped: z.enum(GroupLimit).nullable(),
    accounts: z.record(z.string(), z.strictObject({ profit: z.number(), held: z.number() })),
  }),
});

/** What of all accounts together outlives their supervisor: `fleet.json` in the state directory. Written whole, or not. */
export class FleetState {
  readonly file: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.file = join(directory, 'fleet.json');
  }

  /** Undefined when there never was one. @throws FleetError when it is damaged: limits may have been exceeded then */
  async load(): Promise<GroupState | undefined> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw this.#damaged(codeOf(error), error);
    }
    try {
      return stateSchema.parse(JSON.parse(text)).group;
    } catch (error) {
      throw this.#damaged('something else', error);
    }
  }

  /** One that is asked for during another comes after it. @throws FleetError; the file is then what it was */
  save(group: GroupState): Promise<void> {
    const saved = this.#writing.then(() => this.#write(group));
    this.#writing = saved.catch(() => {});
    return saved;
  }

  async #write(group: GroupState): Promise<void> {
    const temporary = `${this.file}.tmp`;
    try {
      const handle = await open(temporary, 'w', OWNER_ONLY);
      try {
        await handle.writeFile(`${JSON.stringify({ version: VERSION, group })}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.file);
      const directory = await open(dirname(this.file), 'r');
      // A rename is durable when the directory is.
      await directory.sync().finally(() => directory.close());
    } catch (error) {
      throw new FleetError(
        'FLEET_STATE_UNWRITABLE',
        `state ${this.file}: expected to be written, was ${codeOf(error)}; see that the disk has room and may be written`,
        { cause: error },
      );
    }
  }

  #damaged(was: string, cause: unknown): FleetError {
    return new FleetError(
      'FLEET_STATE_DAMAGED',
      `state ${this.file}: expected what a supervisor wrote there, was ${was}; see what the accounts have lost, then remove it: loss and drawdown of the group count anew`,
      { cause },
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
