/**
 * The report as one HTML file that asks the network for nothing: numbers first, plots beneath, tables last. Numbers and
 * tables are in the markup; plots are drawn by the script inside from the data inside.
 */
import { attributionTables } from './report-attribution.ts';
import { commissionTable } from './report-commission.ts';
import { TIME_BAR, htmlPage } from './html-page.ts';
import { pageAssets } from './page-assets.ts';
import {
  definitions,
  fillTable,
  instrumentTable,
  latencyTable,
  markoutTable,
  orderTable,
} from './report-tables.ts';
import { header, notes, profitLine, tiles } from './report-summary.ts';
import { escapeHtml } from './report-text.ts';
import type { RunResult } from './run-result.ts';

/** What the plots need of the result; the rest is in the markup. */
function plotData(result: RunResult): object {
  return {
    currency: result.currency,
    series: result.series,
    instruments: Object.entries(result.instruments).map(([instId, { position }]) => ({
      instId,
      unit: position.unit,
      series: result.instrumentSeries[instId],
    })),
    fills: result.fillRows.map((row) => [
      row.timeMs,
      row.instId,
      row.side === 'buy' ? 1 : -1,
      row.price,
      row.size,
      row.isMaker ? 1 : 0,
      row.mid,
    ]),
    markouts: result.markouts,
    quotedDistance: result.quotedDistance,
    latencies: result.latencies,
    messageBudget: result.messageBudget,
  };
}

export function reportHtml(result: RunResult): string {
  const names = Object.keys(result.instruments);
  const tabs = names.map(
    (name, index) =>
      `<button type="button" role="tab" data-instrument="${index}" aria-selected="${index === 0}">${escapeHtml(name)}</button>`,
  );
  const body = `${header(result)}
<main>
<section class="summary" aria-label="Summary">
${profitLine(result)}
${tiles(result)}
</section>
${notes(result)}
<section class="plots" aria-label="Over time">
${TIME_BAR}
<figure data-plot="profit"><figcaption>Profit and its parts <span class="unit">${escapeHtml(result.currency)}</span></figcaption></figure>
${names.length > 1 ? `<div class="tabs" role="tablist" aria-label="Instrument">${tabs.join('')}</div>` : ''}
<figure data-plot="price"><figcaption>Price, our best quotes and our fills <span class="unit" data-name="instrument">${escapeHtml(names[0] ?? '')}</span> <span class="unit"><span class="buy">▲</span> bought <span class="sell">▼</span> sold</span></figcaption></figure>
<figure data-plot="position"><figcaption>Position <span class="unit" data-name="position"></span></figcaption></figure>
${names.length > 1 ? `<figure data-plot="value"><figcaption>Value of all positions <span class="unit">${escapeHtml(result.currency)}</span></figcaption></figure>` : ''}
<figure data-plot="drawdown"><figcaption>Drawdown <span class="unit">${escapeHtml(result.currency)}</span></figcaption></figure>
<figure data-plot="orders"><figcaption>Commands sent <span class="unit">per second</span></figcaption></figure>
</section>
<section aria-label="Distributions">
<h2>Distributions</h2>
<div class="grid">
<figure data-plot="markouts"><figcaption>Markouts: the market after our fills <span class="unit">bps, with one standard error</span></figcaption></figure>
<figure data-plot="distance"><figcaption>Our best quotes from the middle <span class="unit">% of the time quoted, by bps</span></figcaption></figure>
<figure data-plot="latencies"><figcaption>Latencies <span class="unit">% of all, within ms</span></figcaption></figure>
</div>
</section>
<section aria-label="Tables">
<h2>Tables</h2>
${instrumentTable(result)}
${markoutTable(result)}
${attributionTables(result)}
${commissionTable(result)}
<div class="grid two">
${orderTable(result)}
${latencyTable(result)}
</div>
${fillTable(result)}
${definitions(result)}
</section>
</main>`;
  return htmlPage(result.title, body, plotData(result), pageAssets());
}
