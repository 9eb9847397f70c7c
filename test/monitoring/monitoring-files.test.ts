import type { MetricId } from '../../engine/metrics/catalog.ts';
import { FLEET_LIMITS, FLEET_METRICS } from '../../engine/metrics/fleet-metrics.ts';
import type { LabelName, MetricDefinition } from '../../engine/metrics/metric-definition.ts';
import { definitionOf, LABEL_VALUES, METRIC_IDS } from '../../engine/metrics/catalog.ts';
import { commissionDashboard } from '../../monitoring/grafana/commission.ts';
import { overviewDashboard } from '../../monitoring/grafana/overview.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const MONITORING = new URL('../../monitoring/', import.meta.url);

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: { readonly uid: string };
}

interface DashboardPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
}

interface Dashboard {
  readonly uid: string;
  readonly editable: boolean;
  readonly templating: {
    readonly list: readonly {
      readonly type: string;
      readonly name: string;
      readonly label: string;
      readonly query: string | { readonly query: string };
      readonly refresh?: number;
    }[];
  };
  readonly panels: readonly DashboardPanel[];
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const dashboardFiles = readdirSync(new URL('grafana/dashboards/', MONITORING));
const dashboards = dashboardFiles.map(
  (file) => JSON.parse(readFileSync(new URL(`grafana/dashboards/${file}`, MONITORING), 'utf8')) as Dashboard,
);
const rules = (
  parse(readFileSync(new URL('alerts.yml', MONITORING), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const recorded = new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])));

const panels = dashboards.flatMap((dashboard) => dashboard.panels.filter((panel) => panel.type !== 'row'));
const panelTargets = panels.flatMap((panel) => panel.targets ?? []);
const expressions = [...panelTargets.map((target) => target.expr), ...rules.map((rule) => rule.expr)];

/** What an expression can be about: an engine's metrics, and those of a supervisor of several. */
type KnownMetric = Pick<MetricDefinition, 'name' | 'kind'> & { readonly labels: readonly string[] };
const byName = new Map<string, KnownMetric>(
  [...METRIC_IDS.map((id) => definitionOf(id)), ...Object.values(FLEET_METRICS)].map((each) => [
    each.name,
    each,
  ]),
);

/** The values that a label can have. */
function valuesOf(label: string): readonly string[] {
  return label === 'limit' ? FLEET_LIMITS : LABEL_VALUES[label as LabelName](SAMPLE_DIMENSIONS);
}

/** The metric that a name in an expression stands for: histograms are asked for by their parts only. */
function metricOf(name: string): KnownMetric | undefined {
  const whole = byName.get(name);
  if (whole !== undefined) return whole.kind === 'histogram' ? undefined : whole;
  const part = byName.get(name.replace(/_(bucket|sum|count)$/, ''));
  return part?.kind === 'histogram' ? part : undefined;
}

/** Every selector of an expression: a metric's name and its matchers. */
function selectorsOf(expr: string): { name: string; matchers: [string, string, string][] }[] {
  return [...expr.matchAll(/\b(okxmm[a-z0-9_:]+)(?:\{([^}]*)\})?/g)].map((match) => ({
    name: match[1],
    matchers: [...(match[2] ?? '').matchAll(/([a-z_]+)(=~|!~|!=|=)"([^"]*)"/g)].map((part) => [
      part[1],
      part[2],
      part[3],
    ]),
  }));
}

const SCRAPE_LABELS = ['job', 'instance', 'le'];

