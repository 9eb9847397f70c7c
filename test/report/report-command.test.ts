import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CommandError } from '../../engine/cli/command-error.ts';
import { ExitCode } from '../../engine/cli/exit-code.ts';
import { journalResult } from '../../engine/cli/journal-result.ts';
import { run } from '../../engine/cli/report.ts';
import { UsageError } from '../../engine/cli/usage-error.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import { parseResult } from '../../engine/report/parse-result.ts';
import type { RunResult } from '../../engine/report/run-result.ts';
import { writeReport } from '../sim/seed-report.ts';
import { ObservedWorld } from './observed-world.ts';

const KEPT = join(packageRoot(), 'test', 'replay', 'regressions', 'paper-flatten');

describe('a journal', () => {
  it.each([
    ['without faults', 1, null, 150],
    ['under faults', 22, 'heavy', 240],
  ] as const)('says of each run what was seen while it ran: %s', async (_, seed, faults, seconds) => {
    const world = new ObservedWorld(seed, 0.1, faults, {}, true);
    const journals = world.world.machine.journals!;
    await world.run(seconds);
    const { run: number, journal } = journals.newest!;
    const { observer } = world.runs.at(-1)!;
    const { result, replay, fills } = journalResult(journal.reader(), number);
    expect(replay.difference).toBeUndefined();
    const live = observer.finish({ kind: result.kind, title: result.title, endNs: replay.provenNs });
    const figures = ({
      profit,
      fills: count,
      volume,
      markouts,
      orders,
      maxDrawdown,
      fillRows,
    }: RunResult): object => ({
      profit,
      count,
      volume,
      markouts,
      orders,
      maxDrawdown,
      fillRows,
    });
    expect(live.fills).toBeGreaterThan(3);
    expect(figures(result)).toEqual(figures(live));
    // The journal begins some ms before the engine is there to be watched: of that the shares of time know.
    expect(result.seconds - live.seconds).toBeLessThan(0.1);
    expect(result.quoted.both).toBeCloseTo(live.quoted.both, 3);
    expect(result.inventory.maximum).toBe(live.inventory.maximum);
    expect(fills).toEqual(result.fillRows);
    expect(Math.abs(result.control.difference)).toBeLessThan(1e-8);
  });
});

it('a simulated world has a report, too', async () => {
  const file = join(tmpdir(), `report-${process.pid}.html`);
  expect(await writeReport(file, { seeds: [1], hours: 0.02, faults: 'none' })).toMatch(
    /process 1, \d+ fills/,
  );
  const page = readFileSync(file, 'utf8');
  rmSync(file);
  expect(page).toContain('<h1>Simulation, seed 1, faults none, process 1</h1>');
  expect(page).toContain('A simulated market');
});

describe('okx-mm report', () => {
  let folder: string;
  let journal: string;
  let said = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-'));
    journal = join(folder, 'journal');
    const [name] = readdirSync(KEPT).filter((each) => each.endsWith('.okxj.gz'));
    journal = join(folder, name!.replace('.gz', ''));
    writeFileSync(journal, gunzipSync(readFileSync(join(KEPT, name!))));
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterAll(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  it('makes page, JSON and CSV of a journal, and the same of its JSON', async () => {
    const [html, json, csv] = [join(folder, 'a.html'), join(folder, 'a.json'), join(folder, 'csv')];
    expect(await run([journal, '--html', html, '--json', json, '--csv', csv])).toBe(ExitCode.done);
    const result = parseResult(readFileSync(json, 'utf8'));
    expect(result.kind).toBe('paper');
    expect(result.fills).toBeGreaterThan(0);
    expect(said).toContain(result.resultHash);
    expect(readdirSync(csv)).toEqual(expect.arrayContaining(['fills.csv', 'series.csv', 'summary.csv']));
    const again = join(folder, 'b.html');
    expect(await run([json, '--html', again])).toBe(ExitCode.done);
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(html, 'utf8'));
    const unnamed = join(folder, 'result');
    copyFileSync(json, unnamed);
    expect(await run([unnamed])).toBe(ExitCode.done);
  });

  it('says what is wrong with its input', async () => {
    const forged = join(folder, 'forged.json');
    writeFileSync(forged, '{"format":"another"}');
    await expect(run([forged])).rejects.toThrow('expected a result of the format');
    await expect(run([join(folder, 'absent')])).rejects.toThrow(
      'expected a journal or a result, was nothing',
    );
    await expect(run([journal, '--run', '12'])).rejects.toThrow(CommandError);
    await expect(run([journal, '--run', 'x'])).rejects.toThrow(UsageError);
    await expect(run([journal, journal])).rejects.toThrow(UsageError);
    await expect(run(['--png', 'x'])).rejects.toThrow(UsageError);
    const below = join(forged, 'b.html');
    await expect(run([journal, '--html', below])).rejects.toThrow(
      '--html: expected a place that can be written',
    );
    expect(existsSync(below)).toBe(false);
  });
});
