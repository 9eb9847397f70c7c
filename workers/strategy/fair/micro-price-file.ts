import type { MicroPriceTable } from './fair-value-parameters.ts';
import type { MicroPriceFit } from './micro-price-fit.ts';

/** A file that is no micro-price table of this instrument. The text says what was expected and what it was. */
export class MicroPriceFileError extends Error {
  override readonly name = 'MicroPriceFileError';
  readonly code = 'MICRO_PRICE_FILE';
}

/** Raised when the meaning of a key changes. */
const VERSION = 1;
/** Larger adjustments are no micro-price, however fine the grid: 10 basis points of a price of ten million ticks. */
const TICKS_MAX = 10_000;

interface MicroPriceFile {
  readonly okxMmMicroPrice: number;
  readonly instId: string;
  /** The table is in ticks: on another grid it means nothing. */
  readonly tickSize: string;
  readonly samples: number;
  readonly moves: number;
  readonly table: MicroPriceTable;
}

/** A fit as the text of the file that `strategy.fair.microPriceFile` names. */
export function microPriceFileText(fit: MicroPriceFit, instId: string, tickSize: string): string {
  const { samples, moves, table } = fit;
  const file: MicroPriceFile = { okxMmMicroPrice: VERSION, instId, tickSize, samples, moves, table };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/**
 * The table of such a file.
 *
 * @param name of the file, for errors
 * @throws MicroPriceFileError when it is none, of another version, instrument or tick size
 */
export function parseMicroPriceFile(
  text: string,
  name: string,
  instId: string,
  tickSize: string,
): MicroPriceTable {
  const fail = (what: string, expected: string, was: unknown): never => {
    throw new MicroPriceFileError(
      `${name}: ${what}: expected ${expected}, was ${JSON.stringify(was) ?? 'absent'}; fit it anew with okx-mm calibrate --micro-price`,
    );
  };
  let file: Partial<MicroPriceFile> | null;
  try {
    file = JSON.parse(text) as Partial<MicroPriceFile> | null;
  } catch {
    return fail('content', 'a micro-price table as JSON', text.slice(0, 40));
  }
  if (typeof file !== 'object' || file === null) return fail('content', 'a micro-price table', file);
  if (file.okxMmMicroPrice !== VERSION) return fail('okxMmMicroPrice', String(VERSION), file.okxMmMicroPrice);
  if (file.instId !== instId) return fail('instId', `"${instId}"`, file.instId);
  if (Number(file.tickSize) !== Number(tickSize)) return fail('tickSize', `"${tickSize}"`, file.tickSize);
  const { buckets, spreads, ticks } = (file.table ?? {}) as Partial<MicroPriceTable>;
  const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;
  if (!isCount(buckets)) return fail('table.buckets', 'a whole number above zero', buckets);
  if (!isCount(spreads)) return fail('table.spreads', 'a whole number above zero', spreads);
  if (!Array.isArray(ticks) || ticks.length !== buckets * spreads || ticks.length > 400) {
    const count = Array.isArray(ticks) ? ticks.length : ticks;
    return fail('table.ticks', `${buckets * spreads} numbers, 400 at most`, count);
  }
  const wrong = (ticks as unknown[]).find(
    (value) => typeof value !== 'number' || !(Math.abs(value) <= TICKS_MAX),
  );
  if (wrong !== undefined) return fail('table.ticks', `numbers within ±${TICKS_MAX}`, wrong);
  return { buckets, spreads, ticks: ticks as readonly number[] };
}
