/** Tables of what the core has found about its fills: where the profit comes from, and which quotes earn it. */
import { HORIZONS_SECONDS } from '../base/fill-groups.ts';
import type { AttributionResult, FillGroup } from './attribution-result.ts';
import { signOf } from './report-summary.ts';
import { table } from './report-tables.ts';
import type { Cell } from './report-tables.ts';
import { bpsText, countText, shortText, signedText } from './report-text.ts';
import type { RunResult } from './run-result.ts';

const PARTS: readonly (readonly [keyof AttributionResult['profit'], string, string])[] = [
  ['spread', 'Spread', 'what fills captured against the middle just before them'],
  ['adverseSelection', 'Adverse selection', 'what the market did in the second after them'],
  ['inventory', 'Inventory', 'what it did to the position later'],
  ['funding', 'Funding', 'as the venue settled it'],
  ['fees', 'Fees', 'paid'],
  ['rebates', 'Rebates', 'received'],
  ['hedging', 'Hedging', 'spread and fees of orders that were to make a position smaller'],
  ['total', 'Profit', 'the sum, to the last unit'],
];

/** Nothing where the result is of a build that did not have it. */
export function attributionTables({ attribution, currency }: RunResult): string {
  if (attribution === undefined) return '';
  const { profit, residuals, sides, levels, ages, queues, models, versions } = attribution;
  const residual = Object.values(residuals).reduce((sum, each) => sum + Math.abs(each), 0);
  const parts = table(
    'Where the profit comes from',
    ['', currency, ''],
    [
      ...PARTS.map(([name, label, about]): (string | Cell)[] => [
        label,
        { text: signedText(profit[name]), className: signOf(profit[name]) },
        about,
      ]),
      [
        'Residual',
        signedText(residual),
        residual === 0 ? 'nothing is unexplained' : 'the accounts are wrong somewhere',
      ],
    ],
  );
  return `${parts}
${groupTable('Fills by side', sides)}
${groupTable('Fills by level of the ladder', levels)}
${groupTable('Fills by age of the quote, up to', ages)}
${groupTable('Fills by what was before the order in its queue, by its own size', queues)}
${groupTable('Fills by model', models)}
${groupTable('Fills by version of model and parameters', versions)}`;
}

function groupTable(caption: string, groups: readonly FillGroup[]): string {
  if (groups.length === 0) return '';
  const heads = [
    '',
    'Fills',
    'Value',
    'Spread',
    'Fees',
    ...HORIZONS_SECONDS.map((seconds) => `${seconds} s`),
  ];
  const rows = groups.map(({ group, fills, value, spreadBps, feeBps, markoutBps }) => [
    group,
    countText(fills),
    shortText(value),
    bpsText(spreadBps),
    bpsText(feeBps),
    ...HORIZONS_SECONDS.map((seconds): Cell => {
      const bps = markoutBps[String(seconds)] ?? null;
      return { text: bpsText(bps), className: signOf(bps) };
    }),
  ]);
  return table(`${caption}; spread, fees and markouts in bps of the value`, heads, rows);
}
