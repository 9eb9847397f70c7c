import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ControlClient } from '../../engine/control/control-client.ts';
import { JournalReader } from '../../engine/journal/journal-reader.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import type { Explanation } from '../../monitoring/explanation.ts';
import { EngineProcess, Scratch, ctl, exampleConfig, sumOf } from './engine-process.ts';
import type { ConfigFile } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';

/** A running engine whose configuration file is changed under it, and what an operator hears of it. */

const OKX_MM = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');

const scratch = new Scratch();
afterEach(() => RunningProcess.endAll());
afterAll(() => scratch.remove());

async function okxMm(...args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const command = new RunningProcess(process.execPath, [OKX_MM, ...args]);
  const { code } = await command.ended();
  return { code, text: command.output };
}

interface ConfigurationStatus {
  readonly version: number;
  readonly refusal: string | null;
}

async function configurationOf(engine: EngineProcess): Promise<ConfigurationStatus> {
  const status = await new ControlClient(engine.state).status();
  return status['configuration'] as ConfigurationStatus;
}

const isVersion = (engine: EngineProcess, version: number): Promise<true> =>
  until(`version ${version}`, async () => (await configurationOf(engine)).version === version || undefined);

it('is taken up from its file or by hand, refused whole, explained, and replayed', async () => {
  const config: ConfigFile = exampleConfig();
  const file = scratch.write(config);
  const write = (): void => writeFileSync(file, stringify(config));
  const engine = new EngineProcess(['--config', file]);
  await engine.quotesEverything();
  expect(await configurationOf(engine)).toMatchObject({ version: 1, refusal: null });

  // Followed: nobody but the file says so.
  const [{ strategy }] = config.instruments as [ConfigFile['instruments'][number]];
  const halfBefore = strategy['halfSpreadBps'] as number;
  strategy['halfSpreadBps'] = halfBefore * 3;
  write();
  await isVersion(engine, 2);
  await engine.quotesEverything();
  expect(engine.process.output).toContain(
    `configuration: instruments[0].strategy.halfSpreadBps (BTC-USDT): ${halfBefore} -> ${halfBefore * 3}`,
  );
  const status = await until('the board to say so', async () => {
    const now = await engine.status();
    const explanation = now.instruments[0]!.explanation;
    return now.configuration.version === 2 && explanation?.configuration.quoted === 2 ? now : undefined;
  });
  const explanation = status.instruments[0]!.explanation!;
  expect(explanation.quote!.halfSpread).toBeCloseTo(
    (explanation.quote!.fairPrice * halfBefore * 3) / 10_000,
    0,
  );
  expect(sumOf(await engine.metrics(), 'okxmm_configuration_version')).toBe(2);

  // Half of it cannot be: none of it is.
  config.metrics['port'] = 1;
  config.engine['closeBps'] = 11;
  write();
  const dry = await ctl('reload', '--dry-run', '--state', engine.state);
  expect(dry).toMatchObject({
    code: 1,
    text: expect.stringContaining('metrics.port: 0 -> 1: expected to stay'),
  });
  const refused = await engine.ctl('reload');
  expect(refused).toMatchObject({
    code: 1,
    text: expect.stringMatching(/^refused as a whole, version 2 stays in force:\n {2}metrics\.port: 0 -> 1/),
  });
  expect(await configurationOf(engine)).toMatchObject({ version: 2, refusal: refused.text.trim() });
  writeFileSync(file, 'venue: [');
  expect(await engine.ctl('reload')).toMatchObject({
    code: 1,
    text: expect.stringContaining('expected YAML 1.2'),
  });

  config.metrics['port'] = 0;
  write();
  const looked = await ctl('reload', '--dry-run', '--state', engine.state);
  expect(looked).toMatchObject({
    code: 0,
    text: expect.stringMatching(
      /^would be version 3, nothing is changed yet:\n {2}engine\.closeBps: 50 -> 11/,
    ),
  });
  // By hand or by the file's own change, whichever was first.
  expect((await engine.ctl('reload')).code).toBe(0);
  await isVersion(engine, 3);
  expect(await configurationOf(engine)).toMatchObject({ refusal: null });

  const explained = await okxMm('explain', 'BTC-USDT', '--state', engine.state);
  expect(explained).toMatchObject({
    code: 0,
    text: expect.stringMatching(/^BTC-USDT: .* levels have their order/),
  });
  expect(explained.text).toContain('configuration: version 3');
  await engine.ctl('halt');
  const halted = await okxMm('explain', 'BTC-USDT', '--json', '--state', engine.state);
  expect(halted.code).toBe(0);
  const { summary, levels } = JSON.parse(halted.text) as Explanation;
  expect(summary).toBe('not quoted: halted: an operator asked for it (operator)');
  expect(levels).toHaveLength(6);
  expect(await okxMm('explain', 'DOGE-USDT', '--state', engine.state)).toMatchObject({
    code: 2,
    text: expect.stringContaining('expected one of BTC-USDT, BTC-USDT-SWAP, ETH-USDT-SWAP, was "DOGE-USDT"'),
  });

  engine.process.kill('SIGTERM');
  expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
  const directory = join(engine.state, 'journal');
  const reader = JournalReader.open(directory);
  const records = [...reader.records(reader.runs()[0]!.run)];
  expect(records.filter(({ kind }) => kind === RecordKind.configured)).toHaveLength(2);
  const cat = await okxMm('journal', 'cat', directory, '--kind', 'configured');
  expect(cat.text).toContain('configured version 3: engine.closeBps: 50 -> 11');
  const replayed = await okxMm('replay', directory);
  expect(replayed).toMatchObject({ code: 0, text: expect.stringContaining('the whole run is proven') });
}, 120_000);

it('is left alone where the file is not to be followed, until an operator says so', async () => {
  const config: ConfigFile = exampleConfig();
  config.engine['followsFile'] = false;
  const file = scratch.write(config);
  const engine = new EngineProcess(['--config', file]);
  await engine.base();
  config.engine['closeBps'] = 11;
  writeFileSync(file, stringify(config));
  await engine.process.said(/the file is another one; it is taken up by: npm run -s ctl -- reload/);
  expect(await configurationOf(engine)).toMatchObject({ version: 1 });
  expect((await engine.ctl('reload')).text).toMatch(/^version 2:\n {2}engine\.closeBps: 50 -> 11/);
  expect(await configurationOf(engine)).toMatchObject({ version: 2, refusal: null });
}, 60_000);
