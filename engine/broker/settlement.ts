import { existsSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Milliseconds } from '../base/units.ts';

/** What the last reconciliation came to, for who shows it: a running engine. Amounts are decimal text in USDT. */
export interface Settlement {
  readonly madeMs: Milliseconds;
  readonly fromDay: string;
  readonly toDay: string;
  readonly expected: string;
  readonly reported: string;
  readonly difference: string;
  /** Orders that somebody has to look at. */
  readonly open: number;
}

const FILE = 'settlement.json';

export async function keepSettlement(directory: string, settlement: Settlement): Promise<void> {
  const file = join(directory, FILE);
  await writeFile(`${file}.tmp`, `${JSON.stringify(settlement)}\n`, { mode: 0o600 });
  await rename(`${file}.tmp`, file);
}

/** Undefined before the first, and where it cannot be read: it is shown, and nothing hangs on it. */
export function readSettlement(directory: string): Settlement | undefined {
  const file = join(directory, FILE);
  if (!existsSync(file)) return undefined;
  try {
    const settlement = JSON.parse(readFileSync(file, 'utf8')) as Settlement;
    return typeof settlement.madeMs === 'number' ? settlement : undefined;
  } catch {
    return undefined;
  }
}
