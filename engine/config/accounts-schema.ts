import { z } from 'zod';

/**
 * Several accounts in one file: `accounts`, and `fleet` for what concerns all of them. Every other key of the file is
 * shared; an account's own keys stand over the shared ones.
 */

/** A folder of the state directory, a label of metrics and a part of environment names. */
const ACCOUNT_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** By these names the environment gives other keys: OKX_MASTER_API_KEY, OKX_BROKER_API_KEY. */
const TAKEN = ['master', 'broker'];

/** Keys of an account that are no configuration of an engine are its name alone; the rest is checked when it is merged. */
const accounts = z
  .array(
    z.looseObject({
      name: z
        .string()
        .max(24)
        .regex(ACCOUNT_NAME, { error: 'expected small letters, digits and single hyphens, such as "desk-1"' })
        .refine((name) => !TAKEN.includes(name), {
          error: `expected another name than ${TAKEN.join(' and ')}, by which the environment gives other keys`,
        }),
    }),
  )
  .min(1)
  .max(50);

const fleet = z.strictObject({
  /** Over all accounts; reached, all are told to only reduce. */
  notionalMax: z.number().positive().optional(),
  /** Over all accounts; reached, all are halted. */
  lossMax: z.number().positive().optional(),
  drawdownMax: z.number().positive().optional(),
  masterCredentialsFile: z.string().min(1).optional(),
  restartSecondsMax: z.int().min(1).max(3_600).default(60),
  metrics: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(9_460),
    })
    .prefault({}),
});

export const fleetSchema = z.looseObject({ accounts, fleet: fleet.prefault({}) });

export type FleetSection = z.infer<typeof fleet>;
export type AccountEntry = z.infer<typeof accounts>[number];

type Tree = Readonly<Record<string, unknown>>;

/** Whether a configuration is of several accounts. */
export function isFleet(input: unknown): input is Tree {
  return isTree(input) && 'accounts' in input;
}

/**
 * One account's configuration: what is shared, and what the account says over it. Maps are merged key by key; any other
 * value, lists too, takes the place of the shared one. Of `instruments` an account has those that it lists, each over the
 * shared one of that name.
 *
 * @param index of the account: one that names no port of its own for metrics gets that of the fleet, and as many further on
 */
export function accountInput(input: Tree, account: AccountEntry, index: number, fleetPort: number): Tree {
  const { name: _, ...own } = account;
  const { accounts: __, fleet: ___, ...shared } = input;
  const merged = mergedTree(shared, own);
  const instruments = mergedInstruments(shared['instruments'], own['instruments']);
  const metrics = isTree(own['metrics']) ? own['metrics'] : {};
  const port = metrics['port'] ?? (fleetPort === 0 ? 0 : fleetPort + 1 + index);
  return {
    ...merged,
    ...(instruments === undefined ? {} : { instruments }),
    metrics: { ...(isTree(merged['metrics']) ? merged['metrics'] : {}), port },
  };
}

function mergedTree(under: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(under, key) ? under[key] : undefined;
    merged[key] = isTree(value) && isTree(below) ? mergedTree(below, value) : value;
  }
  return merged;
}

/** Undefined where the account lists none of its own; what is no list is left to the check of the whole. */
function mergedInstruments(shared: unknown, own: unknown): unknown {
  if (!Array.isArray(own) || !Array.isArray(shared)) return own;
  return own.map((row: unknown) => {
    if (!isTree(row)) return row;
    const under: unknown = shared.find(
      (each: unknown) => isTree(each) && each['instId'] === row['instId'] && row['instId'] !== undefined,
    );
    return isTree(under) ? mergedTree(under, row) : row;
  });
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