describe('every expression of the dashboards and rules', () => {
  test.each(expressions)('%s', (expr) => {
    const selectors = selectorsOf(expr).filter(({ name }) => !recorded.has(name));
    const unknown = selectors.filter(({ name }) => metricOf(name) === undefined).map(({ name }) => name);
    expect(unknown).toEqual([]);

    // A label that a metric does not have matches nothing, silently; so does a value outside its fixed set.
    const wrongMatchers = selectors.flatMap(({ name, matchers }) =>
      matchers.filter(([label, operator, value]) => {
        if (SCRAPE_LABELS.includes(label)) return false;
        if (!metricOf(name)!.labels.includes(label)) return true;
        return operator === '=' && !valuesOf(label).includes(value);
      }),
    );
    expect(wrongMatchers).toEqual([]);

    const known = new Set([...SCRAPE_LABELS, ...selectors.flatMap(({ name }) => metricOf(name)!.labels)]);
    const grouped = [...expr.matchAll(/\b(?:by|ignoring|on|without) \(([^)]*)\)/g)].flatMap((match) =>
      match[1].split(', '),
    );
    expect(grouped.filter((label) => !known.has(label))).toEqual([]);

    // Counters and buckets are only meaningful as a change; gauges are never asked for their rate.
    const ranged = [...expr.matchAll(/\b(?:rate|increase)\((okxmm[a-z0-9_]+)/g)].map((match) => match[1]);
    const counters = selectors.map(({ name }) => name).filter((name) => metricOf(name)!.kind !== 'gauge');
    expect(ranged.sort()).toEqual(counters.sort());
  });

  test('legends and annotations name labels that their expressions can have', () => {
    const texts = [
      ...panelTargets.map(({ expr, legendFormat }) => ({
        expr,
        labels: legendFormat.matchAll(/\{\{(\w+)\}\}/g),
      })),
      ...rules.map(({ expr, annotations }) => ({
        expr,
        labels: JSON.stringify(annotations ?? {}).matchAll(/\$labels\.(\w+)/g),
      })),
    ];
    const wrong = texts.flatMap(({ expr, labels }) => {
      const selectors = selectorsOf(expr).filter(({ name }) => !recorded.has(name));
      const known = new Set<string>([
        ...SCRAPE_LABELS,
        ...selectors.flatMap(({ name }) => metricOf(name)!.labels),
      ]);
      const grouping = /^(?:sum|min|histogram_quantile\([\d.]+, sum) by \(([^)]*)\)/.exec(expr);
      const kept = grouping === null ? known : new Set(grouping[1].split(', '));
      return [...labels].map((match) => match[1]).filter((label) => !kept.has(label));
    });
    expect(wrong).toEqual([]);
  });
});

describe('the dashboards', () => {
  test('the files are what the code writes', () => {
    expect(dashboardFiles).toEqual(['okxmm-commission.json', 'okxmm-overview.json']);
    expect(dashboards).toEqual([commissionDashboard(), overviewDashboard()]);
  });

  test('cannot be edited in place, and take every number from the one data source variable', () => {
    for (const dashboard of dashboards) {
      expect(dashboard.editable).toBe(false);
      const sources = dashboard.templating.list.filter((variable) => variable.type === 'datasource');
      expect(sources.map(({ name, label }) => [name, label])).toEqual([['datasource', 'Data Source']]);
      const queried = dashboard.templating.list.filter((variable) => variable.type === 'query');
      expect(queried.map(({ name, refresh }) => [name, refresh])).toEqual([
        ['job', 2],
        ['instance', 2],
        ['instrument', 2],
      ]);
    }
    const uids = [...panels, ...panelTargets].map(({ datasource }) => datasource?.uid);
    expect(new Set(uids)).toEqual(new Set(['${datasource}']));
  });

  test('the variables ask for labels that their metrics have', () => {
    const queries = dashboards.flatMap(({ templating }) =>
      templating.list.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query])),
    );
    const asked = queries.map((query) =>
      /^label_values\((okxmm\w+)(?:\{.*\})?, (\w+)\)$/.exec(query)!.slice(1),
    );
    expect(
      asked.map(([name, label]) => [...SCRAPE_LABELS, ...metricOf(name)!.labels].includes(label)),
    ).toEqual(dashboards.flatMap(() => [true, true, true]));
  });

  test('every panel has a title, a description, a unit, queries by job and instance, and its own id', () => {
    const incomplete = panels.filter(
      ({ title, description, fieldConfig, targets }) =>
        title === '' ||
        description?.endsWith('.') !== true ||
        fieldConfig?.defaults.unit === undefined ||
        targets?.length === 0,
    );
    expect(incomplete).toEqual([]);
    const unmatched = panelTargets.filter(
      ({ expr }) =>
        !selectorsOf(expr).every(({ matchers }) => {
          const labels = matchers.map(([label, operator, value]) => `${label}${operator}${value}`);
          return labels.includes('job=~$job') && labels.includes('instance=~$instance');
        }),
    );
    expect(unmatched).toEqual([]);
    const fixedRanges = panelTargets.filter(({ expr }) => /\[(?!\$__rate_interval\])/.test(expr));
    expect(fixedRanges).toEqual([]);
    for (const dashboard of dashboards) {
      const ids = dashboard.panels.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  test('panels lie inside the grid and on none of each other', () => {
    for (const dashboard of dashboards) {
      const taken = new Set<string>();
      let cells = 0;
      for (const { gridPos } of dashboard.panels) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) taken.add(`${x},${y}`);
        }
        cells += gridPos.w * gridPos.h;
      }
      expect(taken.size).toBe(cells);
    }
  });
});

