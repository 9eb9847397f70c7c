import { totalOf } from '../report/report-commission.ts';
import type { Figures, RunResult } from '../report/run-result.ts';

type Row = readonly [name: string, value: string];

/** The result for people: what it earned and how, in a screen of text. */
export function backtestSummary(result: RunResult): string {
  const { events, seconds, wallSeconds, resultHash, instruments } = result;
  const names = Object.keys(instruments);
  const lines = [
    `${result.title}: ${new Date(result.fromMs).toISOString()} to ${new Date(result.toMs).toISOString()}`,
    '',
    ...table(rowsOf(result)),
    '',
    ...(names.length < 2
      ? []
      : names.map((name) => {
          const { profit, fills, volume } = instruments[name]!;
          return `  ${name}: profit ${money(profit.total)}, ${fills} fills, volume ${money(volume)}`;
        })),
    ...result.notes.map((note) => `  ${note}`),
    '',
    `  ${events} events in ${wallSeconds.toFixed(1)} s: ${Math.round(events / wallSeconds)} a second, ${Math.round(seconds / wallSeconds)} times as fast as it was`,
    `  result ${resultHash}`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** Nothing of what was run without a broker's shares. */
function commissionOf({ commission = [] }: RunResult): Row[] {
  if (commission.length === 0) return [];
  const { expectedRebate, netFee, volume } = totalOf(commission);
  return [
    ['commission', `${money(expectedRebate)} USDT to expect of ${money(netFee)} net fee on ${money(volume)}`],
  ];
}

function rowsOf(result: RunResult): Row[] {
  const { profit, currency, orders, inventory, markouts } = result;
  const parts = `spread ${money(profit.spread)}, inventory ${money(profit.inventory)}, fees ${money(profit.fees)}, funding ${money(profit.funding)}`;
  const markoutTexts = Object.entries(markouts)
    .filter(([, { bps }]) => bps !== null)
    .sort(([one], [two]) => Number(one) - Number(two))
    .map(([horizon, { bps }]) => `${horizon} s ${bps!.toFixed(2)}`);
  return [
    ['profit', `${money(profit.total)} ${currency}: ${parts}`],
    ...splitOf(result),
    [
      'fills',
      `${result.fills} of ${orders.traded} orders, volume ${money(result.volume)} ${currency}${makerText(result)}`,
    ],
    ...commissionOf(result),
    ['drawdown', `${money(result.maxDrawdown)} ${currency}`],
    [
      'sharpe, sortino',
      `${ratio(result.sharpe)}, ${ratio(result.sortino)} (annualised from ${result.seconds.toFixed(0)} s)`,
    ],
    [
      'inventory',
      `mean ${money(inventory.mean)}, sd ${money(inventory.standardDeviation)}, at most ${money(inventory.maximum)} ${inventory.unit}`,
    ],
    ['markouts, bps', markoutTexts.length === 0 ? 'none' : markoutTexts.join(', ')],
    ['quoted', `${percent(result.timeQuoted)} of the time on both sides`],
    [
      'orders',
      `${orders.place} placed, ${orders.amend} amended, ${orders.cancel} cancelled, ${orders.refused} refused; ${ratio(result.orderToTrade)} for each fill`,
    ],
    ['budget', `${percent(result.messageBudget.peakShare)} at its peak`],
  ];
}

/** What the core has told apart beside it. */
function splitOf({ attribution }: RunResult): Row[] {
  if (attribution === undefined) return [];
  const { adverseSelection, inventory, rebates, hedging } = attribution.profit;
  const later = `adverse selection ${money(adverseSelection)} in the second after fills, inventory ${money(inventory)} later`;
  return [['of it', `${later}, rebates ${money(rebates)}, hedging ${money(hedging)}`]];
}

function makerText({ makerShare }: Figures): string {
  return makerShare === null ? '' : `, ${percent(makerShare)} as maker`;
}

function table(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

function money(value: number): string {
  return value.toFixed(Math.abs(value) < 1_000 ? 2 : 0);
}

function ratio(value: number | null): string {
  return value === null ? '-' : value.toFixed(1);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
