import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Instrument } from '../../engine/base/instrument.ts';
import { parseConfig } from '../../engine/config/load-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { loadModels, modelFileText } from '../../engine/config/model-file.ts';
import type { FiledModel } from '../../engine/config/model-file.ts';
import { calibrationOf, startsOf } from '../../engine/host/calibration-parameters.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { exampleWith } from '../config/example.ts';
import { INSTRUMENT_FIXTURES, fixtureAnswer } from '../okx/okx-fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIELDS = INSTRUMENT_FIXTURES.flatMap((name) => parseInstruments(fixtureAnswer(name)).fields);
const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'].map(
  (instId, index) =>
    new Instrument(
      index,
      FIELDS.find((each) => each.instId === instId)!,
    ),
);
const FEES = [
  { makerRate: 0.0008, takerRate: 0.001 },
  { makerRate: -0.00005, takerRate: 0.0003 },
];
const MODEL: FiledModel = {
  tickSize: '0.1',
  until: '2024-08-08T23:59:59.000Z',
  fitFromBps: 8,
  sigma: 50,
  bid: { rate: 1, decay: 0.01 },
  ask: { rate: 2, decay: 0.02 },
  pooled: { rate: 1.5, decay: 0.015 },
};

const configWith = (path: string, value: unknown): Config => parseConfig(exampleWith(path, value), 'x.yaml');

function fileOf(text: string): string {
  const file = join(folder, 'models.yaml');
  writeFileSync(file, text);
  return file;
}

describe('what calibration is told', () => {
  it('begins its fits at the maker fee of each instrument, never below nothing', () => {
    const config = configWith('calibration.seconds', 7);
    const { instruments, seconds, memorySeconds } = calibrationOf(config, FEES);
    expect([seconds, memorySeconds]).toEqual([7, 1_200]);
    expect(instruments.map(({ fitFromBps }) => fitFromBps)).toEqual([expect.closeTo(8, 10), 0]);
    expect(JSON.parse(JSON.stringify(calibrationOf(config, FEES)))).toEqual(calibrationOf(config, FEES));
  });

  it('or where the configuration says', () => {
    const { instruments } = calibrationOf(configWith('calibration.fitFromBps', 3), FEES);
    expect(instruments.map(({ fitFromBps }) => fitFromBps)).toEqual([3, 3]);
  });

  it('begins with the models of the start file, where they are of this grid and fitted where we quote', () => {
    const models = { 'BTC-USDT': MODEL, 'BTC-USDT-SWAP': { ...MODEL, fitFromBps: 0 }, 'ETH-USDT': MODEL };
    const config = configWith('calibration.startFile', fileOf(modelFileText(models)));
    const start = {
      sigma: 50,
      bidRate: 1,
      bidDecay: 0.01,
      askRate: 2,
      askDecay: 0.02,
      rate: 1.5,
      decay: 0.015,
    };
    const [first, second] = startsOf(config, INSTRUMENTS, FEES);
    expect([first, second]).toEqual([start, start]);
    expect(calibrationOf(config, FEES, [first]).instruments[0]).toEqual({
      fitFromBps: expect.closeTo(8),
      start,
    });
    expect(calibrationOf(config, FEES).instruments[0]).not.toHaveProperty('start');
    for (const other of [{ tickSize: '0.01' }, { fitFromBps: 3.9 }]) {
      const changed = { 'BTC-USDT': { ...MODEL, ...other } };
      const starts = startsOf(
        configWith('calibration.startFile', fileOf(modelFileText(changed))),
        INSTRUMENTS,
        FEES,
      );
      expect(starts).toEqual([undefined, undefined]);
    }
    expect(startsOf(configWith('calibration.seconds', 5), INSTRUMENTS, FEES)).toEqual([undefined, undefined]);
  });
});

describe('a file of models', () => {
  it('is read as it was written', () => {
    expect(loadModels(fileOf(modelFileText({ 'BTC-USDT': MODEL })))).toEqual({ 'BTC-USDT': MODEL });
  });

  it.each([
    ['another version', 'okxMmModels: 2\ninstruments: {}\n', /okxMmModels/],
    [
      'a decay that is none',
      modelFileText({ A: { ...MODEL, bid: { rate: 1, decay: 0 } } }),
      /instruments\.A\.bid\.decay/,
    ],
    ['no YAML', '{', /expected a readable file of models/],
    ['something else', '5', /expected|Invalid/],
  ])('with %s is refused', (_, text, expected) => {
    expect(() => loadModels(fileOf(text))).toThrow(expected);
    expect(() => loadModels(fileOf(text))).toThrow(/okx-mm calibrate --out/);
  });

  it('that is not there is refused', () => {
    expect(() => loadModels('/none')).toThrow(/was "\/none" \(ENOENT\); okx-mm calibrate --out/);
  });
});
