import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { JournalReader } from '../../engine/journal/journal-reader.ts';
import type { JournalRecord } from '../../engine/journal/journal-block.ts';
import { segmentName } from '../../engine/journal/journal-segment.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { RUN, flipped, journalOf, withRecord } from '../replay/journaled-run.ts';
import { EngineProcess, Scratch, exampleConfig, sumOf } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';

/** What a running engine did, with sockets and threads, is what its journal makes again. */

const OKX_MM = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');
/** The first price of a depth message is in here. */
const BIDS = '"bids":[["';

const scratch = new Scratch();
afterEach(() => RunningProcess.endAll());
afterAll(() => scratch.remove());

function startEngine(config: string, state?: string): EngineProcess {
  return new EngineProcess(['--config', config, ...(state === undefined ? [] : ['--state', state])]);
}

async function traded(engine: EngineProcess): Promise<void> {
  await engine.quotesEverything();
  await until(
    'orders and fills',
    async () => {
      const metrics = await engine.metrics();
      const isBusy = sumOf(metrics, 'okxmm_requests_total') > 20 && sumOf(metrics, 'okxmm_fills_total') > 0;
      return isBusy || undefined;
    },
    40_000,
  );
}

async function replay(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const command = new RunningProcess(process.execPath, [OKX_MM, 'replay', ...args]);
  const { code } = await command.ended();
  return { code, text: command.output };
}

function recordsOf(directory: string, run: number): JournalRecord[] {
  return [...JournalReader.open(directory).records(run)];
}

it('of a run that was stopped, of its successor that was killed, and not of one with a bit turned', async () => {
  const file = scratch.write(exampleConfig());
  const first = startEngine(file);
  const directory = join(first.state, 'journal');
  await traded(first);
  for (const command of ['reduce', 'resume', 'pause', 'resume']) await first.ctl(command);
  await first.quotesEverything();
  first.process.kill('SIGTERM');
  expect(await first.process.ended(), first.process.output).toEqual({ code: 0, signal: null });
  const whole = await replay(directory);
  expect(whole.code, whole.text).toBe(0);
  expect(whole.text).toContain('the whole run is proven');

  // It begins with what the first has written down.
  const second = startEngine(file, first.state);
  await traded(second);
  second.process.kill('SIGKILL');
  await second.process.ended();
  const [stopped, killed] = JournalReader.open(directory).runs();
  expect(killed!.run).toBeGreaterThan(stopped!.run);
  const killedReplay = await replay(directory);
  expect(killedReplay.code, killedReplay.text).toBe(0);
  expect(killedReplay.text).toContain(`run ${killed!.run}`);
  expect(killedReplay.text).toContain('the process was killed');
  const again = await replay(directory, '--run', String(stopped!.run));
  expect(again.text).toContain('the whole run is proven');

  const records = recordsOf(directory, stopped!.run);
  const other = join(scratch.folder, 'other');
  mkdirSync(other);
  const books = records.filter(
    ({ kind, sub, bytes }) =>
      kind === RecordKind.frame && sub === Connection.public && Buffer.from(bytes).includes(BIDS),
  );
  // The best bid's third digit: the market is another one from there on, and so are the quotes' guards.
  const book = books[Math.floor(books.length / 2)]!;
  const at = Buffer.from(book.bytes).indexOf(BIDS) + BIDS.length + 2;
  const turned = withRecord(records, book.sequence, ({ bytes }) => ({ bytes: flipped(bytes, at, 1) }));
  writeFileSync(join(other, segmentName(RUN, 0)), journalOf(turned).bytes());
  const json = join(scratch.folder, 'different.json');
  const different = await replay(other, '--json', json);
  expect(different.code, different.text).toBe(1);
  const where = Number(/DIFFERENT after input (\d+)/.exec(different.text)![1]);
  expect(where).toBeGreaterThanOrEqual(book.sequence);
}, 120_000);
