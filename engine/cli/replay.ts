import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds } from '../base/units.ts';
import { packageRoot } from '../config/package-root.ts';
import { JournalError } from '../journal/journal-error.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { saveRegression } from '../replay/regression.ts';
import { ReplayEnd, replayRun } from '../replay/replay.ts';
import type { ReplayDifference, ReplayResult } from '../replay/replay.ts';
import { ReplayError } from '../replay/replay-error.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { parseMarketTime } from './market-time.ts';
import { DEFAULT_JOURNAL, parseOptions, parseRun } from './options.ts';
import { UsageError } from './usage-error.ts';

const REGRESSIONS = 'test/replay/regressions';

export const USAGE = `npm run -s okx-mm -- replay [JOURNAL] [--run N] [--until TIME] [--json FILE] [--save-test NAME]

Gives a run's inputs to a fresh core, and proves that it sends what it sent, byte for byte; or stops at the first difference.

  JOURNAL      a journal's directory or one of its files (default ${DEFAULT_JOURNAL})
  --run        the number of the run (default: the newest; \`okx-mm journal ls\` lists them)
  --until      stop there: 2024-08-08T23:55:00Z, or milliseconds since the epoch
  --json       write what was found to this file
  --save-test  keep the run up to there in ${REGRESSIONS}, where the tests replay it

Exit code 0 when all that was read is proven, 1 at a difference, at records that are missing and at damage.`;

interface Arguments {
  readonly journal: string;
  readonly run: number | undefined;
  readonly untilMs: Milliseconds | undefined;
  readonly json: string;
  readonly test: string;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseOptions(argv, {
    run: { type: 'string' },
    until: { type: 'string' },
    json: { type: 'string', default: '' },
    'save-test': { type: 'string', default: '' },
  });
  if (positionals.length > 1) throw new UsageError(`expected one journal, was "${positionals.join(' ')}"`);
  const test = values['save-test'];
  if (test !== '' && !/^[a-z0-9][a-z0-9-]*$/.test(test)) {
    throw new UsageError(`--save-test: expected a name of small letters, digits and hyphens, was "${test}"`);
  }
  return {
    journal: positionals[0] ?? DEFAULT_JOURNAL,
    run: parseRun(values.run),
    untilMs: values.until === undefined ? undefined : parseMarketTime(values.until, '--until'),
    json: values.json,
    test,
  };
}

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const args = readArguments(argv);
  try {
    return replay(args);
  } catch (error) {
    if (!(error instanceof JournalError || error instanceof ReplayError)) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  }
}

function replay({ journal, run: chosen, untilMs, json, test }: Arguments): ExitCode {
  const clock = new SystemClock();
  const beganNs = clock.nowNs();
  const reader = JournalReader.open(journal);
  const number = chosen ?? reader.newestRun();
  const result = replayRun(reader, number, untilMs === undefined ? {} : { untilMs });
  const tookSeconds = (clock.nowNs() - beganNs) / NS_PER_SECOND;
  process.stdout.write(`${textOf(result, tookSeconds)}\n`);
  if (json !== '') writeFileSync(json, `${JSON.stringify(jsonOf(result, tookSeconds), null, 2)}\n`);
  if (test !== '') process.stdout.write(`${saved(reader, result, untilMs, test)}\n`);
  return EXIT_CODES[result.end];
}

const EXIT_CODES: Readonly<Record<ReplayEnd, ExitCode>> = {
  [ReplayEnd.complete]: ExitCode.done,
  [ReplayEnd.open]: ExitCode.done,
  [ReplayEnd.until]: ExitCode.done,
  [ReplayEnd.gap]: ExitCode.failed,
  [ReplayEnd.damaged]: ExitCode.failed,
  [ReplayEnd.different]: ExitCode.failed,
};

function textOf(result: ReplayResult, tookSeconds: number): string {
  const { run: number, start, end, detail, inputs, sends, sentBytes, requests, difference } = result;
  const { about } = start;
  const passedSeconds = (result.provenNs - about.nowNs) / NS_PER_SECOND;
  const lines = [
    `run ${number}, started ${new Date(about.wallMs).toISOString()} on ${about.venue} by version ${about.build.version}`,
    `${inputs} inputs of ${passedSeconds.toFixed(3)} s in ${tookSeconds.toFixed(1)} s: ` +
      `${sends} sends (${sentBytes} B) and ${requests} requests are the same, byte for byte`,
  ];
  const provenTo = `proven up to record ${result.provenSequence - 1}, ${timeText(result, result.provenNs)}`;
  if (difference !== undefined) lines.push(provenTo, ...differenceLines(difference));
  else if (end === ReplayEnd.complete) lines.push('the whole run is proven');
  else lines.push(detail === '' ? provenTo : `${provenTo}: ${detail}`);
  return lines.join('\n');
}

function timeText({ start }: ReplayResult, timeNs: number): string {
  const { wallMs, nowNs } = start.about;
  return new Date(wallMs + (timeNs - nowNs) / NS_PER_MS).toISOString();
}

function differenceLines({ inputSequence, sequence, expected, got, around }: ReplayDifference): string[] {
  const where = sequence === -1 ? '' : ` (record ${sequence})`;
  return [
    `DIFFERENT after input ${inputSequence}`,
    `  expected${where}: ${expected}`,
    `  got: ${got}`,
    'inputs around it:',
    ...around,
  ];
}

function jsonOf({ start, ...result }: ReplayResult, tookSeconds: number): Record<string, unknown> {
  return { ...result, about: start.about, tookSeconds };
}

function saved(
  reader: JournalReader,
  { run: number, start }: ReplayResult,
  untilMs: Milliseconds | undefined,
  test: string,
): string {
  const { wallMs, nowNs } = start.about;
  const untilNs = untilMs === undefined ? Infinity : nowNs + (untilMs - wallMs) * NS_PER_MS;
  const directory = join(packageRoot(), REGRESSIONS, test);
  const { bytes, expectation } = saveRegression(reader, number, untilNs, directory);
  const what =
    expectation.difference === null
      ? 'the tests expect it to be identical'
      : 'the tests expect this very difference';
  return `saved as ${REGRESSIONS}/${test} (${Math.ceil(bytes / 1_024)} KB): ${what}`;
}
