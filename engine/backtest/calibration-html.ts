/** The diagnostics of a calibration as one HTML file: how often sweeps reach how far, and what is fitted to that. */
import { htmlPage } from '../report/html-page.ts';
import { pageAssets } from '../report/page-assets.ts';
import { table } from '../report/report-tables.ts';
import type { Cell } from '../report/report-tables.ts';
import { countText, durationText, escapeHtml, numberText } from '../report/report-text.ts';
import type { CalibrationResult, InstrumentRow, IntensityRow, PartRow } from './calibration-result.ts';
import type { InstrumentCalibrated, MarketCalibration } from './market-calibration.ts';

/** Distances are shown up to so many times the end of the fit. */
const SHOWN_RANGES = 2;
const BPS = 1e-4;

export function calibrationHtml(result: CalibrationResult, found: MarketCalibration): string {
  const { instruments } = result;
  const names = instruments.map(({ instId }) => instId).join(', ');
  const body = `<header>
<div class="headline"><span class="kind">calibration</span><h1>${escapeHtml(names)}</h1></div>
<p class="meta">${result.data.map((file) => `<span>${escapeHtml(file.split('/').at(-1)!)}</span>`).join('')}</p>
<button type="button" class="theme" aria-label="Light or dark" title="Light or dark">◐</button>
</header>
<main>
${result.cuts.length === 0 ? '' : `<aside class="note"><h2>Left out</h2><ul>${result.cuts.map((cut) => `<li>${escapeHtml(cut)}</li>`).join('')}</ul></aside>`}
${instruments.map(instrumentSection).join('\n')}
<p class="made">${escapeHtml(result.format)}</p>
</main>`;
  return htmlPage(
    `Calibration of ${names}`,
    body,
    plotData(instruments, found),
    pageAssets(['calibration-plots.js']),
  );
}

function instrumentSection(row: InstrumentRow, index: number): string {
  const { instId, seconds, allSweeps, trades, isTrusted, fit } = row;
  const tile = ([label, value, about]: readonly [string, string, string]): string =>
    `<div class="tile"><span class="label">${label}</span><strong>${value}</strong><span class="about">${about}</span></div>`;
  const tiles = [
    ['Model', isTrusted ? 'trusted' : 'not trusted', isTrusted ? 'every gate holds' : 'see the gates'],
    ['Volatility', `${plusMinus(row.sigma, row.sigmaStandardError)}`, 'ticks/√s'],
    ['k of bids', plusMinus(row.bid.k, row.bid.kStandardError), 'for each tick'],
    ['k of asks', plusMinus(row.ask.k, row.ask.kStandardError), 'for each tick'],
    ['Sweeps', countText(allSweeps), `of ${countText(trades)} trades in ${durationText(seconds)}`],
    ['Fitted', `${numberText(fit.fromTicks)} – ${numberText(fit.toTicks)}`, 'ticks from the fair price'],
  ] as const;
  return `<section aria-label="${escapeHtml(instId)}">
<h2>${escapeHtml(instId)}</h2>
<div class="tiles">${tiles.map(tile).join('')}</div>
<div class="grid two">
<figure data-plot="near-${index}"><figcaption>Sweeps that reach so far, where they are fitted <span class="unit">a second, by bps from the fair price</span></figcaption></figure>
<figure data-plot="far-${index}"><figcaption>The same, all that was seen <span class="unit">a second, by bps from the fair price</span></figcaption></figure>
</div>
<p class="hint">Straight lines are A·e^(−k·d), over the distances that they were fitted to; a market that bends away from them is not exponential there.</p>
<div class="grid two">
${gateTable(row)}
${intensityTable(row)}
</div>
${partTable(row)}
</section>`;
}

function plusMinus(value: number | null, error: number | null): string {
  return value === null ? '–' : `${numberText(value, 3)} ± ${numberText(error, 2)}`;
}

function gateTable({ gates }: InstrumentRow): string {
  const figures = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${numberText(value)}`)
      .join(', ');
  const rows = gates.map(({ name, holds, figures: found, limits }): (string | Cell)[] => [
    name,
    { text: holds ? 'holds' : 'fails', className: holds ? 'gain' : 'loss' },
    figures(found),
    figures(limits),
  ]);
  return table('Gates', ['', '', 'Found', 'Limits'], rows);
}

function intensityTable(row: InstrumentRow): string {
  const cells = ([name, side]: readonly [string, IntensityRow]): string[] => [
    name,
    plusMinus(side.A, side.AStandardError),
    plusMinus(side.k, side.kStandardError),
    numberText(side.kPerBps, 3),
    countText(Math.round(side.sweeps)),
  ];
  const sides = [
    ['Bids', row.bid],
    ['Asks', row.ask],
    ['Both', row.pooled],
    ['Bids alone', row.unshrunk.bid],
    ['Asks alone', row.unshrunk.ask],
  ] as const;
  return table('Intensity', ['', 'A, /s', 'k, /tick', 'k, /bps', 'Sweeps'], sides.map(cells));
}

function partTable({ parts, stability }: InstrumentRow): string {
  if (parts.length === 0) return '';
  const row = (part: PartRow): string[] => [
    part.from.slice(11, 19),
    durationText(part.seconds),
    plusMinus(part.sigma, part.sigmaStandardError),
    plusMinus(part.bid.A, part.bid.AStandardError),
    plusMinus(part.bid.k, part.bid.kStandardError),
    plusMinus(part.ask.A, part.ask.AStandardError),
    plusMinus(part.ask.k, part.ask.kStandardError),
  ];
  const { sigma, bidK, askK } = stability;
  const ratios = ['Largest over smallest', '', sigma, null, bidK, null, askK].map((each) =>
    typeof each === 'string' ? each : each === null ? '' : `× ${numberText(each.ratio, 3)}`,
  );
  const heads = ['From', 'For', 'sigma', 'A of bids', 'k of bids', 'A of asks', 'k of asks'];
  return table('Parts of it, fitted by themselves', heads, [...parts.map(row), ratios]);
}

function plotData(rows: readonly InstrumentRow[], { instruments }: MarketCalibration): object {
  return {
    series: { timeMs: [], columns: {} },
    instruments: rows.map((row, index) => curvesOf(row, instruments[index]!)),
  };
}

function curvesOf({ instId, fit, bid, ask }: InstrumentRow, found: InstrumentCalibrated): object {
  const bpsTicks = found.fairTicks * BPS;
  const line = (side: IntensityRow): (number | null)[] =>
    found.survival.map(({ ticks }) =>
      side.A === null || side.k === null || ticks < fit.fromTicks || ticks > fit.toTicks
        ? null
        : side.A * Math.exp(-side.k * ticks),
    );
  return {
    instId,
    bps: found.survival.map(({ ticks }) => ticks / bpsTicks),
    // Where the plot of the fit's own distances ends.
    nearBps: (fit.fromTicks + SHOWN_RANGES * (fit.toTicks - fit.fromTicks)) / bpsTicks,
    // Nothing cannot be shown on a scale of powers.
    bid: found.survival.map((point) => point.bid || null),
    ask: found.survival.map((point) => point.ask || null),
    bidFit: line(bid),
    askFit: line(ask),
  };
}
