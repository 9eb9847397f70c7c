import { beforeAll, describe, expect, it } from 'vitest';
import { SimWorld } from '../sim/world.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { parseResult } from '../../engine/report/parse-result.ts';
import { resultHashOf } from '../../engine/report/result-hash.ts';
import type { FillRow, RunResult } from '../../engine/report/run-result.ts';
import { ObservedWorld } from './observed-world.ts';

/** A quiet world with a linear and an inverse contract. */
const SEED = 1;
const SECONDS = 120;

interface Observed {
  readonly result: RunResult;
  readonly fills: readonly FillRow[];
  readonly world: ObservedWorld;
}

async function observed(seed: number, seconds: number): Promise<Observed> {
  const fills: FillRow[] = [];
  const world = new ObservedWorld(seed, 1, null, { onFill: (row) => fills.push(row) });
  await world.run(seconds);
  const { observer } = world.runs[0]!;
  return { result: observer.finish({ kind: 'simulation', title: 'test' }), fills, world };
}

describe('a run without faults', () => {
  let run: Observed;
  beforeAll(async () => {
    run = await observed(SEED, SECONDS);
  });

  it('is about something', () => {
    expect(run.result.fills).toBeGreaterThan(5);
    expect(run.result.volume).toBeGreaterThan(1_000);
    expect(run.result.seconds).toBeCloseTo(SECONDS, -1);
  });

  it('has parts that add up to the profit, whatever the order of adding', () => {
    const all = [run.result.profit, ...Object.values(run.result.instruments).map(({ profit }) => profit)];
    for (const { total, spread, inventory, fees, funding } of all) {
      expect(spread + inventory + fees + funding).toBe(total);
      expect(funding + fees + inventory + spread).toBe(total);
      expect(inventory + (funding + (spread + fees))).toBe(total);
    }
  });

  it('has exact parts that add up to the last unit', () => {
    for (const { profitExact: exact } of Object.values(run.result.instruments)) {
      const sum = BigInt(exact.spread) + BigInt(exact.inventory) + BigInt(exact.fees) + BigInt(exact.funding);
      expect(String(sum)).toBe(exact.total);
    }
  });

  it('agrees with the engine’s ledger, which was not asked', () => {
    const { control, profit } = run.result;
    expect(Math.abs(control.difference)).toBeLessThan(1e-8);
    expect(control.ledgerProfit).toBeCloseTo(profit.total, 8);
    // Found by the core itself, and split further.
    const { profit: split, residuals, levels } = run.result.attribution!;
    expect(split.total).toBeCloseTo(profit.total, 8);
    const { total, ...parts } = split;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBe(total);
    expect(split.fees + split.rebates).toBeCloseTo(profit.fees, 8);
    expect(Object.values(residuals).every((residual) => residual === 0)).toBe(true);
    expect(levels.reduce((sum, { fills }) => sum + fills, 0)).toBe(run.result.fills);
  });

  it('agrees with the venue’s own counts', () => {
    const { world } = run.world;
    const { counts } = world.venue.inspection.report(false) as { counts: Record<string, number> };
    // What is still on its way to the venue has been sent and not counted there.
    expect(run.result.orders.place).toBeGreaterThanOrEqual(counts['place']!);
    expect(run.result.orders.place).toBeLessThanOrEqual(counts['place']! + 10);
    expect(run.fills).toHaveLength(run.result.fills);
  });

  it('lists the fills that it counts, each against the middle before it', () => {
    const { result, fills } = run;
    expect(result.fillRows).toHaveLength(result.fills);
    expect(result.fillRowsEvery).toBe(1);
    const volume = fills.reduce((sum, { value }) => sum + value, 0);
    expect(volume).toBeCloseTo(result.volume, 6);
    expect(
      fills.every(({ mid, fee, price }) => mid !== null && fee !== null && Math.abs(mid / price - 1) < 0.01),
    ).toBe(true);
    expect(new Set(fills.map(({ tradeId, instId }) => `${instId}/${tradeId}`)).size).toBe(fills.length);
  });

  it('has shares that are shares', () => {
    const { quoted, quotedDistance, fillRatio, makerShare } = run.result;
    expect(quoted.both + quoted.bidOnly + quoted.askOnly + quoted.none).toBeCloseTo(1, 9);
    for (const shares of [quotedDistance.bid, quotedDistance.ask]) {
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    }
    expect(quoted.both).toBeGreaterThan(0.1);
    expect(fillRatio).toBeGreaterThan(0);
    expect(fillRatio).toBeLessThanOrEqual(1);
    expect(makerShare).toBe(1);
  });

  it('has curves that end where the figures do', () => {
    const { series, profit, instrumentSeries, instruments } = run.result;
    expect(series.columns['total']!.at(-1)).toBeCloseTo(profit.total, 6);
    expect(series.columns['fees']!.at(-1)).toBeCloseTo(profit.fees, 6);
    expect(Math.max(...series.columns['drawdown']!.map((value) => value ?? 0))).toBeCloseTo(
      run.result.maxDrawdown,
      9,
    );
    for (const [instId, { endPosition, lastMid }] of Object.entries(instruments)) {
      expect(instrumentSeries[instId]!.columns['position']!.at(-1)).toBe(endPosition);
      expect(instrumentSeries[instId]!.columns['mid']!.at(-1)).toBe(lastMid);
    }
  });

  it('has the same hash when it is run again, whatever the clock on the wall says', async () => {
    const again = await observed(SEED, SECONDS);
    const { observer } = again.world.runs[0]!;
    const late = observer.finish({
      kind: 'simulation',
      title: 'test',
      wallSeconds: 99,
      environment: { node: 'another' },
    });
    expect(again.result.resultHash).toBe(run.result.resultHash);
    expect(late.resultHash).toBe(run.result.resultHash);
    expect(observer.finish({ kind: 'simulation', title: 'other' }).resultHash).not.toBe(
      run.result.resultHash,
    );
  });

  it('is read back as it was written, and not when it was changed', () => {
    const text = JSON.stringify(run.result);
    expect(parseResult(text)).toEqual(run.result);
    expect(resultHashOf(JSON.parse(text) as RunResult)).toBe(run.result.resultHash);
    const forged = { ...run.result, profit: { ...run.result.profit, total: 1_000_000 } };
    expect(() => parseResult(JSON.stringify(forged))).toThrow('changed or cut');
    expect(() => parseResult(text.slice(0, -9))).toThrow('no JSON');
    expect(() => parseResult('{"format":"okx-mm-result/0"}')).toThrow('okx-mm-result/0');
    expect(() => parseResult('null')).toThrow('format');
  });
});

