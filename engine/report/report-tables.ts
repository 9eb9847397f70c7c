/** The tables of the report: everything in numbers, for those who do not trust plots. */
import {
  bpsText,
  countText,
  escapeHtml,
  moneyText,
  numberText,
  percentText,
  shortText,
  signedText,
  sizeText,
  timeText,
} from './report-text.ts';
import { signOf } from './report-summary.ts';
import type { Budget, FillRow, RunResult } from './run-result.ts';

/** Rows of the table of fills: the rest is in the CSV. */
const FILLS_SHOWN = 200;
const FULL_SECOND_LETTERS = 19;

export interface Cell {
  readonly text: string;
  readonly className?: string;
}

/** A cell may have a class of the page's style; the first of a row is its head. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | Cell)[])[],
): string {
  const head = heads.map((text) => `<th scope="col">${escapeHtml(text)}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map(cellOf).join('')}</tr>`).join('\n');
  return `<div class="table"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

function cellOf(cell: string | Cell, index: number): string {
  const { text, className = '' } = typeof cell === 'string' ? { text: cell } : cell;
  if (index === 0) return `<th scope="row">${escapeHtml(text)}</th>`;
  return `<td${className === '' ? '' : ` class="${className}"`}>${escapeHtml(text)}</td>`;
}

function signed(value: number): Cell {
  return { text: signedText(value), className: signOf(value) };
}

export function instrumentTable(result: RunResult): string {
  const heads = [
    'Instrument',
    'Profit',
    'Spread',
    'Inventory',
    'Fees',
    'Funding',
    'Fills',
    'Volume',
    'bps',
    'Drawdown',
    'Position mean ± sd',
    'At most',
    'At the end',
    'Quoted',
  ];
  const rows = Object.entries(result.instruments).map(([instId, figures]) => {
    const { profit, position } = figures;
    return [
      instId,
      signed(profit.total),
      signedText(profit.spread),
      signedText(profit.inventory),
      signedText(profit.fees),
      signedText(profit.funding),
      countText(figures.fills),
      shortText(figures.volume),
      bpsText(figures.profitBps),
      moneyText(figures.maxDrawdown),
      `${numberText(position.mean)} ± ${numberText(position.standardDeviation)} ${position.unit}`,
      sizeText(position.maximum),
      sizeText(figures.endPosition),
      percentText(figures.timeQuoted),
    ];
  });
  return table(`Instruments, in ${result.currency}`, heads, rows);
}

export function markoutTable(result: RunResult): string {
  const horizons = byNumber(Object.keys(result.markouts));
  const rows = horizons.map((horizon) => {
    const { n, bps, standardErrorBps, money, buyBps, sellBps } = result.markouts[horizon]!;
    return [
      `${horizon} s`,
      { text: bpsText(bps), className: signOf(bps) },
      standardErrorBps === null ? '–' : `± ${numberText(standardErrorBps, 2)}`,
      bpsText(buyBps),
      bpsText(sellBps),
      signedText(money),
      countText(n),
    ];
  });
  const heads = ['After', 'bps', 'Standard error', 'Buys', 'Sells', result.currency, 'Fills'];
  return table('Markouts, weighted by value', heads, rows);
}

export function orderTable(result: RunResult): string {
  const { orders, messageBudget, quoted } = result;
  const budget = ({ peak, limit, peakShare, meanShare }: Budget): string =>
    `${countText(peak)} of ${countText(limit)} (${percentText(peakShare)}), mean ${percentText(meanShare)}`;
  const codes = Object.entries(orders.refusedByCode).map(([code, count]) => `${code}: ${countText(count)}`);
  const sources = Object.entries(orders.cancelledByVenue).map(([code, n]) => `${code}: ${countText(n)}`);
  const rows = [
    ['Placed, amended, cancelled', [orders.place, orders.amend, orders.cancel].map(countText).join(', ')],
    ['Messages', countText(orders.messages)],
    [
      'Refused',
      `${countText(orders.refused)} (place ${orders.refusedPlace}, amend ${orders.refusedAmend}, cancel ${orders.refusedCancel})`,
    ],
    ['Refused, by sCode', codes.length === 0 ? '–' : codes.join(', ')],
    ['Ended by the venue, by cancelSource', sources.length === 0 ? '–' : sources.join(', ')],
    ['Value traded by place and amend', moneyText(result.valuePerOrder)],
    ['Places in 2 s, at most', budget(messageBudget.place)],
    ['Amends in 2 s, at most', budget(messageBudget.amend)],
    ['Cancels in 2 s, at most', budget(messageBudget.cancel)],
    ['Sub-account, places and amends', budget(messageBudget.account)],
    [
      'Quoted on both sides, bid only, ask only',
      [quoted.both, quoted.bidOnly, quoted.askOnly].map(percentText).join(', '),
    ],
    [
      'Both within 1, 2, 5, 10 bps',
      ['1', '2', '5', '10'].map((bps) => percentText(quoted.within[bps] ?? null)).join(', '),
    ],
  ];
  return table('Orders', ['', 'Count'], rows);
}

const LATENCY_NAMES: Readonly<Record<string, string>> = {
  place: 'Place, until its answer',
  amend: 'Amend, until its answer',
  cancel: 'Cancel, until its answer',
  gateway: 'Within the venue’s gateway',
  feed: 'Book, from the venue’s time',
  fill: 'Fill, from the venue’s time',
};

export function latencyTable(result: RunResult): string {
  const rows = Object.entries(result.latencies).map(([name, each]) => [
    LATENCY_NAMES[name] ?? name,
    ...[each.p50Ms, each.p90Ms, each.p99Ms, each.p999Ms, each.maxMs].map((ms) => numberText(ms, 3)),
    countText(each.n),
  ]);
  return table('Latencies in ms', ['', 'p50', 'p90', 'p99', 'p99.9', 'Max', 'n'], rows);
}

export function fillTable(result: RunResult): string {
  const shown = result.fillRows.slice(-FILLS_SHOWN).toReversed();
  const rows = shown.map((row: FillRow) => [
    `${timeText(row.timeMs).slice(0, FULL_SECOND_LETTERS)}.${String(Math.floor(row.timeMs % 1_000)).padStart(3, '0')}`,
    row.instId,
    { text: row.side, className: row.side },
    String(row.price),
    String(row.size),
    moneyText(row.value),
    row.mid === null
      ? '–'
      : bpsText((((row.side === 'buy' ? 1 : -1) * (row.mid - row.price)) / row.price) * 10_000),
    row.fee === null ? '–' : `${numberText(row.fee)} ${row.feeCcy}`,
    row.isMaker ? 'maker' : 'taker',
    sizeText(row.position),
  ]);
  const of =
    shown.length < result.fills ? `, the last ${countText(shown.length)} of ${countText(result.fills)}` : '';
  const heads = [
    'Time',
    'Instrument',
    'Side',
    'Price',
    'Size',
    'Value',
    'Against the middle, bps',
    'Fee',
    'As',
    'Position after',
  ];
  const open = table(`Fills${of}`, heads, rows);
  return `<details><summary>Fills (${countText(result.fills)})</summary>${open}</details>`;
}

/** How each number was found. */
export function definitions(result: RunResult): string {
  const all: [string, string][] = [
    [
      'Profit',
      'spread + inventory + fees + funding, exactly; positions are marked at the middle of the best prices of others. A position that the run found comes in at the first middle.',
    ],
    [
      'Spread',
      'Σ s·(m(t0⁻) − p)·n over the fills: the middle just before each, by the venue’s clock, against its price.',
    ],
    ['Inventory', 'Σ q·Δm: the position while the middle moved.'],
    [
      'Adverse selection',
      'Σ s·(m(t0+1 s) − m(t0⁻))·n: the first second of what the middle did to each fill; inventory is the rest of it. In the tables of the core the middle is that of its timer, every 20 ms.',
    ],
    [
      'Sharpe, Sortino',
      `mean of equity changes on intervals of ${result.ratioBasis.intervalSeconds} s by their standard deviation, or by the root mean square of falls; times √(365 d / interval). With ${countText(result.ratioBasis.intervals)} intervals in ${numberText(result.seconds / 3_600, 3)} h.`,
    ],
    ['Drawdown', 'the largest fall of the profit from its highest point before, at every change of it.'],
    [
      'Markout',
      's·(m(t0+h) − p), weighted by value: above zero the market went our way. Fills whose horizon ends after the run do not count.',
    ],
    [
      'Time quoted',
      'share of the time in which orders of ours rest on both sides, as the venue has confirmed them; of several instruments, the mean.',
    ],
    ['Fill ratio', 'placed orders that traded at least once, by all placed.'],
    [
      'Message budget',
      'the most orders of one kind within 2 s, of the venue’s limit for one instrument (60 single, 300 in batches), or for the sub-account (1000 places and amends; spot is exempt).',
    ],
    ['Turnover', 'value traded in a day at this pace.'],
  ];
  const rows = all.map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`).join('');
  const environment = Object.entries(result.environment).map(([name, text]) => `${name} ${text}`);
  const made = [`${result.format}`, `result ${result.resultHash}`, ...environment]
    .map(escapeHtml)
    .join(' · ');
  return `<details><summary>How each number is found</summary><dl class="definitions">${rows}</dl></details>
<p class="made">${made}</p>`;
}

function byNumber(names: readonly string[]): string[] {
  return [...names].sort((one, two) => Number(one) - Number(two));
}
