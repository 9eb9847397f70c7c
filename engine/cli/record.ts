import { processEnvironment, readCredentials } from '../config/environment.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { endpointsOf } from '../host/startup.ts';
import { ENDPOINTS } from '../okx/venue-limits.ts';
import { RecordingError } from '../recording/recording-error.ts';
import { RestError } from '../venue/rest-error.ts';
import { CommandError } from './command-error.ts';
import { parseDurationMs } from './duration.ts';
import { ExitCode } from './exit-code.ts';
import { importRecordings } from './record-import.ts';
import { parseOptions } from './options.ts';
import { recordLive, type LiveOptions } from './record-live.ts';
import { parseMarketTime } from './market-time.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- record --instruments A,B [--config FILE] [--out DIR] [--duration 8h]
npm run -s okx-mm -- record import FILE... [--out DIR] [--instruments A,B] [--from T] [--to T] [--partial] [--mixed]

Records market data, books, trades, marks, funding and instruments of the public feed, until Ctrl-C, SIGTERM or the
duration's end: a file DIR/<instrument>-<YYYY-MM-DD>.ndjson.gz for each instrument and day (UTC). What is older than a second
survives a kill; started again, it goes on with the files of the day.

  --instruments  names of OKX with commas (default: those of the configuration)
  --config       the venue, its depth channel and instruments from an engine's configuration (default: OKX, live, global)
  --rest, --public  the venue's URLs, such as those of npm run paper: http://127.0.0.1:9443 ws://127.0.0.1:9443/ws/v5/public
  --out          the folder (default recordings)
  --duration     stop by itself after this long: 30s, 5m, 2h

import reads recordings, OKX's historical order books (….tar.gz) and trades (….zip) into the same files, merged by time.

  --from, --to   times as 2026-11-21T10:00:00Z or milliseconds since the epoch; from is in, to is not
  --partial      takes what there is of broken files, and says what was left out
  --mixed        files may hold several instruments, and are split`;

const LIST_SEPARATOR = ',';

function parse(argv: readonly string[]) {
  return parseOptions(argv, {
    instruments: { type: 'string' },
    config: { type: 'string' },
    rest: { type: 'string' },
    public: { type: 'string' },
    out: { type: 'string', default: 'recordings' },
    duration: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    partial: { type: 'boolean', default: false },
    mixed: { type: 'boolean', default: false },
  });
}

type Values = ReturnType<typeof parse>['values'];

/** @throws UsageError, CommandError or ConfigError with what to change */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parse(argv);
  try {
    if (positionals[0] === 'import') return await runImport(values, positionals.slice(1));
    if (positionals.length > 0) {
      throw new UsageError(`expected import or options, was "${positionals[0]}"`);
    }
    return await recordLive(liveOptions(values));
  } catch (error) {
    if (error instanceof RecordingError) {
      throw new CommandError(ExitCode.failed, error.message, { cause: error });
    }
    if (error instanceof RestError) {
      throw new CommandError(
        ExitCode.unavailable,
        `venue: ${error.message}; check the network, and --rest, --public or --config`,
        { cause: error },
      );
    }
    throw error;
  }
}

function runImport(values: Values, files: readonly string[]): Promise<ExitCode> {
  refuse(values, ['config', 'rest', 'public', 'duration'], 'record import');
  if (files.length === 0) throw new UsageError('import: expected files, none was named');
  const fromMs = values.from === undefined ? undefined : parseMarketTime(values.from, '--from');
  const toMs = values.to === undefined ? undefined : parseMarketTime(values.to, '--to');
  return importRecordings(files, values.out, {
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(values.instruments === undefined ? {} : { instIds: namesOf(values.instruments) }),
    isPartial: values.partial,
    isMixed: values.mixed,
  });
}

function liveOptions(values: Values): LiveOptions {
  refuse(values, ['from', 'to', 'partial', 'mixed'], 'record');
  const config = values.config === undefined ? undefined : loadConfig(values.config);
  const instIds =
    values.instruments === undefined
      ? (config?.instruments.map(({ instId }) => instId) ?? [])
      : namesOf(values.instruments);
  if (instIds.length === 0) {
    throw new UsageError('--instruments: expected names such as BTC-USDT,BTC-USDT-SWAP, was without');
  }
  return {
    instIds,
    ...venueOf(values, config),
    folder: values.out,
    durationMs: values.duration === undefined ? 0 : parseDurationMs(values.duration, '--duration'),
  };
}

type Venue = Pick<LiveOptions, 'restUrl' | 'publicUrl' | 'isDemo' | 'depthChannel' | 'credentials'>;

function venueOf(values: Values, config: Config | undefined): Venue {
  if ((values.rest === undefined) !== (values.public === undefined)) {
    throw new UsageError('--rest: expected it together with --public, was one of them alone');
  }
  const hasOwnUrls = values.rest !== undefined;
  if (config?.venue.kind === 'paper' && config.venue.rest === undefined && !hasOwnUrls) {
    throw new UsageError(
      '--config: expected a venue that runs by itself, was the embedded paper venue, which lives as long as its engine; run npm run paper, and name it with --rest and --public',
    );
  }
  const endpoints = config === undefined ? ENDPOINTS.global.live : endpointsOf(config, 0);
  const depthChannel = config?.venue.depthChannel ?? 'books';
  const needsLogin = depthChannel !== 'books';
  return {
    restUrl: values.rest ?? endpoints.rest,
    publicUrl: values.public ?? endpoints.publicWs,
    isDemo: config?.venue.kind === 'demo',
    depthChannel,
    ...(needsLogin ? { credentials: readCredentials(config!, processEnvironment()) } : {}),
  };
}

function namesOf(text: string): string[] {
  const names = text.split(LIST_SEPARATOR).map((name) => name.trim());
  const wrong = names.find((name) => !/^[A-Z0-9_]+(-[A-Z0-9_]+)+$/.test(name));
  if (wrong !== undefined) {
    throw new UsageError(
      `--instruments: expected names such as BTC-USDT,BTC-USDT-SWAP with commas, was "${wrong}"`,
    );
  }
  return [...new Set(names)];
}

function refuse(values: Values, names: readonly (keyof Values)[], command: string): void {
  const given = names.find((name) => values[name] !== undefined && values[name] !== false);
  if (given !== undefined) throw new UsageError(`--${given}: expected none with ${command}`);
}