describe('funding', () => {
  const positions = (instId: string, fundingFee: string, cTime: string): Uint8Array => {
    const row = { instId, posId: '1', posSide: 'net', cTime, pos: '1', fundingFee };
    return Buffer.from(JSON.stringify({ arg: { channel: 'positions', instType: 'ANY' }, data: [row] }));
  };

  it('is what the venue’s running total of a position grows by, of each position anew', async () => {
    const world = new ObservedWorld(SEED, 1, null);
    await world.run(30);
    const { observer, loop } = world.runs[0]!;
    const [watch] = observer.watches;
    const { instId, index } = watch!.instrument;
    const tell = (fundingFee: string, cTime: string): void => {
      const bytes = positions(instId, fundingFee, cTime);
      loop.onPrivateFrame(bytes, 0, bytes.length, world.world.nowNs);
    };
    tell('-0.5', '100');
    tell('-0.5', '100');
    expect(String(watch!.parts.funding)).toBe('-500000000000000000');
    tell('0.25', '100');
    tell('-1', '200');
    expect(String(watch!.parts.funding)).toBe('-750000000000000000');
    expect([loop.ledger.funding[index], String(loop.truth.instruments[index]!.parts.funding)]).toEqual([
      -0.75,
      '-750000000000000000',
    ]);
    const result = observer.finish({ kind: 'simulation', title: 'test' });
    expect(result.profit.funding).toBe(-0.75);
    expect(Math.abs(result.control.difference)).toBeLessThan(1e-8);
  });

  it('and whatever cannot be read is counted, and believed by nobody', async () => {
    const world = new ObservedWorld(SEED, 1, null);
    await world.run(5);
    const { observer } = world.runs[0]!;
    for (const text of [
      '{"arg":{"channel":"orders"},"data":[',
      '{"arg":1,"data":[]}',
      '{"op":"order","data":7,"id":"1"}',
      '',
    ]) {
      for (const connection of [1, 2] as const)
        observer.onInput(connection, Buffer.from(text), world.world.nowNs);
    }
    expect(observer.inputs.unread).toBeGreaterThanOrEqual(3);
    expect(observer.finish({ kind: 'simulation', title: 'test' }).fills).toBe(0);
  });
});

describe('observing', () => {
  it('changes nothing: the same bytes leave', async () => {
    const watched = new ObservedWorld(3, 1, null);
    const alone = new SimWorld(3);
    await watched.run(60);
    await alone.runUntil(alone.nowNs + 60 * NS_PER_SECOND, () => {});
    expect(watched.runs[0]!.observer.inputs.public).toBeGreaterThan(50);
    expect(watched.world.sent.digest()).toBe(alone.sent.digest());
  });

  it.each([22, 23])(
    'under faults, restarts and trades that only REST tells, the ledger is met: seed %i',
    async (seed) => {
      const world = new ObservedWorld(seed, 0.1, 'heavy');
      await world.run(360);
      expect(world.runs.length).toBeGreaterThan(1);
      let fills = 0;
      for (const { observer, loop } of world.runs) {
        const result = observer.finish({ kind: 'simulation', title: 'test' });
        const { profit, control } = result;
        fills += result.fills;
        expect(profit.spread + profit.inventory + profit.fees + profit.funding).toBe(profit.total);
        for (const { instrument, parts, adjustedLots } of observer.watches) {
          expect(parts.residual).toBe(0n);
          expect(parts.lots).toBe(loop.ledger.bookedLots[instrument.index]);
          // Positions that were found come in at the middle here, and at their entry there.
          if (adjustedLots === 0) expect(Number.isFinite(control.difference)).toBe(true);
        }
        const isAdjusted = observer.watches.some(({ adjustedLots }) => adjustedLots !== 0);
        if (!isAdjusted) expect(Math.abs(control.difference)).toBeLessThan(1e-6 * Math.max(1, result.volume));
      }
      expect(fills).toBeGreaterThan(0);
    },
  );

  it('of nothing gives a result without figures that nobody knows', async () => {
    const world = new ObservedWorld(2, 1, null);
    await world.run(0.001);
    const { observer } = world.runs[0] ?? {};
    if (observer === undefined) return;
    const result = observer.finish({
      kind: 'simulation',
      title: 'test',
      endNs: world.world.nowNs + NS_PER_SECOND,
    });
    expect(result).toMatchObject({
      fills: 0,
      sharpe: null,
      sortino: null,
      fillRatio: null,
      orderToTrade: null,
    });
    expect(result.profit.total).toBe(0);
    expect(JSON.stringify(result)).not.toContain('null,null,null,null,null,null,null,null,null,null');
  });
});
