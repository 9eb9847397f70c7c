/**
 * The report of a comparison as one HTML file, in the language of the others: where the model is right, and where it is not.
 *
 * Times are the venue's: those of the model are moved to it.
 */
import { TIME_BAR, htmlPage } from '../report/html-page.ts';
import { pageAssets } from '../report/page-assets.ts';
import { signOf } from '../report/report-summary.ts';
import { table } from '../report/report-tables.ts';
import type { Cell } from '../report/report-tables.ts';
import {
  bpsText,
  countText,
  durationText,
  escapeHtml,
  numberText,
  percentText,
  signedText,
  timeText,
} from '../report/report-text.ts';
import type { FillRow, RunResult, Series } from '../report/run-result.ts';
import type { ParityResult } from './parity.ts';
import type { ParityRow } from './parity-figures.ts';
import type { ModelScore, TrialResult } from './queue-scores.ts';

/** Differences of a table that are marked: the largest, and none of less than this share of the real figure. */
const WORST_COUNT = 4;
const WORST_SHARE_MIN = 0.1;
const HASH_LETTERS = 12;
/** A mark and its number stay on one line. */
const JOINT = '\u00a0';
/** Scores that nobody tells apart. */
const SCORE_SAME = 1e-6;

export function parityHtml(parity: ParityResult): string {
  const { real, model, queue } = parity;
  const { currency } = real;
  const names = Object.keys(real.instruments);
  const tabs = names.map(
    (name, index) =>
      `<button type="button" role="tab" data-instrument="${index}" aria-selected="${index === 0}">${escapeHtml(name)}</button>`,
  );
  const figure = (plot: string, caption: string, unit: string): string =>
    `<figure data-plot="${plot}"><figcaption>${caption} <span class="unit">${unit}</span></figcaption></figure>`;
  const pair = (name: string, caption: string, unit: string): string =>
    `<div class="grid two">${figure(`${name}-real`, `${caption}: real`, unit)}${figure(`${name}-model`, `${caption}: model`, unit)}</div>`;
  const isMarket = ({ name }: ParityRow): boolean => /^(latency|markout) /.test(name);
  const body = `${header(parity)}
<main>
<section class="summary" aria-label="Summary">
${profits(real, model)}
${tiles(parity)}
</section>
<aside class="note"><h2>To know before believing it</h2><ul>${[...parity.notes, ...model.notes].map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></aside>
<section class="plots" aria-label="Over time">
${TIME_BAR}
${figure('profit', 'Profit', escapeHtml(currency))}
${names.length > 1 ? `<div class="tabs" role="tablist" aria-label="Instrument">${tabs.join('')}</div>` : ''}
<figure data-plot="price"><figcaption>Fills on the price: real ones filled, the model’s hollow <span class="unit" data-name="instrument"></span></figcaption></figure>
<figure data-plot="position"><figcaption>Position <span class="unit" data-name="position"></span></figcaption></figure>
</section>
<section aria-label="Figures">
<h2>Figures</h2>
<p class="hint">Of each table the ${WORST_COUNT} largest differences of at least ${percentText(WORST_SHARE_MIN)} are marked; “only one” says that the other has none.</p>
<div class="grid two">
${figureTable(
  'What was traded, and what came of it',
  parity.rows.filter((row) => !isMarket(row)),
)}
${figureTable('Markouts and latencies', parity.rows.filter(isMarket))}
</div>
</section>
<section aria-label="Queues">
<h2>Queues</h2>
${queue === null ? '<p class="hint">No order rested and left again.</p>' : queueSection(parity, queue)}
</section>
<section aria-label="Distributions">
<h2>Distributions</h2>
${pair('latencies', 'Latencies', '% of all, within ms')}
${pair('markouts', 'Markouts', 'bps, with one standard error')}
</section>
<p class="made">${[parity.format, `real ${real.resultHash}`, `model ${model.resultHash}`].map(escapeHtml).join(' · ')}</p>
</main>`;
  return htmlPage(`Parity of ${real.title}`, body, plotData(parity), pageAssets(['parity-plots.js']));
}

