import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { ConfigurationFile } from '../../engine/host/configuration-file.ts';
import type { ReadConfiguration } from '../../engine/host/configuration-thread.ts';
import { exampleText } from '../config/example.ts';
import { until } from '../e2e/running-process.ts';

/** The real thread on real files. */

const scratch = mkdtempSync(join(tmpdir(), 'okxmm-config-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const TEXT = exampleText('paper');
const textWith = (closeBps: number): string => TEXT.replace(/closeBps: \d+/, `closeBps: ${closeBps}`);

let files = 0;
let open: ConfigurationFile | undefined;
afterEach(() => open?.close());

function opened(): { file: string; looked: ConfigurationFile; changes: ReadConfiguration[]; lost: string[] } {
  const file = join(scratch, `config-${++files}.yaml`);
  writeFileSync(file, TEXT);
  const changes: ReadConfiguration[] = [];
  const lost: string[] = [];
  const looked = new ConfigurationFile(file, {
    onChanged: (read) => changes.push(read),
    onLost: (text) => lost.push(text),
  });
  open = looked;
  return { file, looked, changes, lost };
}

function closeBpsOf(read: ReadConfiguration | undefined): number | string | undefined {
  if (read === undefined) return undefined;
  return 'problem' in read ? read.problem : read.config.engine.closeBps;
}

it('is read when it is asked for, with what is wrong with it', async () => {
  const { file, looked, changes } = opened();
  expect(closeBpsOf(await looked.read())).toBe(50);
  writeFileSync(file, textWith(20_000));
  expect(closeBpsOf(await looked.read())).toContain('engine.closeBps: ');
  rmSync(file);
  expect(closeBpsOf(await looked.read())).toContain('expected a readable YAML file, was ENOENT');
  expect(changes).toEqual([]);
});

it('is read once it has been still, however it was written', async () => {
  const { file, looked, changes } = opened();
  await looked.read();
  // In pieces, of which the first is a whole file of its own.
  writeFileSync(file, textWith(11).slice(0, TEXT.indexOf('metrics:')));
  writeFileSync(file, textWith(12));
  await until('a change', async () => changes.length > 0 || undefined);
  expect(changes.map(closeBpsOf)).toEqual([12]);
  // As editors do: another file takes its name, and for a moment there is none.
  rmSync(file);
  writeFileSync(`${file}.new`, textWith(13));
  await until('it to be looked at without the file', async () => {
    const read = await looked.read();
    return 'problem' in read || undefined;
  });
  renameSync(`${file}.new`, file);
  await until('another change', async () => changes.length > 1 || undefined);
  expect(changes.map(closeBpsOf)).toEqual([12, 13]);
}, 30_000);

it('answers with a problem when its thread is no more', async () => {
  const { looked, lost } = opened();
  await looked.read();
  await looked.close();
  expect(closeBpsOf(await looked.read())).toContain(
    'expected a thread that looks after it, was ended with code',
  );
  // It was told to end: that is no news.
  expect(lost).toEqual([]);
});
