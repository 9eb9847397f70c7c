/**
 * What may be traded: states, names and grids of the instruments as the venue changes them, and the end of what expires.
 *
 *     live, post_only ──────────────────────────────▶ quoted: our quotes never take
 *     suspend, preopen, rebase, expired, whatever else ▶ withdrawn, until it is one of these again
 *     another grid, code, contract value or name ──────▶ withdrawn, and a fresh start with fresh instruments (reload)
 *     a change announced for later ────────────────────▶ looked at by REST when its time has come
 *     expiry, or delisting, within stopBeforeExpiry ───▶ reduce only; within half of that: nothing
 *
 * Owner:      the engine thread.
 * Invariants: another grid or code withdraws its instrument before anything else; what a push does not name is no news.
 * Cost:       cold. The timer: two comparisons for each instrument that expires.
 */
import { InstrumentState } from '../base/instrument.ts';
import type { Instrument, InstrumentFields } from '../base/instrument.ts';
import type { Milliseconds } from '../base/units.ts';
import type { LoopAccount } from './loop-account.ts';
import { LoopRequest } from './loop-options.ts';
import type { LoopOptions, LoopOutput } from './loop-options.ts';
import type { LoopQuoting } from './loop-quoting.ts';
import type { LoopState } from './loop-state.ts';
import { isQuotableState } from '../okx/instrument-rows.ts';
import type { ParsedInstruments, RefusedInstrument } from '../okx/instrument-rows.ts';
import type { Gate } from '../risk/gate.ts';
import { KillLevel, KillTrigger } from '../risk/kill-ladder.ts';
import type { KillLadder } from '../risk/kill-ladder.ts';

/** An announced change is looked for so long after its time: the venue's own push comes first, most often. */
const CHANGE_AFTER_MS = 2_000;
const DEFAULT_STOP_MS = 3_600_000;

export class LoopInstruments {
  readonly #output: LoopOutput;
  readonly #state: LoopState;
  readonly #gate: Gate;
  readonly #ladder: KillLadder;
  readonly #quoting: LoopQuoting;
  readonly #account: LoopAccount;
  readonly #instruments: readonly Instrument[];
  readonly #byId: ReadonlyMap<string, Instrument>;
  /** By instrument: how long before its expiry it is only reduced. */
  readonly #stopMs: readonly Milliseconds[];
  /** By instrument: when something of it changes, as announced; Infinity for never. */
  readonly #changeMs: Float64Array;
  #isReloadAsked = false;

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: {
      readonly gate: Gate;
      readonly ladder: KillLadder;
      readonly quoting: LoopQuoting;
      readonly account: LoopAccount;
    },
  ) {
    const { instruments } = options;
    this.#output = options.output;
    this.#state = state;
    this.#gate = parts.gate;
    this.#ladder = parts.ladder;
    this.#quoting = parts.quoting;
    this.#account = parts.account;
    this.#instruments = instruments;
    this.#byId = new Map(instruments.map((instrument) => [instrument.instId, instrument]));
    this.#stopMs = options.stopBeforeExpiryMs ?? instruments.map(() => DEFAULT_STOP_MS);
    this.#changeMs = Float64Array.from(instruments, ({ fields }) => fields.changeMs ?? Infinity);
    for (const { index, state: instrumentState } of instruments) {
      this.#gate.isPaused[index] = isQuotableState(instrumentState) ? 0 : 1;
    }
  }

  onPush({ fields, refused }: ParsedInstruments): void {
    for (const each of fields) this.#onRow(each);
    for (const each of refused) this.#onPart(each);
  }

  #onRow(fields: InstrumentFields): void {
    const instrument = this.#byId.get(fields.instId);
    if (instrument === undefined) {
      this.#onOther(fields);
      return;
    }
    // A margin pair and its spot pair share name and code, and stand in lists of their own.
    if (fields.type !== instrument.type) return;
    instrument.expiryMs = fields.expiryMs ?? Infinity;
    this.#changeMs[instrument.index] = fields.changeMs ?? Infinity;
    this.#take(instrument, fields.state, isSameGrid(instrument, fields));
  }

  /** A row that names a few fields only, as since 2026-09-30 (OKX change log), or that cannot be loaded any more. */
  #onPart(part: RefusedInstrument): void {
    const instrument = this.#byId.get(part.instId);
    if (instrument === undefined) return;
    const { tickSz = '', lotSz = '' } = part;
    const isSame =
      (tickSz === '' || Number(tickSz) === instrument.tick.value) &&
      (lotSz === '' || Number(lotSz) === instrument.lot.value);
    this.#take(instrument, part.state ?? instrument.state, isSame);
  }

  /**
   * Not ours by name: it may be one of ours under a new one. The code stays (OKX change log 2026-01-15). One that has
   * expired is the former name of what we know by the new one already.
   */
  #onOther({ instId, instIdCode, type, state }: InstrumentFields): void {
    if (instIdCode === 0 || state === InstrumentState.expired) return;
    const renamed = this.#instruments.find((each) => each.instIdCode === instIdCode && each.type === type);
    if (renamed !== undefined && renamed.instId !== instId) this.#take(renamed, renamed.state, false);
  }

  #take(instrument: Instrument, next: InstrumentState, isSame: boolean): void {
    const { index } = instrument;
    if (!isSame) this.#state.isOutdated[index] = 1;
    instrument.state = next;
    const isOpen = isQuotableState(next) && this.#state.isOutdated[index] === 0;
    const wasOpen = this.#gate.isPaused[index] === 0;
    this.#gate.isPaused[index] = isOpen ? 0 : 1;
    this.#state.isDue[index] = 1;
    if (!isOpen) this.#quoting.withdraw(index);
    // A market that stands still would bring no other quote.
    else if (!wasOpen) this.#quoting.republish(index);
    if (isSame || this.#isReloadAsked) return;
    this.#isReloadAsked = true;
    this.#output.request(LoopRequest.reload, index);
  }

  onTimer(): void {
    const venueMs = this.#state.venueMs(this.#state.nowNs);
    for (let index = 0; index < this.#instruments.length; index++) {
      const { expiryMs } = this.#instruments[index]!;
      if (expiryMs !== Infinity) this.#watchExpiry(index, expiryMs - venueMs);
      if (venueMs < this.#changeMs[index]! + CHANGE_AFTER_MS) continue;
      // Recovery looks at the rows, and has the engine started afresh where one is another.
      this.#changeMs[index] = Infinity;
      this.#account.recover();
    }
  }

  #watchExpiry(index: number, leftMs: Milliseconds): void {
    const stopMs = this.#stopMs[index]!;
    const level =
      leftMs > stopMs ? KillLevel.quoting : leftMs > stopMs / 2 ? KillLevel.reduceOnly : KillLevel.paused;
    this.#ladder.raise(KillTrigger.expiry, level, index);
  }
}

function isSameGrid(instrument: Instrument, fields: InstrumentFields): boolean {
  return (
    Number(fields.tickSz) === instrument.tick.value &&
    Number(fields.lotSz) === instrument.lot.value &&
    Number(fields.minSz) === Number(instrument.fields.minSz) &&
    fields.contractValue === instrument.contractValue &&
    // Pushes may name only what changed: no code is no news.
    (fields.instIdCode === 0 || fields.instIdCode === instrument.instIdCode)
  );
}
