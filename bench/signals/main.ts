/**
 * `npm run bench:signals`: which signals of a fair value predict a recorded market's next move, and by how much: what
 * `strategy.fair` can be given as weights.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';
import { playMarkets } from './recorded-market.ts';
import { horizonText, reportHorizon } from './signal-report.ts';
import { LEVELS_READ, SignalSamples } from './signal-samples.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const HORIZONS_S = [0.5, 1, 2, 5];
/** Below it a table would be noise. */
const MOMENTS_MIN = 1_000;
const USAGE = `npm run bench:signals -- --data FILE... [--instrument ID] [--lead ID]... [--json FILE]

  --data         a recorded market, and that of the leads
  --instrument   what is valued (default: what the first file begins with)
  --lead         another instrument of the data that may move first`;

interface Arguments {
  readonly data: readonly string[];
  readonly instrument: string | undefined;
  readonly leads: readonly string[];
  readonly json: string | undefined;
}

function parse(): Arguments {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', multiple: true, default: [] },
      instrument: { type: 'string' },
      lead: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
    },
  });
  if (values.data.length === 0) throw new Error('--data: expected a recorded market, was absent');
  return { data: values.data, instrument: values.instrument, leads: values.lead, json: values.json };
}

async function firstInstrument(files: readonly string[]): Promise<string> {
  const reader = await RecordingReader.open(files, { isMixed: true });
  await reader.close();
  return reader.instIds[0]!;
}

async function run({ data, instrument, leads, json }: Arguments): Promise<void> {
  const instId = instrument ?? (await firstInstrument(data));
  const samples = new SignalSamples(leads);
  await playMarkets(data, [instId, ...leads], LEVELS_READ, (own, others) => samples.onMarket(own, others));
  if (samples.moments.length < MOMENTS_MIN) {
    throw new Error(
      `${instId}: expected at least ${MOMENTS_MIN} moments, a tenth of a second apart, was ${samples.moments.length}; name more data`,
    );
  }
  const reports = HORIZONS_S.map((horizonS) => reportHorizon(samples, horizonS));
  console.log(`${instId}, ${samples.moments.at(-1)!.atS.toFixed(0)} s`);
  for (const report of reports) console.log(`\n${horizonText(report)}`);
  if (json !== undefined) writeFileSync(json, JSON.stringify({ instId, reports }, null, 2));
}

let args: Arguments;
try {
  args = parse();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exit(EXIT_USAGE);
}
try {
  await run(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(EXIT_FAILED);
}
