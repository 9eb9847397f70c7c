import { constants, existsSync, statSync } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BacktestError } from '../backtest/backtest-error.ts';
import { calibrationHtml } from '../backtest/calibration-html.ts';
import { calibrationResult, calibrationText, filedModels } from '../backtest/calibration-result.ts';
import type { CalibrationResult } from '../backtest/calibration-result.ts';
import { calibrateMarket } from '../backtest/market-calibration.ts';
import type { MarketCalibration } from '../backtest/market-calibration.ts';
import type { Milliseconds } from '../base/units.ts';
import { calibration as calibrationSchema } from '../config/calibration-schema.ts';
import { loadConfig } from '../config/load-config.ts';
import { modelFileText } from '../config/model-file.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { microPriceFileText } from '../../workers/strategy/fair/micro-price-file.ts';
import { fitMicroPrice } from '../../workers/strategy/fair/micro-price-fit.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { readInstrumentRows } from './instrument-rows.ts';
import { parseMarketTime } from './market-time.ts';
import { parseOptions } from './options.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- calibrate --data FILES... [--json OUT] [--html OUT] [--out MODELS.yaml] [--micro-price OUT]

What recorded markets say of the models' parameters: volatility, and how often takers' sweeps reach how far from the fair price,
A·e^(-k·d), by side with standard errors; with the gates that decide whether that may be believed.

  --data         recordings: files of \`okx-mm record\`, of \`record import\`, or OKX's historical order books with trades
  --instrument   only this one; may be repeated
  --config       a YAML configuration: its section calibration, and its maker fee of backtest as --fit-from
  --fit-from     the nearest distance that is fitted, in basis points: where quotes stand at the nearest (default 0); up to
                 half of it nearer where fewer sweeps than calibration.fitSweepsMin reach so far
  --parts        parts of equal length that are fitted by themselves, to see how stable it is (default 4)
  --from, --to   only this part: 2024-08-08T23:55:00Z, or milliseconds since the epoch
  --json         writes the result there
  --html         writes it there as a page with plots, one file
  --out          writes models to begin with (calibration.startFile); of instruments whose gates hold. Give --config too, so
                 that they are fitted where that configuration quotes
  --micro-price  writes a table of micro-prices (strategy.fair.microPriceFile); of one instrument
  --instruments  an answer of GET /api/v5/public/instruments, for recordings without instrument rows; may be repeated
  --partial      takes what there is of files that are cut off or broken

exit: 0 done, whether or not the gates hold; 1 nothing can be learnt from the data, or --out without any gates that hold;
2 wrong arguments; 78 a configuration that is none`;

/** As in the paper, for spreads of up to five ticks. */
const MICRO_PRICE_GRID = { buckets: 10, spreads: 5 };
const PARTS_MAX = 100;
const BPS_MAX = 1_000;

const OUTPUTS = ['json', 'html', 'out', 'micro-price'] as const;

interface Arguments {
  readonly files: readonly string[];
  readonly instIds: readonly string[] | undefined;
  readonly config: string | undefined;
  readonly fitFromBps: number | undefined;
  readonly parts: number;
  readonly fromMs: Milliseconds | undefined;
  readonly toMs: Milliseconds | undefined;
  readonly isPartial: boolean;
  readonly instruments: readonly string[];
  readonly outputs: { readonly [name in (typeof OUTPUTS)[number]]?: string };
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions(argv, {
    data: { type: 'string', multiple: true },
    instrument: { type: 'string', multiple: true },
    config: { type: 'string' },
    'fit-from': { type: 'string' },
    parts: { type: 'string', default: '4' },
    from: { type: 'string' },
    to: { type: 'string' },
    json: { type: 'string' },
    html: { type: 'string' },
    out: { type: 'string' },
    'micro-price': { type: 'string' },
    instruments: { type: 'string', multiple: true },
    partial: { type: 'boolean', default: false },
  });
  const { data = [], from, to } = values;
  // A list after one --data comes as positionals.
  if (data.length === 0) throw new UsageError('--data: expected files of a recording, was absent');
  const fromMs = from === undefined ? undefined : parseMarketTime(from, '--from');
  const toMs = to === undefined ? undefined : parseMarketTime(to, '--to');
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs)
    throw new UsageError(`--to: expected a time after --from (${from}), was ${to}`);
  return {
    files: [...new Set([...data, ...positionals])],
    instIds: values.instrument,
    config: values.config,
    fitFromBps:
      values['fit-from'] === undefined ? undefined : number('--fit-from', values['fit-from'], BPS_MAX),
    parts: number('--parts', values.parts, PARTS_MAX),
    fromMs,
    toMs,
    isPartial: values.partial,
    instruments: values.instruments ?? [],
    outputs: values,
  };
}

