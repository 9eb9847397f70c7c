import { describe, expect, it } from 'vitest';
import { ExportTable, exportLines } from '../../engine/cli/journal-lines.ts';
import { JournalRun } from '../../engine/cli/journal-run.ts';
import type { Loop } from '../../engine/loop.ts';
import { replayRun } from '../../engine/replay/replay.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { SimWorld } from '../sim/world.ts';

/** Everything that attribution has found, as text. */
function figuresOf({ truth }: Loop): string {
  return JSON.stringify(
    truth.instruments.map(({ parts, sums, versions, quoted, fillCount, pending }) => ({
      total: String(parts.total),
      spread: String(parts.spread),
      adverse: String(parts.adverse),
      fees: String(parts.fees),
      fillCount,
      dropped: pending.dropped,
      sums: [...sums.cells],
      versions: [...versions.sums.cells],
      quoted: [...quoted.seconds, ...quoted.bpsSeconds],
    })),
  );
}

async function journaled(seed: number, seconds: number): Promise<SimWorld> {
  const world = new SimWorld(seed, undefined, true);
  await world.runUntil(world.nowNs + seconds * NS_PER_SECOND, () => {});
  return world;
}

describe('a run that is replayed', () => {
  it.each([1, 2])('comes to the same figures: seed %i', async (seed) => {
    const world = await journaled(seed, 240);
    const { run, journal } = world.machine.journals!.newest!;
    const live = world.engine!.loop;
    let again: Loop | undefined;
    replayRun(journal.reader(), run, {
      onStart: (loop) => {
        again = loop;
      },
    });
    expect(live.truth.instruments.reduce((sum, { fillCount }) => sum + fillCount, 0)).toBeGreaterThan(5);
    expect(figuresOf(again!)).toBe(figuresOf(live));
  });

  it('has its fills exported with their quotes and their markouts', async () => {
    const world = await journaled(1, 240);
    const { run, journal } = world.machine.journals!.newest!;
    const reader = journal.reader();
    const lines = [
      ...exportLines(
        reader,
        new JournalRun(reader, run),
        { fromNs: -Infinity, toNs: Infinity, kinds: undefined },
        { table: ExportTable.fills, format: 'ndjson', feedMs: 1_000 },
      ),
    ];
    const rows = lines.map((line) => JSON.parse(line) as Record<string, number | string | boolean | null>);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      expect(row['level']).toBeGreaterThanOrEqual(0);
      expect(row['ageMs']).toBeGreaterThanOrEqual(0);
      expect(row['isHedge']).toBe(false);
      const sign = row['side'] === 'buy' ? 1 : -1;
      const spread = (sign * (Number(row['mid']) - Number(row['price'])) * 1e4) / Number(row['price']);
      expect(row['spreadBps']).toBeCloseTo(spread, 4);
    }
    const first = rows[0]!;
    for (const name of ['markoutBps0.1s', 'markoutBps1s', 'markoutBps5s', 'markoutBps30s', 'markoutBps60s'])
      expect(typeof first[name], name).toBe('number');
  });
});