describe('the alert rules', () => {
  test('every alert has a severity, a summary and a description, and its own name', () => {
    const alerts = rules.filter((rule) => rule.alert !== undefined);
    const incomplete = alerts.filter(
      ({ labels, annotations }) =>
        !['page', 'ticket'].includes(labels?.severity ?? '') ||
        annotations?.summary === undefined ||
        annotations.description === undefined,
    );
    expect(incomplete).toEqual([]);
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
  });
});

describe('prometheus.yml', () => {
  const config = parse(readFileSync(new URL('prometheus.yml', MONITORING), 'utf8')) as {
    rule_files: string[];
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };

  test('loads the rules and scrapes the exporter under the job that the rules name', () => {
    expect(config.rule_files).toEqual(['alerts.yml']);
    expect(config.scrape_configs.map(({ job_name: job }) => job)).toEqual(['okxmm']);
    expect(config.scrape_configs[0].static_configs[0].targets).toEqual(['127.0.0.1:9464']);
  });
});

/**
 * The dashboards and rules are how the metrics are seen: one that nobody can see there is named here, and
 * why.
 */
test('every metric is on a dashboard or in a rule, but for the ones listed', () => {
  const listed: MetricId[] = [
    'bytesReceived', // for the network's sake, next to the frames
    'framesDecoded', // received minus the panels of what was not decoded
    'journalRecords', // its bytes are on a panel
    'bookQuotable',
    'modelVersion', // its age is on a panel
    'bookSnapshots',
    'quoteFairPrice',
    'workerQuotes',
    'workerCompute',
    'requests',
    'illegalTransitions',
    'foreignOrders',
    'venueFills', // what was taken from us pages by its trigger
    'fillsUnmarked', // only with more than a hundred fills a second on one instrument
    'otherFees',
    'exposureLots',
    'oauthRefreshes', // its failures page
    'oauthAccessEnd', // both stand in /status; what comes of them is the state's alert
    'oauthRefreshEnd',
    'eventLoopTurns', // the mode is on the panel; how fast it turns only a benchmark asks
  ];
  const seen = new Set(
    expressions
      .concat('okxmm_build_info')
      .flatMap((expr) => selectorsOf(expr).map(({ name }) => metricOf(name)?.name)),
  );
  const unseen = METRIC_IDS.filter((id) => !seen.has(definitionOf(id).name));
  expect(unseen.sort()).toEqual(listed.sort());
  expect(Object.values(FLEET_METRICS).filter(({ name }) => !seen.has(name))).toEqual([]);
});
