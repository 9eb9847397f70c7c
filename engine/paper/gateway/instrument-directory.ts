import type { InstrumentRow } from '../exchange/exchange.ts';

/** Every instrument of the venue, found by name, by code, by type and by family. */
export class InstrumentDirectory {
  readonly #byInstId = new Map<string, InstrumentRow>();
  readonly #instIdByCode = new Map<number, string>();

  constructor(rows: readonly InstrumentRow[]) {
    for (const row of rows) this.upsert(row);
  }

  /** A new row, or the row of an instrument that has changed. */
  upsert(row: InstrumentRow): void {
    const instId = fieldOf(row, 'instId');
    this.#byInstId.set(instId, row);
    // The code is null while the venue has not given one yet.
    if (typeof row.instIdCode === 'number') this.#instIdByCode.set(row.instIdCode, instId);
  }

  has(instId: string): boolean {
    return this.#byInstId.has(instId);
  }

  row(instId: string): InstrumentRow | undefined {
    return this.#byInstId.get(instId);
  }

  instIdOfCode(code: number): string | undefined {
    return this.#instIdByCode.get(code);
  }

  instType(instId: string): string {
    return this.#text(instId, 'instType');
  }

  instFamily(instId: string): string {
    return this.#text(instId, 'instFamily');
  }

  /** The instrument whose mark price stands for an index: the spot pair of its name, else a contract on it; '' for none. */
  indexSource(index: string): string {
    if (this.instType(index) === 'SPOT') return index;
    for (const [instId, row] of this.#byInstId) if (fieldOf(row, 'uly') === index) return instId;
    return '';
  }

  /**
   * Rows of a type, of all types when it is '' or ANY; of one family or instrument when those are given. Pairs on margin are
   * the spot pairs that have a leverage, under their names.
   */
  select(instType: string, instFamily: string, instId: string): InstrumentRow[] {
    if (instType === 'MARGIN') {
      return this.select('SPOT', instFamily, instId)
        .filter((row) => fieldOf(row, 'lever') !== '')
        .map((row) => ({ ...row, instType }));
    }
    const selected: InstrumentRow[] = [];
    for (const row of this.#byInstId.values()) {
      if (instType !== '' && instType !== 'ANY' && row.instType !== instType) continue;
      if (instFamily !== '' && row.instFamily !== instFamily) continue;
      if (instId !== '' && row.instId !== instId) continue;
      selected.push(row);
    }
    return selected;
  }

  #text(instId: string, name: string): string {
    const row = this.#byInstId.get(instId);
    return row === undefined ? '' : fieldOf(row, name);
  }
}

/** A field of a row as text; '' when it is absent or no text. */
export function fieldOf(row: Readonly<Record<string, unknown>>, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : '';
}
