import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineState } from '../../engine/host/engine-state.ts';
import type { EngineProcess } from './engine-process.ts';
import { until } from './running-process.ts';
import { KEYS } from './venue-process.ts';
import type { AccountKeys, VenueFill, VenueProcess } from './venue-process.ts';

/**
 * What the engine has on disk about its money, held against what the venue says: positions, and every trade added up anew in
 * whole numbers.
 */

/** Pushes and the state's write have that long; what only the next audit would mend takes longer, and fails. */
const SETTLE_MS = 8_000;
const POLL_MS = 200;

/** Of one instrument, in whole numbers; money that comes as decimals in units of 10^-18. */
interface Sums {
  bookedLots: bigint;
  /** Σ ∓ lots × ticks. */
  cash: bigint;
  fillCount: number;
  fees: bigint;
  baseFees: bigint;
}

const NONE: Sums = { bookedLots: 0n, cash: 0n, fillCount: 0, fees: 0n, baseFees: 0n };
const PLACES = 18;
/** A double of some hundreds is this good. */
const FEE_TOLERANCE = 10n ** 6n;

function scaled(decimal: string): bigint {
  const [whole, fraction = ''] = decimal.replace('-', '').split('.');
  const magnitude = BigInt(whole + fraction.padEnd(PLACES, '0'));
  return decimal.startsWith('-') ? -magnitude : magnitude;
}

/** Throws unless the decimal is a whole number of steps. */
function steps(decimal: string, step: string): bigint {
  const [value, unit] = [scaled(decimal), scaled(step)];
  if (value % unit !== 0n) throw new Error(`expected a multiple of ${step}, was ${decimal}`);
  return value / unit;
}

/** What the state says, by instrument; inverse contracts are not in these tests. */
export function stateOf(directory: string): EngineState {
  const text = readFileSync(join(directory, 'state.json'), 'utf8');
  return (JSON.parse(text) as { state: EngineState }).state;
}

function booked(state: EngineState): Map<string, Sums> {
  return new Map(
    state.ledger.map((row) => [
      row.instId,
      {
        bookedLots: BigInt(row.bookedLots),
        cash: BigInt(row.cash) + BigInt(row.cashRest),
        fillCount: row.fillCount,
        fees: scaled(row.fees.toFixed(PLACES)),
        baseFees: scaled(row.baseFees.toFixed(PLACES)),
      },
    ]),
  );
}

function traded(state: EngineState, fills: readonly VenueFill[]): Map<string, Sums> {
  const sums = new Map<string, Sums>(state.ledger.map(({ instId }) => [instId, { ...NONE }]));
  for (const fill of fills) {
    const { tickSz, lotSz } = state.ledger.find(({ instId }) => instId === fill.instId)!;
    const sum = sums.get(fill.instId)!;
    const lots = steps(fill.fillSz, lotSz) * (fill.side === 'buy' ? 1n : -1n);
    sum.bookedLots += lots;
    sum.cash -= lots * steps(fill.fillPx, tickSz);
    sum.fillCount++;
    const isBase = !fill.instId.endsWith('-SWAP') && fill.feeCcy === fill.instId.split('-')[0];
    if (isBase) sum.baseFees += scaled(fill.fee);
    else sum.fees += scaled(fill.fee);
  }
  return sums;
}

/** Prices of trades are whole ticks, so what they cost is a whole number: else a position was taken over, not traded. */
function takenOver(state: EngineState): string | undefined {
  const row = state.ledger.find(
    ({ cash, cashRest }) => !Number.isInteger(cash) || !Number.isInteger(cashRest),
  );
  return row === undefined
    ? undefined
    : `${row.instId}: cash ${row.cash} + ${row.cashRest} is not that of trades`;
}

/** The first difference, in words; undefined when there is none. */
function differenceOf(told: ReadonlyMap<string, Sums>, ours: ReadonlyMap<string, Sums>): string | undefined {
  for (const [instId, venue] of told) {
    const engine = ours.get(instId) ?? NONE;
    const differs = (Object.keys(NONE) as (keyof Sums)[]).find((key) => {
      if (key !== 'fees' && key !== 'baseFees') return venue[key] !== engine[key];
      const difference = venue[key] - engine[key];
      return difference > FEE_TOLERANCE || difference < -FEE_TOLERANCE;
    });
    if (differs !== undefined) {
      return `${instId}: ${differs} of the venue's trades ${venue[differs]}, of the engine ${engine[differs]}`;
    }
  }
  return undefined;
}

/**
 * Pauses the engine, waits until nothing of it rests, and holds its money against the venue's; then lets it quote again.
 * Returns how many trades there were.
 *
 * @throws when they are not equal after some seconds
 */
export async function expectEqualMoney(
  engine: EngineProcess,
  venue: VenueProcess,
  account: AccountKeys,
  tag: string,
): Promise<number> {
  await command(engine, 'pause');
  await until(
    'nothing of the engine to rest',
    async () => ((await engine.controlStatus()).openOrders === 0 ? true : undefined),
    SETTLE_MS,
    POLL_MS,
  );
  let difference: string | undefined = 'nothing was compared';
  let count = 0;
  const equal = async (): Promise<true | undefined> => {
    const all = await venue.fills(account);
    const fills = all.filter((fill) => fill.tag === tag);
    const state = stateOf(engine.state);
    count = fills.length;
    difference =
      takenOver(state) ??
      differenceOf(traded(state, fills), booked(state)) ??
      (await positionDifference(engine, venue, account));
    return difference === undefined ? true : undefined;
  };
  await until('the engine’s money to be the venue’s', equal, SETTLE_MS, POLL_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${difference}\n${engine.process.output}`);
  });
  await command(engine, 'resume');
  return count;
}

/** Waits until the engine holds of contracts what the venue says it does. */
export async function expectEqualPositions(engine: EngineProcess, venue: VenueProcess): Promise<void> {
  let difference: string | undefined = 'nothing was compared';
  const equal = async (): Promise<true | undefined> => {
    difference = await positionDifference(engine, venue, KEYS);
    return difference === undefined ? true : undefined;
  };
  await until('the engine’s positions to be the venue’s', equal, SETTLE_MS, POLL_MS).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}: ${difference}\n${engine.process.output}`);
    },
  );
}

/** What the engine says it holds of contracts, and what the venue says. */
async function positionDifference(
  engine: EngineProcess,
  venue: VenueProcess,
  account: AccountKeys,
): Promise<string | undefined> {
  const rows = (await venue.call('GET', '/api/v5/account/positions', '', account)) as {
    instId: string;
    pos: string;
  }[];
  const { instruments } = await engine.controlStatus();
  for (const { instId, position } of instruments) {
    if (!instId.endsWith('-SWAP')) continue;
    const held = rows.find((row) => row.instId === instId)?.pos ?? '0';
    if (Number(held) !== Number(position)) {
      return `${instId}: position of the venue ${held}, of the engine ${position}`;
    }
  }
  return undefined;
}

async function command(engine: EngineProcess, word: string): Promise<void> {
  const { code, text } = await engine.ctl(word);
  if (code !== 0) throw new Error(`${word}: expected 0, was ${code}: ${text}\n${engine.process.output}`);
}
