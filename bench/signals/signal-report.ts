/** What each sampled signal says of the mid's next move, and whether it still does where it was not fitted. */
import { explainedBy, fitLine, significance } from './regression.ts';
import type { SignalSamples } from './signal-samples.ts';

const BPS = 10_000;
/** Flows and usual distances have to be known first. */
const SKIPPED_S = 30;
/** A signal is worth a weight from here on: so many standard errors, and of use in each half when fitted in the other. */
const ERRORS_MIN = 2;

export interface SignalRow {
  readonly name: string;
  /** What `weightBps`, of lead and mark `weight`, would be at most. */
  readonly weight: number;
  readonly isShare: boolean;
  readonly r2: number;
  /** The slope over its standard error, with as many moves as follow one another without overlap. */
  readonly errors: number;
  /** Explained in the second half by a fit of the first, and the other way round. */
  readonly later: number;
  readonly earlier: number;
  readonly isWorthIt: boolean;
}

export interface HorizonReport {
  readonly horizonS: number;
  readonly moments: number;
  /** Standard deviation of the move. */
  readonly moveBps: number;
  readonly rows: readonly SignalRow[];
}

/** The mid as it was last known then. */
function midAt({ midTimes, mids }: SignalSamples, atS: number): number {
  let [low, high] = [0, midTimes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (midTimes[middle]! <= atS) low = middle + 1;
    else high = middle;
  }
  return mids[Math.max(0, low - 1)]!;
}

export function reportHorizon(samples: SignalSamples, horizonS: number): HorizonReport {
  const endS = samples.moments.at(-1)?.atS ?? 0;
  const moments = samples.moments.filter(({ atS }) => atS >= SKIPPED_S && atS + horizonS <= endS);
  // In basis points of the mid at that moment.
  const moves = Float64Array.from(
    moments,
    ({ atS, midTicks }) => (midAt(samples, atS + horizonS) / midTicks - 1) * BPS,
  );
  const middleS = (SKIPPED_S + endS) / 2;
  const count = moments.length;
  // Moves of the first half end within it.
  const firstEnd = moments.filter(({ atS }) => atS + horizonS < middleS).length;
  const secondBegin = moments.filter(({ atS }) => atS < middleS).length;
  const rows = samples.signals.map(({ name, isShare }, index): SignalRow => {
    const signal = Float64Array.from(moments, ({ values, midTicks }) =>
      isShare ? (values[index]! / midTicks) * BPS : values[index]!,
    );
    const all = fitLine(signal, moves);
    const [first, firstMoves] = [signal.subarray(0, firstEnd), moves.subarray(0, firstEnd)];
    const [second, secondMoves] = [signal.subarray(secondBegin, count), moves.subarray(secondBegin, count)];
    const later = explainedBy(fitLine(first, firstMoves), second, secondMoves);
    const earlier = explainedBy(fitLine(second, secondMoves), first, firstMoves);
    const errors = significance(all, (endS - SKIPPED_S) / horizonS);
    return {
      name,
      isShare,
      weight: isShare ? all.slope : all.slope * all.deviation,
      r2: all.r2,
      errors,
      later,
      earlier,
      isWorthIt: later > 0 && earlier > 0 && Math.abs(errors) >= ERRORS_MIN,
    };
  });
  const mean = moves.reduce((sum, move) => sum + move, 0) / Math.max(1, count);
  const variance = moves.reduce((sum, move) => sum + (move - mean) ** 2, 0) / Math.max(1, count);
  return { horizonS, moments: count, moveBps: Math.sqrt(variance), rows };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** As a table in Markdown. */
export function horizonText({ horizonS, moments, moveBps, rows }: HorizonReport): string {
  const lines = rows.map(
    ({ name, weight, isShare, r2, errors, later, earlier, isWorthIt }) =>
      `| ${name} | ${weight.toFixed(3)}${isShare ? ' of it' : ''} | ${percent(r2)} | ${errors.toFixed(1)} | ${percent(later)} | ${percent(earlier)} | ${isWorthIt ? 'yes' : ''} |`,
  );
  return [
    `The mid's move in the next ${horizonS} s: ${moments} moments, standard deviation ${moveBps.toFixed(2)} bps`,
    '',
    '| signal | bps for a deviation | R2 | standard errors | later half | earlier half | holds |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
    ...lines,
  ].join('\n');
}
