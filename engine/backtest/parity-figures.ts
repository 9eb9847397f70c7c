/** Figures of a run beside those of its model. */
import type { RunResult } from '../report/run-result.ts';

/** A figure of both. Null where there is none. */
export interface ParityRow {
  readonly name: string;
  readonly unit: string;
  readonly real: number | null;
  readonly model: number | null;
}

export function comparedRows(real: RunResult, model: RunResult): ParityRow[] {
  const { currency } = real;
  const row = (
    name: string,
    unit: string,
    read: (result: RunResult) => number | null | undefined,
  ): ParityRow => ({
    name,
    unit,
    real: read(real) ?? null,
    model: read(model) ?? null,
  });
  const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
  return [
    row('fills', '', ({ fills }) => fills),
    row('volume', currency, ({ volume }) => volume),
    row('maker share', '', ({ makerShare }) => makerShare),
    row('fill ratio', '', ({ fillRatio }) => fillRatio),
    row('profit', currency, ({ profit }) => profit.total),
    row('spread', currency, ({ profit }) => profit.spread),
    row('inventory', currency, ({ profit }) => profit.inventory),
    row('fees', currency, ({ profit }) => profit.fees),
    row('funding', currency, ({ profit }) => profit.funding),
    row('fees by volume', 'bps', ({ fees, volume }) => ratio(fees * 10_000, volume)),
    row('spread by volume', 'bps', ({ profit, volume }) => ratio(profit.spread * 10_000, volume)),
    row('inventory, standard deviation', real.inventory.unit, ({ inventory }) => inventory.standardDeviation),
    row('inventory, maximum', real.inventory.unit, ({ inventory }) => inventory.maximum),
    row('time quoted on both sides', '', ({ timeQuoted }) => timeQuoted),
    row('mean distance of the bid', 'bps', ({ quotedDistance }) => quotedDistance.meanBidBps),
    row('mean distance of the ask', 'bps', ({ quotedDistance }) => quotedDistance.meanAskBps),
    row('orders placed', '', ({ orders }) => orders.place),
    row('orders amended', '', ({ orders }) => orders.amend),
    row('orders cancelled', '', ({ orders }) => orders.cancel),
    row('commands refused', '', ({ orders }) => orders.refused),
    ...byNumber(Object.keys({ ...real.markouts, ...model.markouts })).map((horizon) =>
      row(`markout after ${horizon} s`, 'bps', ({ markouts }) => markouts[horizon]?.bps),
    ),
    ...Object.keys({ ...real.latencies, ...model.latencies }).flatMap((name) => [
      row(`latency of ${name}, p50`, 'ms', ({ latencies }) => latencies[name]?.p50Ms),
      row(`latency of ${name}, p99`, 'ms', ({ latencies }) => latencies[name]?.p99Ms),
    ]),
  ];
}

function byNumber(names: readonly string[]): string[] {
  return names.toSorted((one, two) => Number(one) - Number(two));
}
