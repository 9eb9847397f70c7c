import type { Query } from './panels.ts';

/** The series that the variables at the top of the page choose. */
export const JOB = 'job=~"$job", instance=~"$instance"';
export const OF_INSTRUMENT = `${JOB}, instrument=~"$instrument"`;

export function query(expr: string, legend: string): Query {
  return { expr, legend };
}

/** Per second, summed over the instances and by the given labels. */
export function rate(metric: string, matchers: string, by: string): string {
  return `sum by (${by}) (rate(${metric}{${matchers}}[$__rate_interval]))`;
}

/** Percentiles of a histogram, the bucket's labels besides `le` kept as given. */
export function percentiles(metric: string, matchers: string, by: string, legend: string): Query[] {
  const grouping = by === '' ? 'le' : `le, ${by}`;
  return [0.5, 0.99, 0.999].map((quantile) =>
    query(
      `histogram_quantile(${quantile}, sum by (${grouping}) (rate(${metric}_bucket{${matchers}}[$__rate_interval])))`,
      `p${String(quantile * 100)}${legend}`,
    ),
  );
}
