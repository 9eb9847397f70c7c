import { expect, it } from 'vitest';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { numberOf } from '../../engine/attribution/exact-money.ts';
import { SimWorld } from '../sim/world.ts';

it('funding of the venue is in ledger, parts and loss, to the last unit', async () => {
  const world = new SimWorld(2);
  const { truth, ledger } = await held(world);
  const account = world.venue.exchange.accountOf(world.uid);
  const markets = [...account.markets].map(([, market]) => market);
  for (const market of markets) {
    market.fundingRate = 0.01;
    market.nextFundingMs = world.nowMs;
  }
  // What each position has paid so far, added up over positions that open and close.
  let paid = 0n;
  const last = new Map<object, bigint>();
  await world.runUntil(world.nowNs + 150 * NS_PER_SECOND, () => {
    for (const [holding] of account.markets) {
      for (const position of holding.positions) {
        const before = last.get(position) ?? 0n;
        // A new position begins with nothing.
        if (position.fundingFee !== before && position.fundingFee !== 0n)
          paid += position.fundingFee - before;
        last.set(position, position.fundingFee);
      }
    }
  });
  expect(paid).not.toBe(0n);
  const parts = truth.instruments.reduce((sum, each) => sum + each.parts.funding, 0n);
  expect(parts).toBe(paid);
  expect(ledger.funding.reduce((sum, each) => sum + each, 0)).toBeCloseTo(numberOf(paid), 12);
  truth.onStop();
  expect([...truth.residuals].every((residual) => residual === 0)).toBe(true);
}, 60_000);

/** The engine's loop once it holds something of a contract with funding. */
async function held(world: SimWorld): Promise<NonNullable<SimWorld['engine']>['loop']> {
  for (let round = 0; round < 300; round++) {
    await world.runUntil(world.nowNs + NS_PER_SECOND, () => {});
    const loop = world.engine?.loop;
    if (loop?.ledger.bookedLots.some((lots) => lots !== 0) === true) return loop;
  }
  throw new Error('expected a position within five minutes, was none: another seed');
}
