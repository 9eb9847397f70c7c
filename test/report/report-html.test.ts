import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { pageAssets } from '../../engine/report/page-assets.ts';
import { reportHtml } from '../../engine/report/report-html.ts';
import {
  bpsText,
  durationText,
  escapeHtml,
  moneyText,
  numberText,
  percentText,
  shortText,
  signedText,
  timeText,
} from '../../engine/report/report-text.ts';
import { resultCsv } from '../../engine/report/result-csv.ts';
import type { RunResult } from '../../engine/report/run-result.ts';
import { ObservedWorld } from './observed-world.ts';

const EVIL = `</script><script>alert("x")</script>&'<img src=//evil>`;

describe('texts', () => {
  it.each([
    [0, '0.00'],
    [-13.829, '−13.83'],
    [1_234.5, '1\u202f234.50'],
    [123_456.7, '123\u202f457'],
    [0.012345, '0.0123'],
    [null, '–'],
    [NaN, '–'],
  ])('money: %s', (value, text) => expect(moneyText(value)).toBe(text));

  it.each([
    [0, '0'],
    [0.5, '0.5000'],
    [-0.001234567, '−0.001235'],
    [0.01, '0.01000'],
    [1_234_567, '1\u202f234\u202f567'],
    [0.0000000123, '1.2e-8'],
  ])('numbers: %s', (value, text) => expect(numberText(value)).toBe(text));

  it('signs, shares and times', () => {
    expect([signedText(2), signedText(-2), signedText(0)]).toEqual(['+2.00', '−2.00', '0.00']);
    expect([percentText(0.123), percentText(0.00123), percentText(0)]).toEqual([
      '12.3\u00a0%',
      '0.12\u00a0%',
      '0.0\u00a0%',
    ]);
    expect([bpsText(1.234), bpsText(-1.5), bpsText(null)]).toEqual(['+1.23', '−1.50', '–']);
    expect([shortText(8_303_465), shortText(28_821), shortText(2_362.1)]).toEqual([
      '8.3\u00a0m',
      '28.8\u00a0k',
      '2\u202f362',
    ]);
    expect([durationText(5), durationText(300), durationText(12_000), durationText(200_000)]).toEqual([
      '5.0 s',
      '5 min 0 s',
      '3 h 20 min',
      '2 d 7 h',
    ]);
    expect(timeText(0)).toBe('1970-01-01 00:00:00');
    expect(escapeHtml(`<a b="c">&'`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&#39;');
  });
});

describe('the page', () => {
  let result: RunResult;
  let page: string;
  beforeAll(async () => {
    const world = new ObservedWorld(1, 1, null);
    await world.run(150);
    result = world.runs[0]!.observer.finish({
      kind: 'simulation',
      title: EVIL,
      notes: [EVIL],
      environment: { node: EVIL },
    });
    page = reportHtml(result);
  });

  it('asks the network for nothing, and may not', () => {
    expect(page).toContain(
      `default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:`,
    );
    const { styles, scripts } = pageAssets();
    let rest = page;
    for (const asset of [...styles, ...scripts]) rest = rest.replace(asset, '');
    expect(rest).not.toMatch(/https?:|<link[^>]*href="(?!data:,)|\bsrc=["'](?!data:)|@import|url\(/);
    for (const script of scripts)
      expect(script).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon/);
    for (const style of styles) expect(style).not.toMatch(/@import|url\(/);
  });

  it('escapes every text', () => {
    expect(page).not.toContain('<img src=//evil>');
    expect(page).not.toContain('<script>alert');
    expect(page.match(/<script/g)!.length).toBe(1 + pageAssets().scripts.length);
    expect(page).toContain('&lt;img src=//evil&gt;');
  });

  it('carries scripts that compile, and data that parses', () => {
    for (const script of pageAssets().scripts) expect(() => new Script(script)).not.toThrow();
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!;
    const parsed = JSON.parse(data) as { fills: unknown[]; instruments: { instId: string }[] };
    expect(parsed.fills).toHaveLength(result.fillRows.length);
    expect(parsed.instruments.map(({ instId }) => instId)).toEqual(Object.keys(result.instruments));
  });

  it('says the numbers without its scripts', () => {
    expect(page).toContain(signedText(result.profit.total));
    expect(page).toContain(signedText(result.profit.spread));
    expect(page).toContain('Where the profit comes from');
    for (const caption of ['side', 'level of the ladder', 'age of the quote', 'model', 'version'])
      expect(page).toContain(`Fills by ${caption}`);
    const { attribution: _, ...older } = result;
    expect(reportHtml(older)).not.toContain('Where the profit comes from');
    for (const instId of Object.keys(result.instruments))
      expect(page).toContain(`<th scope="row">${instId}</th>`);
    for (const figure of ['profit', 'price', 'position', 'drawdown', 'markouts', 'distance', 'latencies']) {
      expect(page).toContain(`data-plot="${figure}"`);
    }
    expect(withoutScripts(page)).not.toMatch(/\b(NaN|undefined|Infinity|\[object)\b/);
  });

  it('holds when nothing has happened', async () => {
    const world = new ObservedWorld(1, 1, null);
    await world.run(0.2);
    const empty = world.runs[0]!.observer.finish({ kind: 'simulation', title: 'empty' });
    expect(empty.fills).toBe(0);
    expect(withoutScripts(reportHtml(empty))).not.toMatch(/\b(NaN|undefined|Infinity)\b/);
  });

  it('is the same as CSV', () => {
    const files = resultCsv({ ...result, notes: ['a, "b"'], title: '=1+1' });
    const names = Object.keys(result.instruments).map((instId) => `series-${instId}.csv`);
    expect(Object.keys(files).sort()).toEqual(
      [
        'summary.csv',
        'series.csv',
        'fills.csv',
        'markouts.csv',
        'latencies.csv',
        'groups.csv',
        ...names,
      ].sort(),
    );
    const summary = files['summary.csv']!.split('\n');
    expect(summary).toContain(`profit.total,${result.profit.total}`);
    expect(summary).toContain(`notes,"a, ""b"""`);
    expect(summary).toContain(`title,'=1+1`);
    const groups = files['groups.csv']!.trimEnd().split('\n');
    expect(groups.some((line) => line.startsWith('levels,0,'))).toBe(true);
    expect(new Set(groups.map((row) => row.split(',').length))).toEqual(new Set([12]));
    const fills = files['fills.csv']!.trimEnd().split('\n');
    expect(fills).toHaveLength(1 + result.fillRows.length);
    const series = files['series.csv']!.trimEnd().split('\n');
    expect(series).toHaveLength(1 + result.series.timeMs.length);
    expect(new Set(series.map((row) => row.split(',').length))).toEqual(new Set([9]));
    expect(files['markouts.csv']!.split('\n')[0]).toBe(
      'horizonSeconds,n,bps,standardErrorBps,money,buyBps,sellBps',
    );
  });
});

function withoutScripts(page: string): string {
  return page.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
}