function header({ real, model }: ParityResult): string {
  const { title, fromMs, toMs, seconds, kind } = real;
  const hashes = `${real.resultHash.slice(0, HASH_LETTERS)}, ${model.resultHash.slice(0, HASH_LETTERS)}`;
  return `<header>
<div class="headline"><span class="kind">parity</span><h1>${escapeHtml(title)}</h1></div>
<p class="meta"><span>${timeText(fromMs)} – ${timeText(toMs)} UTC</span><span>${durationText(seconds)}</span><span>${Object.keys(real.instruments).map(escapeHtml).join(', ')}</span><span>${escapeHtml(kind)} against the model</span><span>results <code>${escapeHtml(hashes)}</code></span></p>
<button type="button" class="theme" aria-label="Light or dark" title="Light or dark">◐</button>
</header>`;
}

function profits(real: RunResult, model: RunResult): string {
  const total = (name: string, { profit, profitBps, currency }: RunResult): string =>
    `<div class="total"><span class="label">${name}</span><strong class="${signOf(profit.total)}">${signedText(profit.total)} <small>${escapeHtml(currency)}</small></strong><span class="label">${profitBps === null ? 'nothing traded' : `${bpsText(profitBps)} bps of what was traded`}</span></div>`;
  return `<div class="profit">${total('Really earned', real)}${total('By the model', model)}</div>`;
}

function tiles({ real, model, fills, queue }: ParityResult): string {
  const best = queue?.models[0];
  const asGood =
    best === undefined ? 0 : queue!.models.filter(({ score }) => score - best.score < SCORE_SAME).length - 1;
  const others = asGood === 0 ? '0 at best' : `${asGood} others are as good`;
  const all: [string, string, string][] = [
    ['Fills', countText(real.fills), `${countText(model.fills)} in the model`],
    [
      'Of the real, in the model',
      percentText(fills.realShare),
      `by value, within ${fills.withinMs / 1_000} s`,
    ],
    ['Of the model, in the real', percentText(fills.modelShare), 'by value'],
    [
      'The model fills later by',
      fills.laterMs === null ? '–' : `${numberText(fills.laterMs, 3)} ms`,
      fills.betterBps === null
        ? 'nothing is in both'
        : `at prices ${numberText(fills.betterBps, 2)} bps better for us`,
    ],
    [
      'Best queue model',
      best === undefined ? '–' : modelName(best),
      best === undefined ? 'no order to try it on' : `score ${best.score.toFixed(4)}; ${others}`,
    ],
    ['Orders in their queues', queue === null ? '–' : countText(queue.orders), 'tried in every model'],
  ];
  const tile = ([label, value, about]: [string, string, string]): string =>
    `<div class="tile"><span class="label">${escapeHtml(label)}</span><strong>${escapeHtml(value)}</strong><span class="about">${escapeHtml(about)}</span></div>`;
  return `<div class="tiles">${all.map(tile).join('')}</div>`;
}

// ---------------------------------------------------------------------------------------------------- figures

/** By what share of the real figure the model is off; Infinity where only one of them has any. */
function shareOff({ real, model }: ParityRow): number {
  if (real === model) return 0;
  if (real === null || model === null) return Infinity;
  return real === 0 ? Infinity : Math.abs((model - real) / real);
}

function worstOf(rows: readonly ParityRow[]): ReadonlySet<ParityRow> {
  const off = rows.filter((row) => shareOff(row) >= WORST_SHARE_MIN);
  // Those that only one has are told apart by their words already.
  const both = off.filter((row) => Number.isFinite(shareOff(row)));
  return new Set(both.toSorted((a, b) => shareOff(b) - shareOff(a)).slice(0, WORST_COUNT));
}

function figureTable(caption: string, rows: readonly ParityRow[]): string {
  const worst = worstOf(rows);
  const cells = rows.map((row): (string | Cell)[] => {
    const { name, unit, real, model } = row;
    const text = differenceText(row);
    return [
      unit === '' ? name : `${name}, ${unit}`,
      figureText(real),
      figureText(model),
      worst.has(row) ? { text: `●${JOINT}${text}`, className: 'worst' } : text,
    ];
  });
  return table(caption, ['', 'Real', 'Model', 'Difference'], cells);
}

