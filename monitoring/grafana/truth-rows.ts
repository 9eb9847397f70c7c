import type { Panel } from './panels.ts';
import { row, stat, timeSeries } from './panels.ts';
import { OF_INSTRUMENT, query } from './queries.ts';

/** What money over a while was of the value that it came from. */
function bps(profit: string, value: string, by: string): string {
  const change = (metric: string): string =>
    `sum by (${by}) (delta(${metric}{${OF_INSTRUMENT}}[$__rate_interval]))`;
  return `1e4 * ${change(profit)} / (${change(value)} > 0)`;
}

/** The same of what only grows. */
function bpsOfVolume(profit: string, volume: string, by: string): string {
  return `1e4 * sum by (${by}) (delta(${profit}{${OF_INSTRUMENT}}[$__rate_interval])) / (sum by (${by}) (increase(${volume}{${OF_INSTRUMENT}}[$__rate_interval])) > 0)`;
}

interface Group {
  readonly title: string;
  readonly about: string;
  readonly metric: string;
  readonly label: string;
}

const GROUPS: readonly Group[] = [
  { title: 'side', about: 'what we did', metric: 'okxmm_side', label: 'side' },
  {
    title: 'level',
    about: 'the level of the ladder, best first',
    metric: 'okxmm_level',
    label: 'level',
  },
  {
    title: 'age of the quote',
    about: 'how long the order had stood at its price',
    metric: 'okxmm_quote_age',
    label: 'quote_age',
  },
  {
    title: 'place in the queue',
    about: 'what rested before the order when it traded, by its own size',
    metric: 'okxmm_queue',
    label: 'queue',
  },
  { title: 'model', about: 'the quoting model', metric: 'okxmm_model', label: 'model' },
];

/** What each fill came to: where the profit comes from, and how the market went on. */
export function truthRow(): Panel[] {
  return [
    row('Truth about fills'),
    timeSeries(
      'Profit by part',
      'Since the start of the process, in the settlement currency. The parts add up to the profit to the last unit.',
      'short',
      12,
      [query(`sum by (part) (okxmm_profit_part{${OF_INSTRUMENT}})`, '{{part}}')],
    ),
    timeSeries('Profit by instrument', 'All parts, since the start of the process.', 'short', 8, [
      query(`sum by (instrument) (okxmm_profit_part{${OF_INSTRUMENT}})`, '{{instrument}}'),
    ]),
    stat(
      'Residual',
      'Profit that no part explains. Anything but 0 is a mistake in the accounts.',
      'short',
      4,
      [query(`sum(okxmm_profit_residual{${OF_INSTRUMENT}})`, 'residual')],
    ),
    timeSeries(
      'Markouts',
      'What fills of the interval had gained at each horizon after them, in bps of their value.',
      'short',
      12,
      [query(bps('okxmm_markout_profit_quote', 'okxmm_markout_value_quote', 'horizon'), '{{horizon}}')],
    ),
    timeSeries('Markouts by side', 'The same by the side of our fill, 5 s after it.', 'short', 12, [
      query(
        bps(
          'okxmm_markout_profit_quote',
          'okxmm_markout_value_quote',
          'instrument, side, horizon',
        ).replaceAll(OF_INSTRUMENT, `${OF_INSTRUMENT}, horizon="5s"`),
        '{{instrument}} {{side}}',
      ),
    ]),
    timeSeries('Time quoted', 'Share of the time in which our orders rested.', 'percentunit', 8, [
      query(
        `sum by (instrument) (rate(okxmm_quoted_both_seconds_total{${OF_INSTRUMENT}}[$__rate_interval])) / sum by (instrument) (rate(okxmm_quoted_sampled_seconds_total{${OF_INSTRUMENT}}[$__rate_interval]))`,
        '{{instrument}} both',
      ),
      query(
        `sum by (instrument, side) (rate(okxmm_quoted_seconds_total{${OF_INSTRUMENT}}[$__rate_interval]))`,
        '{{instrument}} {{side}}',
      ),
    ]),
    timeSeries(
      'Distance of our best orders',
      'From the middle in bps, mean over the time quoted.',
      'short',
      8,
      [
        query(
          `sum by (instrument, side) (delta(okxmm_quoted_distance_bps_seconds{${OF_INSTRUMENT}}[$__rate_interval])) / (sum by (instrument, side) (increase(okxmm_quoted_seconds_total{${OF_INSTRUMENT}}[$__rate_interval])) > 0)`,
          '{{instrument}} {{side}}',
        ),
      ],
    ),
    timeSeries(
      'Markouts that are not known',
      'Too many fills came within a horizon, or one was told long after.',
      'short',
      8,
      [
        query(
          `sum by (instrument) (increase(okxmm_markouts_dropped_total{${OF_INSTRUMENT}}[$__rate_interval]))`,
          '{{instrument}}',
        ),
      ],
    ),
    ...GROUPS.flatMap(groupPanels),
    ...versionPanels(),
  ];
}

function groupPanels({ title, about, metric, label }: Group): Panel[] {
  return [
    timeSeries(`Fills by ${title}`, `Fills a second, by ${about}.`, 'ops', 8, [
      query(
        `sum by (${label}) (rate(${metric}_fills_total{${OF_INSTRUMENT}}[$__rate_interval]))`,
        `{{${label}}}`,
      ),
    ]),
    timeSeries(
      `Spread and fees by ${title}`,
      `What fills captured and paid (below zero) in bps of their value, by ${about}.`,
      'short',
      8,
      [
        query(bpsOfVolume(`${metric}_spread_quote`, `${metric}_volume_quote_total`, label), `{{${label}}}`),
        query(
          bpsOfVolume(`${metric}_fees_quote`, `${metric}_volume_quote_total`, label),
          `{{${label}}} fees`,
        ),
      ],
    ),
    timeSeries(
      `Markout by ${title}`,
      `What fills had gained 5 s after them, in bps of the value traded, by ${about}.`,
      'short',
      8,
      [query(bpsOfVolume(`${metric}_markout_quote`, `${metric}_volume_quote_total`, label), `{{${label}}}`)],
    ),
  ];
}

/** Rows are used again for newer versions: present values only. */
function versionPanels(): Panel[] {
  const ratio = (metric: string): string =>
    `1e4 * sum by (instrument, version_row) (${metric}{${OF_INSTRUMENT}}) / (sum by (instrument, version_row) (okxmm_version_volume_quote{${OF_INSTRUMENT}}) > 0)`;
  return [
    timeSeries(
      'Versions that traded',
      'Which version of the calibrated model and of the parameters each row is of: the newest that had fills.',
      'short',
      8,
      [
        query(`okxmm_version_model{${OF_INSTRUMENT}}`, '{{instrument}} row {{version_row}} model'),
        query(`okxmm_version_config{${OF_INSTRUMENT}}`, '{{instrument}} row {{version_row}} parameters'),
      ],
    ),
    timeSeries('Fills by version', 'Fills of each row.', 'short', 8, [
      query(`okxmm_version_fills{${OF_INSTRUMENT}}`, '{{instrument}} row {{version_row}}'),
    ]),
    timeSeries(
      'Spread, fees and markout by version',
      'In bps of the value traded; the markout after 5 s, without fees.',
      'short',
      8,
      [
        query(ratio('okxmm_version_spread_quote'), '{{instrument}} row {{version_row}} spread'),
        query(ratio('okxmm_version_fees_quote'), '{{instrument}} row {{version_row}} fees'),
        query(ratio('okxmm_version_markout_quote'), '{{instrument}} row {{version_row}} markout'),
      ],
    ),
  ];
}
