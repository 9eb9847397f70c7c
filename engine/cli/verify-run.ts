import { stat, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Instrument } from '../base/instrument.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';
import { CaptureError, readCaptureLines } from './verify-capture.ts';
import { GridInference, readInstrumentFiles } from './verify-instruments.ts';
import { LineKind, readCaptureLine } from './verify-line.ts';
import { CaptureReplay, type VerifiedFile, type VerifyResult } from './verify-replay.ts';
import { formatVerifyReport, type VerifyReport } from './verify-report.ts';

const VERIFY_USAGE = `usage: npm run -s verify -- FILE... [--instruments FILE]... [--json OUT]

  FILE           captured frames: one raw JSON frame a line; "url <- epoch: json" or "epoch: json" lines; rows of a
                 recording or of the venue's historical files. Plain or gzip.
  --instruments  an answer to GET /api/v5/public/instruments, plain or gzip; may be repeated. Instruments that it does
                 not list get their tick and lot from the data.
  --json         write the report to this file as JSON too.

exit: 0 all verified, 1 a mismatch (checksum, sequence, malformed frame, unreadable capture), 2 wrong arguments`;

/**
 * The whole command but for the process: verifies the captures, writes the table to `print` and gives the exit code.
 *
 * @throws UsageError when the arguments are wrong or name files that are not there
 */
export async function runVerify(args: readonly string[], print: (text: string) => void): Promise<ExitCode> {
  const options = parseVerifyArgs(args);
  if (options === undefined) {
    print(`${VERIFY_USAGE}\n`);
    return ExitCode.done;
  }
  for (const file of [...options.files, ...options.instrumentFiles]) await requireFile(file);
  const report = await verifyCaptures(options.files, options.instrumentFiles);
  print(formatVerifyReport(report));
  if (options.json !== undefined) await writeJson(options.json, report);
  return report.ok ? ExitCode.done : ExitCode.failed;
}

interface VerifyOptions {
  readonly files: readonly string[];
  readonly instrumentFiles: readonly string[];
  readonly json: string | undefined;
}

/** The options, or undefined when help was asked for. */
function parseVerifyArgs(args: readonly string[]): VerifyOptions | undefined {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        instruments: { type: 'string', multiple: true },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${VERIFY_USAGE}`, { cause: error });
  }
  if (parsed.values.help === true) return undefined;
  if (parsed.positionals.length === 0) throw new UsageError(`expected at least one FILE\n${VERIFY_USAGE}`);
  return {
    files: [...new Set(parsed.positionals)],
    instrumentFiles: parsed.values.instruments ?? [],
    json: parsed.values.json,
  };
}

async function requireFile(file: string): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(file)).isFile();
  } catch (error) {
    throw new UsageError(`${file}: expected an existing file: ${(error as Error).message}`, { cause: error });
  }
  if (!isFile) throw new UsageError(`${file}: expected a file, was a directory or a device`);
}

async function writeJson(file: string, report: VerifyReport): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    throw new UsageError(`--json ${file}: expected a writable file: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function verifyCaptures(
  files: readonly string[],
  instrumentFiles: readonly string[],
): Promise<VerifyReport> {
  const verified: VerifiedFile[] = [];
  const results: VerifyResult[] = [];
  let listed;
  try {
    listed = await readInstrumentFiles(instrumentFiles);
  } catch (error) {
    if (error instanceof CaptureError)
      throw new UsageError(`--instruments ${error.message}`, { cause: error });
    throw error;
  }
  for (const file of files) {
    // The first reading finds the instruments, with their grids; what is wrong with the file shows in the second.
    const inference = new GridInference();
    await readFrames(file, (line) => {
      const { kind, bytes } = readCaptureLine(line);
      if (kind === LineKind.frame || kind === LineKind.recordedBook) inference.add(bytes);
    });
    const instruments = inference.instIds.map(
      (instId, index) => new Instrument(index, listed.get(instId) ?? inference.fieldsOf(instId)),
    );
    const replay = new CaptureReplay(file, instruments);
    let error = await readFrames(file, (line) => replay.addLine(line));
    if (error === null && replay.fileResult(null).depthFrames === 0) {
      error = `${file}: expected depth frames, found none`;
    }
    verified.push(replay.fileResult(error));
    results.push(...replay.results());
  }
  const ok =
    verified.every((file) => file.error === null && file.malformed === 0) &&
    results.every((result) => result.ok);
  return { files: verified, results, ok };
}

/** Gives each line to `take`; what is wrong with the file as text, or null. */
async function readFrames(file: string, take: (line: Buffer) => void): Promise<string | null> {
  try {
    for await (const line of readCaptureLines(file)) take(line);
    return null;
  } catch (error) {
    if (error instanceof CaptureError) return error.message;
    throw error;
  }
}
