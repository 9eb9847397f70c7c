import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DecimalGrid } from '../base/decimal.ts';
import { ContractKind, InstrumentState, InstrumentType, type InstrumentFields } from '../base/instrument.ts';
import { DEPTH_CHANNEL_NAMES } from '../okx/depth-frame.ts';
import { parseInstruments } from '../okx/instrument-rows.ts';
import { CaptureError } from './verify-capture.ts';

const unzip = promisify(gunzip);

/** A step finer than this is not looked for: no price of the venue has more digits after the point. */
const DECIMALS_MAX = 18;

/**
 * Instruments by name from answers to GET /public/instruments, plain or gzip.
 *
 * @throws CaptureError when a file cannot be read or is no such answer
 */
export async function readInstrumentFiles(files: readonly string[]): Promise<Map<string, InstrumentFields>> {
  const byName = new Map<string, InstrumentFields>();
  for (const file of files) {
    try {
      const bytes = await readFile(file);
      const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? await unzip(bytes) : bytes;
      for (const fields of parseInstruments(JSON.parse(text.toString())).fields)
        byName.set(fields.instId, fields);
    } catch (error) {
      throw new CaptureError(file, `expected an instruments answer: ${(error as Error).message}`, error);
    }
  }
  return byName;
}

/** Finds every instrument of the depth frames it is shown, and the finest price and size steps that they use. */
export class GridInference {
  readonly #byName = new Map<string, { tickDecimals: number; lotDecimals: number }>();

  get instIds(): string[] {
    return [...this.#byName.keys()];
  }

  add(frame: Buffer): void {
    const push = parse(frame);
    const arg = push?.['arg'] as Record<string, unknown> | undefined;
    const instId = arg?.['instId'];
    const channel = arg?.['channel'];
    if (typeof instId !== 'string' || typeof channel !== 'string') return;
    if (!DEPTH_CHANNEL_NAMES.includes(channel)) return;
    let decimals = this.#byName.get(instId);
    if (decimals === undefined) {
      decimals = { tickDecimals: 0, lotDecimals: 0 };
      this.#byName.set(instId, decimals);
    }
    for (const entry of array(push?.['data'])) {
      const fields = entry as Record<string, unknown> | null;
      for (const row of [...array(fields?.['asks']), ...array(fields?.['bids'])]) {
        decimals.tickDecimals = Math.max(decimals.tickDecimals, decimalsOf(array(row)[0]));
        decimals.lotDecimals = Math.max(decimals.lotDecimals, decimalsOf(array(row)[1]));
      }
    }
  }

  /** An instrument of that name with the steps found; what cannot be known from a book is left neutral. */
  fieldsOf(instId: string): InstrumentFields {
    const decimals = this.#byName.get(instId) ?? { tickDecimals: 0, lotDecimals: 0 };
    const lotSz = DecimalGrid.ofDecimals(decimals.lotDecimals).step;
    return {
      instId,
      instIdCode: 0,
      type: InstrumentType.spot,
      kind: ContractKind.spot,
      state: InstrumentState.other,
      baseCcy: '',
      quoteCcy: '',
      settleCcy: '',
      instFamily: '',
      tickSz: DecimalGrid.ofDecimals(decimals.tickDecimals).step,
      lotSz,
      minSz: lotSz,
      maxLmtSz: '',
      contractValue: 1,
    };
  }
}

function parse(frame: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(frame.toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch (error) {
    // Frames that are no JSON are counted by the decoder; they have no grid to tell.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Digits after the point without trailing zeros; 0 for what is no plain decimal. */
function decimalsOf(text: unknown): number {
  const match = typeof text === 'string' ? /^\d+\.(\d*?)0*$/.exec(text) : null;
  const decimals = match === null ? 0 : match[1]!.length;
  return decimals <= DECIMALS_MAX ? decimals : 0;
}
