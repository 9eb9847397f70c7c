import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { OperatorCommand } from '../loop/loop-options.ts';
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
  // None in what was written before there were any.
  pending: z.record(z.string(), z.enum(OperatorCommand)).default({}),
});

/** What of all accounts together is kept. Plain JSON. */
export interface FleetKept {
  readonly group: GroupState;
  /** By account: what an operator or a limit has told it while it could not be told. */
  readonly pending: Readonly<Record<string, OperatorCommand>>;
}

/** What of all accounts together outlives their supervisor: `fleet.json` in the state directory. Written whole, or not. */
export class FleetState {
  readonly file: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.file = join(directory, 'fleet.json');
  }

  /** Undefined when there never was one. @throws FleetError when it is damaged: limits may have been exceeded then */
  async load(): Promise<FleetKept | undefined> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw this.#damaged(codeOf(error), error);
    }
    try {
      const { group, pending } = stateSchema.parse(JSON.parse(text));
      return { group, pending };
    } catch (error) {
      throw this.#damaged('something else', error);
    }
  }

  /** One that is asked for during another comes after it. @throws FleetError; the file is then what it was */
  save(kept: FleetKept): Promise<void> {
    const saved = this.#writing.then(() => this.#write(kept));
    this.#writing = saved.catch(() => {});
    return saved;
  }

  async #write({ group, pending }: FleetKept): Promise<void> {
    const temporary = `${this.file}.tmp`;
    try {
      const handle = await open(temporary, 'w', OWNER_ONLY);
      try {
        await handle.writeFile(`${JSON.stringify({ version: VERSION, group, pending })}\n`);
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
