/**
 * The report as one HTML file that asks the network for nothing: numbers first, plots beneath, tables last. Numbers and
 * tables are in the markup; plots are drawn by the script inside from the data inside.
 *
 * A content security policy forbids everything that is not in the file. Every text of the result is escaped, and the data
 * cannot close its own element.
 */
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

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

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
  const { styles, scripts } = pageAssets();
  const names = Object.keys(result.instruments);
  const tabs = names.map(
    (name, index) =>
      `<button type="button" role="tab" data-instrument="${index}" aria-selected="${index === 0}">${escapeHtml(name)}</button>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(result.title)}</title>
<link rel="icon" href="data:,">
${styles.map((style) => `<style>${style}</style>`).join('\n')}
</head>
<body>
${header(result)}
<main>
<section class="summary" aria-label="Summary">
${profitLine(result)}
${tiles(result)}
</section>
${notes(result)}
<section class="plots" aria-label="Over time">
<div class="bar"><h2>Over time</h2><div class="zoom" role="group" aria-label="Zoom"><button type="button" data-zoom="in" aria-label="Zoom in">+</button><button type="button" data-zoom="out" aria-label="Zoom out">−</button><button type="button" data-zoom="back" aria-label="Earlier">‹</button><button type="button" data-zoom="on" aria-label="Later">›</button><button type="button" data-zoom="all">All</button></div></div>
<p class="hint"><span class="fine">Drag across a plot to zoom in, double-click or “All” to see everything.</span><span class="coarse">Pinch a plot, or use the buttons, to zoom.</span> All plots move together; times are UTC.</p>
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
<div class="grid two">
${orderTable(result)}
${latencyTable(result)}
</div>
${fillTable(result)}
${definitions(result)}
</section>
</main>
<noscript><p class="note">The plots need scripts; the numbers and tables do not.</p></noscript>
<script type="application/json" id="data">${inScript(JSON.stringify(plotData(result)))}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
