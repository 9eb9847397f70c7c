import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** The last trade and the sums of the last 24 hours, in steps of an hour. */
export class TradeStatistics {
  lastTicks: Ticks;
  lastLots: Lots = 0;
  openTicks: Ticks;
  highTicks: Ticks;
  lowTicks: Ticks;
  lots24h: Lots = 0;
  value24h = 0;
  readonly #lots = new Float64Array(HOURS);
  readonly #values = new Float64Array(HOURS);
  readonly #opens = new Float64Array(HOURS);
  readonly #highs = new Float64Array(HOURS);
  readonly #lows = new Float64Array(HOURS);
  #hour: number;

  constructor(startTicks: Ticks, startMs: Milliseconds) {
    this.lastTicks = startTicks;
    this.openTicks = startTicks;
    this.highTicks = startTicks;
    this.lowTicks = startTicks;
    this.#hour = Math.floor(startMs / HOUR_MS);
    this.#fill(startTicks);
  }

  /** Puts another price at the start, before the first trade. */
  restart(ticks: Ticks): void {
    this.lastTicks = ticks;
    this.openTicks = ticks;
    this.highTicks = ticks;
    this.lowTicks = ticks;
    this.#fill(ticks);
  }

  /** Takes over what another market of the same start has counted, on other grids. */
  convert(other: TradeStatistics, tickRatio: number, lotRatio: number): void {
    const ticksOf = (ticks: Ticks): Ticks => Math.max(1, Math.round(ticks * tickRatio));
    this.lastTicks = ticksOf(other.lastTicks);
    this.openTicks = ticksOf(other.openTicks);
    this.highTicks = ticksOf(other.highTicks);
    this.lowTicks = ticksOf(other.lowTicks);
    this.lastLots = Math.round(other.lastLots * lotRatio);
    this.lots24h = Math.round(other.lots24h * lotRatio);
    this.value24h = other.value24h;
    this.#hour = other.#hour;
    for (let slot = 0; slot < HOURS; slot++) {
      this.#lots[slot] = Math.round(other.#lots[slot]! * lotRatio);
      this.#values[slot] = other.#values[slot]!;
      this.#opens[slot] = ticksOf(other.#opens[slot]!);
      this.#highs[slot] = ticksOf(other.#highs[slot]!);
      this.#lows[slot] = ticksOf(other.#lows[slot]!);
    }
  }

  add(ticks: Ticks, lots: Lots, value: number, nowMs: Milliseconds): void {
    this.roll(nowMs);
    const slot = this.#hour % HOURS;
    this.#lots[slot]! += lots;
    this.#values[slot]! += value;
    this.#highs[slot] = Math.max(this.#highs[slot]!, ticks);
    this.#lows[slot] = Math.min(this.#lows[slot]!, ticks);
    this.lots24h += lots;
    this.value24h += value;
    this.highTicks = Math.max(this.highTicks, ticks);
    this.lowTicks = Math.min(this.lowTicks, ticks);
    this.lastTicks = ticks;
    this.lastLots = lots;
  }

  /** Forgets the hours that are older than a day. */
  roll(nowMs: Milliseconds): void {
    const hour = Math.floor(nowMs / HOUR_MS);
    if (hour <= this.#hour) return;
    this.#hour = Math.max(this.#hour, hour - HOURS);
    while (this.#hour < hour) {
      this.#hour++;
      const slot = this.#hour % HOURS;
      this.#lots[slot] = 0;
      this.#values[slot] = 0;
      this.#opens[slot] = this.lastTicks;
      this.#highs[slot] = this.lastTicks;
      this.#lows[slot] = this.lastTicks;
    }
    this.openTicks = this.#opens[(hour + 1) % HOURS]!;
    this.lots24h = 0;
    this.value24h = 0;
    for (let slot = 0; slot < HOURS; slot++) {
      this.lots24h += this.#lots[slot]!;
      this.value24h += this.#values[slot]!;
    }
    this.highTicks = this.#highs.reduce((left, right) => Math.max(left, right));
    this.lowTicks = this.#lows.reduce((left, right) => Math.min(left, right));
  }

  #fill(ticks: Ticks): void {
    this.#opens.fill(ticks);
    this.#highs.fill(ticks);
    this.#lows.fill(ticks);
  }
}
