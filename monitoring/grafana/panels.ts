/**
 * The few kinds of panel that the dashboards use, as Grafana's dashboard JSON (schema 39, Grafana 10 and
 * later). Every panel takes the data source from the variable at the top and has a title, a description and a
 * unit.
 */

const SCHEMA_VERSION = 39;
const GRID_COLUMNS = 24;
const DATA_SOURCE = { type: 'prometheus', uid: '${datasource}' };

export interface Query {
  /** PromQL; ranges are written [$__rate_interval]. */
  readonly expr: string;
  /** The series' name, with labels in double braces. */
  readonly legend: string;
}

/** A panel before it has a place and an id. */
export interface Panel {
  readonly width: number;
  readonly height: number;
  readonly json: Readonly<Record<string, unknown>>;
}

function targets(queries: readonly Query[], extras: Readonly<Record<string, unknown>> = {}): unknown[] {
  return queries.map(({ expr, legend }, index) => ({
    datasource: DATA_SOURCE,
    refId: String.fromCodePoint('A'.codePointAt(0)! + index),
    expr,
    legendFormat: legend,
    ...extras,
  }));
}

/** A heading that starts a new line of panels. */
export function row(title: string): Panel {
  return { width: GRID_COLUMNS, height: 1, json: { type: 'row', title, collapsed: false, panels: [] } };
}

/** One present value, large. A series that is one of a set of states shows its name. */
export function stat(
  title: string,
  description: string,
  unit: string,
  width: number,
  queries: readonly Query[],
): Panel {
  // A state's sample is always 1: its label is what it says.
  const isState = queries.some(({ expr }) => expr.endsWith('== 1'));
  return {
    width,
    height: 4,
    json: {
      type: 'stat',
      title,
      description,
      datasource: DATA_SOURCE,
      targets: targets(queries, { instant: true, range: false }),
      fieldConfig: { defaults: { unit }, overrides: [] },
      options: {
        colorMode: 'none',
        graphMode: 'none',
        textMode: isState ? 'name' : 'value',
        reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      },
    },
  };
}

export function timeSeries(
  title: string,
  description: string,
  unit: string,
  width: number,
  queries: readonly Query[],
): Panel {
  return {
    width,
    height: 8,
    json: {
      type: 'timeseries',
      title,
      description,
      datasource: DATA_SOURCE,
      targets: targets(queries),
      fieldConfig: {
        defaults: { unit, custom: { lineWidth: 1, fillOpacity: 5, showPoints: 'never' } },
        overrides: [],
      },
      options: {
        legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
        tooltip: { mode: 'multi', sort: 'desc' },
      },
    },
  };
}

/** A histogram over time; the query is a rate by `le`. */
export function heatmap(
  title: string,
  description: string,
  unit: string,
  width: number,
  queries: readonly Query[],
): Panel {
  return {
    width,
    height: 8,
    json: {
      type: 'heatmap',
      title,
      description,
      datasource: DATA_SOURCE,
      targets: targets(queries, { format: 'heatmap' }),
      fieldConfig: { defaults: { unit }, overrides: [] },
      options: {
        calculate: false,
        cellGap: 1,
        color: { mode: 'scheme', scheme: 'Oranges', steps: 64 },
        yAxis: { unit },
        tooltip: { mode: 'single', yHistogram: true },
      },
    },
  };
}

/** No step of the panel is shorter than this, such as "1h", however short the time that the page shows. */
export function atLeastEvery(interval: string, { json, ...place }: Panel): Panel {
  return { ...place, json: { ...json, interval } };
}

/** A variable whose values come from the labels of a metric. Reloaded when the time range changes. */
function labelVariable(name: string, label: string, query: string): Record<string, unknown> {
  return {
    type: 'query',
    name,
    label,
    datasource: DATA_SOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    includeAll: true,
    multi: true,
    allValue: '.+',
    current: { selected: true, text: ['All'], value: ['$__all'] },
  };
}

function variables(): unknown[] {
  return [
    {
      type: 'datasource',
      name: 'datasource',
      label: 'Data Source',
      query: 'prometheus',
      current: { selected: false, text: 'okxmm Prometheus', value: 'okxmm-prometheus' },
    },
    labelVariable('job', 'Job', 'label_values(okxmm_build_info, job)'),
    labelVariable('instance', 'Instance', 'label_values(okxmm_build_info{job=~"$job"}, instance)'),
    labelVariable(
      'instrument',
      'Instrument',
      'label_values(okxmm_book_state{job=~"$job", instance=~"$instance"}, instrument)',
    ),
  ];
}

/** Places the panels from left to right, a new line where the next one no longer fits, and numbers them. */
export function dashboard(
  uid: string,
  title: string,
  description: string,
  panels: readonly Panel[],
): Record<string, unknown> {
  let x = 0;
  let y = 0;
  let lineHeight = 0;
  const placed = panels.map(({ width, height, json }, index) => {
    if (x + width > GRID_COLUMNS) {
      y += lineHeight;
      x = 0;
      lineHeight = 0;
    }
    const gridPos = { x, y, w: width, h: height };
    x += width;
    lineHeight = Math.max(lineHeight, height);
    return { id: index + 1, ...json, gridPos };
  });
  return {
    uid,
    title,
    description,
    tags: ['okxmm'],
    editable: false,
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    graphTooltip: 1,
    refresh: '5s',
    time: { from: 'now-30m', to: 'now' },
    timezone: 'utc',
    templating: { list: variables() },
    annotations: { list: [] },
    panels: placed,
  };
}
