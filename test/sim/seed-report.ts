import { writeFileSync } from 'node:fs';
import { journalResult } from '../../engine/cli/journal-result.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { reportHtml } from '../../engine/report/report-html.ts';
import type { SimArguments } from './arguments.ts';
import { Faults } from './faults.ts';
import { describe } from './options.ts';
import { SimWorld } from './world.ts';

/**
 * Runs the world of the first seed once more, up to the end of its faults, and writes the page about its last process from
 * what that one has journaled. Returns what was written, for people.
 */
export async function writeReport(
  file: string,
  { seeds, hours, faults }: Pick<SimArguments, 'seeds' | 'hours' | 'faults'>,
): Promise<string> {
  const seed = seeds[0]!;
  const world = new SimWorld(seed, undefined, true);
  const untilNs = world.nowNs + hours * 3_600 * NS_PER_SECOND;
  const storm = new Faults(world, seed, faults, untilNs);
  await world.runUntil(untilNs, () => {});
  storm.stop();
  const last = world.machine.journals?.newest;
  if (last === undefined) return `no report: no engine had come up when the world of seed ${seed} ended`;
  const { result } = journalResult(last.journal.reader(), last.run, {
    kind: 'simulation',
    title: `Simulation, seed ${seed}, faults ${faults}, process ${world.starts}`,
    notes: [
      'A simulated market: prices, trades and the orders of others come from a seeded generator.',
      describe(world.options),
      ...(world.starts > 1 ? ['Of the last process only: those before it were killed or started anew.'] : []),
    ],
  });
  writeFileSync(file, reportHtml(result));
  return `${file}: process ${world.starts}, ${result.fills} fills, profit ${result.profit.total.toFixed(2)} ${result.currency}`;
}
