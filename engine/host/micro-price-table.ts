import { readFileSync } from 'node:fs';
import type { Instrument } from '../base/instrument.ts';
import type { InstrumentConfig } from '../config/schema.ts';
import type { MicroPriceTable } from '../../workers/strategy/fair/fair-value-parameters.ts';
import { MicroPriceFileError, parseMicroPriceFile } from '../../workers/strategy/fair/micro-price-file.ts';
import { HostError } from './host-error.ts';

/**
 * The table of an instrument whose fair value begins with Stoikov's micro-price; null for others.
 *
 * @throws HostError when the file cannot be read, or is of another instrument or grid
 */
export function microPriceOf(instrument: Instrument, config: InstrumentConfig): MicroPriceTable | null {
  const { base, microPriceFile = '' } = config.strategy.fair;
  if (base !== 'stoikov') return null;
  const at = `instruments[${instrument.index}].strategy.fair.microPriceFile`;
  let text: string;
  try {
    text = readFileSync(microPriceFile, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `${at}: expected a readable file, was "${microPriceFile}" (${reason}); okx-mm calibrate --micro-price writes one`,
      { cause: error },
    );
  }
  try {
    return parseMicroPriceFile(text, microPriceFile, instrument.instId, instrument.tick.step);
  } catch (error) {
    if (!(error instanceof MicroPriceFileError)) throw error;
    throw new HostError('INSTRUMENT_REFUSED', `${at}: ${error.message}`, { cause: error });
  }
}
