import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { playMarkets } from '../../bench/signals/recorded-market.ts';
import { explainedBy, fitLine, significance } from '../../bench/signals/regression.ts';
import { horizonText, reportHorizon } from '../../bench/signals/signal-report.ts';
import { LEVELS_READ, SignalSamples } from '../../bench/signals/signal-samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'signals-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a line', () => {
  const random = new Random(1);
  const signal = Float64Array.from({ length: 2_000 }, () => 3 + random.normal());
  const moves = Float64Array.from(signal, (value) => 0.5 * (value - 3) + 0.1 + random.normal());

  it('is found with its slope, and the share that it explains', () => {
    const fit = fitLine(signal, moves);
    expect(fit.slope).toBeCloseTo(0.5, 1);
    expect(fit.deviation).toBeCloseTo(1, 1);
    expect(fit.r2).toBeCloseTo(0.2, 1);
    expect(significance(fit, 2_000)).toBeGreaterThan(15);
    expect(significance({ ...fit, slope: -1 }, 2_000)).toBeLessThan(-15);
    expect(significance(fit, 20)).toBeLessThan(3);
  });

  it('explains nothing where it does not hold', () => {
    const fit = fitLine(signal, moves);
    expect(explainedBy(fit, signal, moves)).toBeGreaterThan(0.15);
    expect(
      explainedBy(
        fit,
        signal,
        moves.map((move) => -move),
      ),
    ).toBeLessThan(-0.3);
    const flat = fitLine(new Float64Array(9), new Float64Array(9));
    expect([flat.slope, flat.r2, explainedBy(flat, signal, new Float64Array(2_000))]).toEqual([0, 0, 0]);
  });
});

/** Five minutes of a market that moves where more rests, and of another that has moved there half a second before. */
function recording(): string[] {
  const random = new Random(3);
  const lines: string[] = [];
  const levels = (best: number, sign: number, first: number): string[][] =>
    Array.from({ length: 3 }, (_, level) => [
      (best + sign * level * 0.1).toFixed(1),
      level === 0 ? first.toFixed(2) : '5',
      '1',
    ]);
  let [ask, askBefore] = [60_000, 60_000];
  for (let step = 0; step < 3_000; step++) {
    const atMs = 1_790_000_000_000 + step * 100;
    const recvNs = `${atMs}000000`;
    const bids = 1 + random.below(9);
    const asks = 1 + random.below(9);
    const book = (instId: string, best: number, [bid, offer]: readonly number[]): object => ({
      recvNs,
      instId,
      action: 'snapshot',
      ts: String(atMs),
      asks: levels(best, 1, offer!),
      bids: levels(best - 0.1, -1, bid!),
    });
    lines.push(JSON.stringify(book('ETH-USDT-SWAP', ask / 20, [4, 4])));
    if (step % 5 === 0) askBefore = ask;
    lines.push(JSON.stringify(book('BTC-USDT-SWAP', askBefore, [bids, asks])));
    const side = random.below(2) === 0 ? 'buy' : 'sell';
    const trade = { channel: 'trades', tradeId: String(step), px: String(askBefore), sz: '1', side };
    lines.push(JSON.stringify({ recvNs, instId: 'BTC-USDT-SWAP', ...trade, ts: String(atMs) }));
    if (random.unit() < 0.3) ask += (bids - asks) * 2;
  }
  return lines;
}

describe('the signals of a recorded market', () => {
  it('that hold are told from those that do not', async () => {
    const file = join(folder, 'market.ndjson');
    writeFileSync(file, recording().join('\n'));
    const samples = new SignalSamples(['ETH-USDT-SWAP']);
    const ids = ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
    await playMarkets([file], ids, LEVELS_READ, (own, others) => samples.onMarket(own, others));
    expect(samples.moments.length).toBeGreaterThan(2_900);
    const report = reportHorizon(samples, 0.5);
    const row = (name: string) => report.rows.find((each) => each.name === name)!;
    expect(row('imbalance static 1')).toMatchObject({ isWorthIt: true });
    expect(row('imbalance static 1').weight).toBeGreaterThan(0);
    // What the other moved, ours will: a share of one, as far as the usual distance has not learnt it yet.
    expect(row('lead ETH-USDT-SWAP')).toMatchObject({ isWorthIt: true, isShare: true });
    expect(row('lead ETH-USDT-SWAP').weight).toBeGreaterThan(0.5);
    expect(row('lead ETH-USDT-SWAP').weight).toBeLessThan(1.1);
    expect(row('trade flow 2 s')).toMatchObject({ isWorthIt: false });
    expect(row('mark')).toMatchObject({ weight: 0, isWorthIt: false });
    expect(horizonText(report)).toContain('| imbalance static 1 |');
  });
});
