import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { IndexSet } from '../../engine/base/index-set.ts';
import { ContractKind, Instrument, InstrumentState, InstrumentType } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { AccountNotional } from '../../engine/risk/account-notional.ts';
import type { GateInputs, RiskLimits } from '../../engine/risk/gate.ts';
import { LotWorth } from '../../engine/risk/lot-worth.ts';

const COUNT = 5;

const INSTRUMENTS = Array.from(
  { length: COUNT },
  (_, index) =>
    new Instrument(index, {
      instId: `COIN${index}`,
      instIdCode: index + 1,
      type: InstrumentType.swap,
      kind: index === 3 ? ContractKind.inverse : ContractKind.linear,
      state: InstrumentState.live,
      baseCcy: 'COIN',
      quoteCcy: 'USDT',
      settleCcy: 'USDT',
      instFamily: '',
      tickSz: ['0.1', '0.00001', '1', '0.5', '0.003'][index]!,
      lotSz: '1',
      minSz: '1',
      maxLmtSz: '1000000',
      contractValue: [0.001, 7, 0.1, 100, 0.3][index]!,
    }),
);
const RATES = [1, 1.0003, 0.37, 65_000.123, 1 / 3];
const LIMITS = RATES.map((notionalRate) => ({ notionalRate }) as RiskLimits);

/** The inputs, what is asked, and the obvious answer: everything added up, in order, every time. */
class Twin {
  readonly inputs: GateInputs = {
    positionLots: new Float64Array(COUNT),
    entryTicks: new Float64Array(COUNT),
    exposureLots: new Float64Array(COUNT * 2),
    bestTicks: new Int32Array(COUNT * 2).fill(TICKS_MAX),
    openCounts: new Int32Array(COUNT),
    openTotals: new Int32Array(1),
    changed: new IndexSet(COUNT),
  };
  readonly seenTicks = new Float64Array(COUNT);

  notionalOf(max: number): AccountNotional {
    return new AccountNotional(
      INSTRUMENTS,
      LIMITS,
      max,
      this.inputs,
      this.seenTicks,
      new LotWorth(INSTRUMENTS),
    );
  }

  sum(instrument: number, side: Side, ticks: number, addedLots: number): number {
    const { positionLots, exposureLots, entryTicks } = this.inputs;
    let sum = 0;
    for (const { index, kind, lotValue, tick } of INSTRUMENTS) {
      const isAsked = index === instrument;
      const bought =
        positionLots[index]! + exposureLots[index * 2]! + (isAsked && side === Side.buy ? addedLots : 0);
      const sold =
        exposureLots[index * 2 + 1]! - positionLots[index]! + (isAsked && side === Side.sell ? addedLots : 0);
      const seen = this.seenTicks[index]! > 0 ? this.seenTicks[index]! : entryTicks[index]!;
      const lots = Math.max(bought, sold);
      if (lots === 0) continue;
      const value = isAsked ? Math.max(seen, ticks) : seen;
      const price = kind === ContractKind.inverse ? 1 : value * tick.value;
      sum += lots * lotValue * price * RATES[index]!;
    }
    return sum;
  }
}

const change = fc.record({
  what: fc.constantFrom('position', 'exposure', 'seen', 'entry', 'timer'),
  instrument: fc.nat({ max: COUNT - 1 }),
  side: fc.constantFrom(Side.buy, Side.sell),
  // From one lot to many, so that the sum rises and falls by orders of magnitude.
  value: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 1_000 }), fc.nat({ max: 1_000_000_000 })),
});

function apply(
  twin: Twin,
  notional: AccountNotional,
  step: typeof change extends fc.Arbitrary<infer T> ? T : never,
): void {
  const { what, instrument, side, value } = step;
  const { inputs, seenTicks } = twin;
  if (what === 'position') inputs.positionLots[instrument] = side === Side.buy ? value : -value;
  else if (what === 'exposure') inputs.exposureLots[instrument * 2 + side] = value;
  else if (what === 'seen') seenTicks[instrument] = value / 2;
  else if (what === 'entry') inputs.entryTicks[instrument] = value / 3;
  else notional.settle();
  inputs.changed.add(instrument);
}

test('judges as if everything were added up in order, also where the limit is met to the last bit', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 40 }),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      (first, last) => {
        const twin = new Twin();
        const early = twin.notionalOf(1);
        for (const step of first) apply(twin, early, step);
        const asked = last.map(({ instrument, side, value }) => ({
          instrument,
          side,
          ticks: 1 + (value % 5_000),
          lots: 1 + (value % 97),
        }));
        for (const { instrument, side, ticks, lots } of asked) {
          const exact = twin.sum(instrument, side, ticks, lots);
          // A sum that has been kept through all these changes, judged at the limit, a bit above and a bit below.
          for (const max of [exact, exact * (1 + 2 ** -52), exact * (1 - 2 ** -52), exact * 2, exact / 2]) {
            const kept = new Twin();
            const notional = kept.notionalOf(max);
            for (const step of [...first, ...last]) {
              apply(kept, notional, step);
              const now = kept.sum(instrument, side, ticks, lots);
              expect(notional.isWithin(instrument, side, ticks, lots)).toBe(now <= max);
            }
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('what is not a number is never within, and passes with what made it so', () => {
  const twin = new Twin();
  const notional = twin.notionalOf(1e12);
  twin.seenTicks[0] = NaN;
  twin.inputs.entryTicks[0] = NaN;
  twin.inputs.positionLots[0] = 5;
  twin.inputs.changed.add(0);
  expect(notional.isWithin(1, Side.buy, 100, 1)).toBe(false);
  twin.seenTicks[0] = 100;
  twin.inputs.changed.add(0);
  expect(notional.isWithin(1, Side.buy, 100, 1)).toBe(true);
});

test('thousands of changes without a timer are judged exactly too', () => {
  const twin = new Twin();
  const limit = 3e9;
  const notional = twin.notionalOf(limit);
  let within = 0;
  for (let step = 1; step <= 10_000; step++) {
    const instrument = step % COUNT;
    twin.inputs.exposureLots[instrument * 2] = (step * 7_919) % 1_009;
    twin.seenTicks[instrument] = 1 + ((step * 104_729) % 9_973);
    twin.inputs.changed.add(instrument);
    const isWithin = notional.isWithin(2, Side.buy, 50, step % 90);
    expect(isWithin).toBe(twin.sum(2, Side.buy, 50, step % 90) <= limit);
    if (isWithin) within++;
  }
  expect(within, 'both answers occur').toBeGreaterThan(100);
  expect(within).toBeLessThan(9_900);
});
