/**
 * What every page is made of: a head, a body that its caller wrote, the data of its plots, and the scripts that draw them.
 *
 * A content security policy forbids everything that is not in the file; the data cannot close its own element.
 */
import type { PageAssets } from './page-assets.ts';
import { escapeHtml } from './report-text.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/** Above plots over time. */
export const TIME_BAR = `<div class="bar"><h2>Over time</h2><div class="zoom" role="group" aria-label="Zoom"><button type="button" data-zoom="in" aria-label="Zoom in">+</button><button type="button" data-zoom="out" aria-label="Zoom out">−</button><button type="button" data-zoom="back" aria-label="Earlier">‹</button><button type="button" data-zoom="on" aria-label="Later">›</button><button type="button" data-zoom="all">All</button></div></div>
<p class="hint"><span class="fine">Drag across a plot to zoom in, double-click or “All” to see everything.</span><span class="coarse">Pinch a plot, or use the buttons, to zoom.</span> All plots move together; times are UTC.</p>`;

/** @param body markup, its texts escaped already */
export function htmlPage(title: string, body: string, data: object, { styles, scripts }: PageAssets): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${styles.map((style) => `<style>${style}</style>`).join('\n')}
</head>
<body>
${body}
<noscript><p class="note">The plots need scripts; the numbers and tables do not.</p></noscript>
<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in. */
function inScript(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
