/** The top of the report: what was run, what it earned and of what, and the numbers to look at first. */
import {
  bpsText,
  countText,
  durationText,
  escapeHtml,
  moneyText,
  numberText,
  percentText,
  shortText,
  signedText,
  timeText,
} from './report-text.ts';
import type { RunResult } from './run-result.ts';

const HASH_LETTERS = 12;
/** Of fewer intervals a ratio says little. */
const INTERVALS_FEW = 60;
/** A difference to the ledger below this share of the volume is rounding. */
const CONTROL_SHARE_MAX = 1e-9;

export function header(result: RunResult): string {
  const { title, kind, fromMs, toMs, seconds, resultHash } = result;
  const sameDay = timeText(fromMs).slice(0, 10) === timeText(toMs).slice(0, 10);
  const until = sameDay ? timeText(toMs).slice(11) : timeText(toMs);
  return `<header>
<div class="headline"><span class="kind">${escapeHtml(kind)}</span><h1>${escapeHtml(title)}</h1></div>
<p class="meta"><span>${timeText(fromMs)} – ${until} UTC</span><span>${durationText(seconds)}</span><span>${Object.keys(result.instruments).map(escapeHtml).join(', ')}</span><span>${countText(result.events)} events</span><span title="${escapeHtml(resultHash)}">result <code>${escapeHtml(resultHash.slice(0, HASH_LETTERS))}</code></span></p>
<button type="button" class="theme" aria-label="Light or dark" title="Light or dark">◐</button>
</header>`;
}

/** The total, and the parts that add up to it. */
export function profitLine({ profit, currency, volume, profitBps }: RunResult): string {
  const part = (name: string, value: number, about: string): string =>
    `<div class="part" title="${about}"><dt><i class="key ${name}"></i>${name}</dt><dd class="${signOf(value)}">${signedText(value)}</dd></div>`;
  const perVolume =
    profitBps === null ? 'nothing traded' : `${bpsText(profitBps)} bps of ${shortText(volume)} traded`;
  return `<div class="profit">
<div class="total"><span class="label">Profit</span><strong class="${signOf(profit.total)}">${signedText(profit.total)} <small>${escapeHtml(currency)}</small></strong><span class="label">${perVolume}</span></div>
<dl class="parts">${part('spread', profit.spread, 'What fills captured against the middle just before them')}${part('inventory', profit.inventory, 'What the position gained while the middle moved')}${part('fees', profit.fees, 'Negative is paid, positive a rebate')}${part('funding', profit.funding, 'As the venue settled it')}</dl>
</div>`;
}

export function tiles(result: RunResult): string {
  const { ratioBasis, inventory, currency, messageBudget, markouts } = result;
  const few = ratioBasis.intervals < INTERVALS_FEW ? '; too few to mean much' : '';
  const every = `${ratioBasis.intervalSeconds} s changes, n = ${countText(ratioBasis.intervals)}${few}`;
  const afterFive = markouts['5']?.bps ?? null;
  const all: [string, string, string][] = [
    ['Sharpe', numberText(result.sharpe, 3), `a year; ${every}`],
    ['Sortino', numberText(result.sortino, 3), `a year; ${every}`],
    ['Largest drawdown', moneyText(result.maxDrawdown), currency],
    [
      'Inventory, at most',
      shortText(inventory.maximum),
      `mean ${shortText(inventory.mean)}, sd ${shortText(inventory.standardDeviation)} ${inventory.unit}`,
    ],
    ['Fills', countText(result.fills), `${percentText(result.makerShare)} as maker`],
    ['Turnover', shortText(result.turnover), `${currency} a day`],
    ['Markout, 5 s', bpsText(afterFive), 'bps after our fills'],
    [
      'Time quoted',
      percentText(result.timeQuoted),
      `both sides; ${percentText(result.quoted.within['5'] ?? null)} within 5 bps`,
    ],
    ['Fill ratio', percentText(result.fillRatio), 'of placed orders traded'],
    ['Orders to trade', numberText(result.orderToTrade, 3), 'places and amends a fill'],
    [
      'Message budget',
      percentText(messageBudget.peakShare),
      `of the venue’s limit, at most in ${messageBudget.windowSeconds} s`,
    ],
    [
      'Refused',
      countText(result.orders.refused),
      `of ${countText(result.orders.place + result.orders.amend + result.orders.cancel)} commands`,
    ],
  ];
  const tile = ([label, value, about]: [string, string, string]): string =>
    `<div class="tile"><span class="label">${escapeHtml(label)}</span><strong>${escapeHtml(value)}</strong><span class="about">${escapeHtml(about)}</span></div>`;
  return `<div class="tiles">${all.map(tile).join('')}</div>`;
}

/** What limits the figures, and where they disagree with themselves. */
export function notes(result: RunResult): string {
  const { control, volume } = result;
  const lines = [...result.notes];
  if (Math.abs(control.difference) > CONTROL_SHARE_MAX * Math.max(1, volume)) {
    lines.push(
      `The engine’s own ledger says ${moneyText(control.ledgerProfit)}, which differs by ${moneyText(control.difference)}: positions that were found or changed by no trade are in it at their entry, here at the middle.`,
    );
  }
  if (result.fillRowsEvery > 1)
    lines.push(`Of the fills every ${result.fillRowsEvery}th is shown and listed.`);
  if (lines.length === 0) return '';
  return `<aside class="note"><h2>To know before believing it</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></aside>`;
}

export function signOf(value: number | null): string {
  return value === null || value === 0 ? 'flat' : value > 0 ? 'gain' : 'loss';
}
