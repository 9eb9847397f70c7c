import { field } from '../exchange/listing.ts';
import type { Row } from '../exchange/exchange.ts';

/** The announced end of a maintenance that nobody has said the end of. */
const MAINTENANCE_MS = 1_800_000;

/** What GET /system/status gives when it is asked for no state (docs-v5 "Status", read 2026-07-28). */
const STATES_TOLD: ReadonlySet<string> = new Set(['scheduled', 'ongoing', 'pre_open']);

/** Maintenance of trading, as `status` tells it: one record, from its begin to its end. */
export class SystemStatus {
  #row: Row | null = null;

  get isInMaintenance(): boolean {
    return this.#row?.state === 'ongoing';
  }

  /** The new record, or null when nothing changed. */
  setMaintenance(isOn: boolean, nowMs: number): Row | null {
    if (isOn === this.isInMaintenance) return null;
    const ts = String(Math.floor(nowMs));
    this.#row = {
      begin: isOn ? ts : this.#row!.begin,
      end: isOn ? String(Math.floor(nowMs) + MAINTENANCE_MS) : ts,
      href: '',
      preOpenBegin: '',
      scheDesc: '',
      // Trading, in an unannounced maintenance of the production environment.
      serviceType: '5',
      state: isOn ? 'ongoing' : 'completed',
      system: 'unified',
      maintType: '2',
      env: '1',
      title: 'Trading service maintenance',
      ts,
    };
    return this.#row;
  }

  /** The answer of GET /system/status. */
  rows(state: string): Row[] {
    if (this.#row === null) return [];
    const own = field(this.#row, 'state');
    return (state === '' ? STATES_TOLD.has(own) : state === own) ? [this.#row] : [];
  }
}
