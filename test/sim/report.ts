import { writeFileSync } from 'node:fs';
import type { SimArguments } from './arguments.ts';
import type { ReplayCounts } from './journals.ts';
import type { SeedResult } from './sim-types.ts';

/** The command that runs one world again, as it was. */
export function replayCommand({ hours, faults, broken, isJournaled }: SimArguments, seed: number): string {
  const also = `${broken === '' ? '' : ` --broken ${broken}`}${isJournaled ? ' --journal' : ''}`;
  return `npm run -s sim -- --seed ${seed} --hours ${hours} --faults ${faults}${also} --verbose`;
}

/** One line about a world that ended. */
export function seedText({ seed, failure, orders, fills, restarts, profit, stateHash }: SeedResult): string {
  const what =
    failure === null
      ? `held; ${orders} orders, ${fills} fills, ${restarts} restarts, profit ${profit.toFixed(2)}`
      : `FAILED after ${timeText(failure.atMs)} at step ${failure.step}: ${failure.checker}: ${failure.what}`;
  return `seed ${seed}: ${what}; ${stateHash}`;
}

/** All worlds together. */
export function summaryText(results: readonly SeedResult[], realSeconds: number): string {
  const sum = (of: (result: SeedResult) => number): number =>
    results.reduce((all, each) => all + of(each), 0);
  const hours = sum(({ virtualHours }) => virtualHours);
  const faults = faultSums(results);
  const kinds = Object.entries(faults).toSorted(([left], [right]) => (left < right ? -1 : 1));
  const failed = results.filter(({ failure }) => failure !== null).length;
  return [
    `${results.length} seeds, ${failed} failed; ${hours.toFixed(1)} virtual hours in ${realSeconds.toFixed(0)} s`,
    `orders ${sum(({ orders }) => orders)}, fills ${sum(({ fills }) => fills)}, restarts ${sum(({ restarts }) => restarts)}, profit ${sum(({ profit }) => profit).toFixed(2)}`,
    `faults ${sum((each) => Object.values(each.faults).reduce((all, count) => all + count, 0))}: ${kinds.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`,
    `speed ${(hours / (realSeconds / 60)).toFixed(1)} virtual hours a minute`,
    ...replayedLines(results),
  ].join('\n');
}

/** Where worlds were journaled: what was done once more, and came out the same. */
function replayedLines(results: readonly SeedResult[]): string[] {
  const replayed = results.flatMap((result) => (result.replayed === undefined ? [] : [result.replayed]));
  if (replayed.length === 0) return [];
  const sum = (of: (counts: ReplayCounts) => number): number =>
    replayed.reduce((all, each) => all + of(each), 0);
  return [
    `replayed ${sum(({ processes }) => processes)} processes of ${replayed.length} seeds: ${sum(({ inputs }) => inputs)} inputs, ` +
      `${sum(({ sends }) => sends)} sends, ${sum(({ requests }) => requests)} requests`,
  ];
}

export function faultSums(results: readonly SeedResult[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { faults } of results) {
    for (const [kind, count] of Object.entries(faults)) sums[kind] = (sums[kind] ?? 0) + count;
  }
  return sums;
}

/** Seeds in their order, whatever the order in which they ended. */
export function writeResults(
  path: string,
  { hours, faults }: SimArguments,
  results: readonly SeedResult[],
): void {
  const seeds = results.toSorted((left, right) => left.seed - right.seed);
  writeFileSync(
    path,
    `${JSON.stringify({ hours, profile: faults, faults: faultSums(results), seeds }, null, 1)}\n`,
  );
}

export function timeText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const text = (value: number, digits: number): string => String(value).padStart(digits, '0');
  return `${text(Math.floor(seconds / 3_600), 1)}:${text(Math.floor(seconds / 60) % 60, 2)}:${text(seconds % 60, 2)}.${text(Math.floor(ms % 1_000), 3)}`;
}