function figureText(value: number | null): string {
  return value !== null && Number.isInteger(value) ? countText(value) : numberText(value);
}

function differenceText(row: ParityRow): string {
  const { real, model } = row;
  const share = shareOff(row);
  if (real === null && model === null) return '–';
  if (share === 0) return 'none';
  if (!Number.isFinite(share)) return 'only one';
  return `${model! > real! ? '+' : '−'}${percentText(share)}`;
}

// ----------------------------------------------------------------------------------------------------- queues

function queueSection({ model }: ParityResult, queue: TrialResult): string {
  const { orders, filledShare, groups, models } = queue;
  const heads = groups.map(({ frontMax }) => (frontMax === 0 ? 'Nobody' : `To ${numberText(frontMax, 2)}`));
  const rows = models.map((each, index): (string | Cell)[] => [
    modelName(each),
    { text: each.score.toFixed(4), className: index === 0 ? 'gain' : '' },
    percentText(each.filledShare),
    ...[each.both, each.modelOnly, each.realOnly].map(countText),
    ...each.groupShares.map(percentText),
  ]);
  const real = [
    'Really',
    '',
    percentText(filledShare),
    '',
    '',
    '',
    ...groups.map((each) => percentText(each.filledShare)),
  ];
  const caption = `${countText(orders)} orders tried: share filled, by what was in front when they joined in sizes of their own`;
  const inUse = model.notes.find((line) => line.startsWith('Queues: ')) ?? '';
  return `<p class="hint">Score: mean squared difference of the shares filled, 0 at best. ${escapeHtml(inUse)}</p>
<figure data-plot="queue"><figcaption>Filled by what was in front <span class="unit">% of the order, by sizes of its own</span></figcaption></figure>
${table(caption, ['', 'Score', 'Filled', 'Both', 'Model only', 'Real only', ...heads], [real, ...rows])}`;
}

function modelName({ model, exponent }: ModelScore): string {
  return model.startsWith('power') ? `${model}, ${exponent}` : model;
}

// ------------------------------------------------------------------------------------------------------ plots

function plotData({ real, model, modelBehindMs, queue }: ParityResult): object {
  const moved = (series: Series | undefined): Series =>
    series === undefined
      ? { timeMs: [], columns: {} }
      : { timeMs: series.timeMs.map((ms) => ms + modelBehindMs), columns: series.columns };
  const marks = ({ fillRows }: RunResult, behindMs: number, isReal: number): unknown[] =>
    fillRows.map(({ timeMs, instId, side, price }: FillRow) => [
      timeMs + behindMs,
      instId,
      side === 'buy' ? 1 : -1,
      price,
      isReal,
    ]);
  return {
    series: real.series,
    modelSeries: moved(model.series),
    instruments: Object.entries(real.instruments).map(([instId, { position }]) => ({
      instId,
      unit: position.unit,
      series: real.instrumentSeries[instId],
      modelSeries: moved(model.instrumentSeries[instId]),
    })),
    fills: [...marks(real, 0, 1), ...marks(model, modelBehindMs, 0)],
    markouts: { real: real.markouts, model: model.markouts },
    latencies: { real: real.latencies, model: model.latencies },
    queue: queue === null ? null : queueLines(queue),
  };
}

/** Reality, the best model and the most cautious one. */
function queueLines({ groups, models }: TrialResult): object {
  const best = models[0]!;
  const cautious = models.find(({ model }) => model === 'riskAverse');
  return {
    groups,
    lines: [
      { name: 'Real', shares: groups.map(({ filledShare }) => filledShare) },
      { name: modelName(best), shares: best.groupShares },
      ...(cautious === undefined || cautious === best
        ? []
        : [{ name: modelName(cautious), shares: cautious.groupShares }]),
    ],
  };
}