function number(option: string, text: string, most: number): number {
  const value = Number(text);
  const isWhole = option === '--fit-from' || Number.isInteger(value);
  if (/^\d+(\.\d+)?$/.test(text) && isWhole && value <= most) return value;
  throw new UsageError(
    `${option}: expected ${option === '--parts' ? 'a whole number' : 'a number'} from 0 to ${most}, was "${text}"`,
  );
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  const { outputs } = args;
  for (const name of OUTPUTS) await checkPlace(outputs[name], `--${name}`);
  const parameters = parametersOf(args);
  const found = await calibrated(args, parameters);
  const result = calibrationResult(found, args.files, parameters);
  process.stdout.write(calibrationText(result, found));
  for (const cut of found.cuts) process.stderr.write(`left out: ${cut}\n`);
  await write(outputs.json, '--json', () => `${JSON.stringify(result, null, 1)}\n`);
  await write(outputs.html, '--html', () => calibrationHtml(result, found));
  await write(outputs['micro-price'], '--micro-price', () => microPriceText(found));
  await write(outputs.out, '--out', () => modelsText(found, parameters));
  return ExitCode.done;
}

function parametersOf({ config: file, fitFromBps }: Arguments): CalibrationResult['parameters'] {
  const config = file === undefined ? undefined : loadConfig(file);
  const {
    startFile: _,
    fitFromBps: wantedBps,
    ...shared
  } = config?.calibration ?? calibrationSchema.parse({});
  const feeBps = Math.max(0, config?.backtest.makerFeeBps ?? 0);
  return { ...shared, fitFromBps: fitFromBps ?? wantedBps ?? feeBps };
}

async function calibrated(
  { files, instIds, parts, fromMs, toMs, isPartial, instruments, outputs }: Arguments,
  parameters: CalibrationResult['parameters'],
): Promise<MarketCalibration> {
  let found;
  try {
    found = await calibrateMarket({
      files,
      parameters,
      fitFromBps: parameters.fitFromBps,
      parts,
      instruments: await readInstrumentRows(instruments),
      isPartial,
      ...(instIds === undefined ? {} : { instIds }),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
      ...(outputs['micro-price'] === undefined ? {} : { microPrice: MICRO_PRICE_GRID }),
    });
  } catch (error) {
    if (!(error instanceof BacktestError || error instanceof RecordingError)) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  }
  const missing = instIds?.find((instId) =>
    found.instruments.every(({ instrument }) => instrument.instId !== instId),
  );
  if (missing !== undefined) {
    throw new CommandError(ExitCode.failed, `--instrument: expected one that is in the data, was ${missing}`);
  }
  return found;
}

function microPriceText({ instruments }: MarketCalibration): string {
  const [found, another] = instruments;
  if (another !== undefined) {
    const names = instruments.map(({ instrument }) => instrument.instId).join(', ');
    throw new CommandError(
      ExitCode.failed,
      `--micro-price: expected one instrument, were ${names}; choose with --instrument`,
    );
  }
  const { instrument, microPrice } = found!;
  return microPriceFileText(fitMicroPrice(microPrice!), instrument.instId, instrument.tick.step);
}

function modelsText(found: MarketCalibration, { fitFromBps }: CalibrationResult['parameters']): string {
  const models = filedModels(found, fitFromBps);
  const left = found.instruments.filter(({ instrument }) => models[instrument.instId] === undefined);
  const names = left.map(({ instrument }) => instrument.instId).join(', ');
  if (Object.keys(models).length === 0) {
    throw new CommandError(
      ExitCode.failed,
      `--out: expected a model whose gates hold, had none (${names}); name more data, or change calibration's limits in --config`,
    );
  }
  if (left.length > 0) process.stderr.write(`--out: left out, since not every gate holds: ${names}\n`);
  return modelFileText(models);
}

/** Before the work, which may take minutes. */
async function checkPlace(file: string | undefined, option: string): Promise<void> {
  if (file === undefined) return;
  try {
    if (existsSync(file) && statSync(file).isDirectory()) throw new Error(`${file} is a folder`);
    await access(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (cause) {
    throw unwritable(option, cause);
  }
}

async function write(file: string | undefined, option: string, text: () => string): Promise<void> {
  if (file === undefined) return;
  const content = text();
  try {
    await writeFile(file, content);
  } catch (cause) {
    throw unwritable(option, cause);
  }
}

function unwritable(option: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(ExitCode.failed, `${option}: expected a file that can be written: ${reason}`, {
    cause,
  });
}
