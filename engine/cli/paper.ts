import { parseArgs } from 'node:util';
import { SystemClock } from '../base/clock.ts';
import { FeedPlayer } from '../paper/exchange/feed-player.ts';
import { PaperVenue } from '../paper/gateway/venue.ts';
import type { VenueAccount } from '../paper/gateway/venue.ts';
import { recordedInstruments } from '../paper/instruments/recorded-instruments.ts';
import { createHttpServer, HttpChoice } from '../paper/server/create-server.ts';
import { PaperServer } from '../paper/server/paper-server.ts';
import { VenueTime } from '../paper/server/venue-time.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `npm run paper -- [--port 9443] [--host 127.0.0.1] [--account KEY:SECRET:PASSPHRASE]... [--seed N]
                 [--feed FILE | --market INSTRUMENT...] [--http auto|uws|node] [--fee-tier VIP4]

An OKX-compatible venue with simulated money, until it is stopped: REST under http://HOST:PORT/api/v5, WebSockets under
ws://HOST:PORT/ws/v5/public, /private and /business.

  --account   an API key; several give several accounts. Without one there is only market data.
  --seed      the market: the same seed and the same orders give the same market (default 1)
  --market    an instrument with a seeded market; may be repeated (default BTC-USDT, BTC-USDT-SWAP and ETH-USDT-SWAP).
              The others are listed, and their books stay empty but for the accounts' own orders
  --feed      a recorded feed to replay instead of the seeded market, our orders matched against it
  --http      auto takes uWebSockets.js where it loads, else node:http and ws
  --fee-tier  of every account: books-l2-tbt, books50-l2-tbt and fills need VIP4 or above`;

interface Arguments {
  readonly port: number;
  readonly host: string;
  readonly accounts: readonly VenueAccount[];
  readonly seed: number;
  /** Instruments with a seeded market; empty for the venue's own choice. */
  readonly markets: readonly string[];
  readonly feed: string;
  readonly http: HttpChoice;
  /** Started by an engine: ends with it, and leaves Ctrl-C to it. */
  readonly isEmbedded: boolean;
}

/** What every account starts with. */
const BALANCES = { USDT: '1000000', USDC: '1000000', BTC: '20', ETH: '400', SOL: '5000', XRP: '500000' };

/** Fees of VIP4, in OKX's sign: negative is paid. */
const MAKER_FEE_RATE = '-0.00005';
const TAKER_FEE_RATE = '-0.0003';

const FIRST_UID = 446_556_789_012_345_678n;

function readArguments(argv: readonly string[]): Arguments | 'help' {
  const values = parse(argv);
  if (values.help) return 'help';
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--port: expected a whole number from 0 to 65535, was "${values.port}"`);
  }
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed))
    throw new UsageError(`--seed: expected a whole number, was "${values.seed}"`);
  const http = Object.values(HttpChoice).find((choice) => choice === values.http);
  if (http === undefined) throw new UsageError(`--http: expected auto, uws or node, was "${values.http}"`);
  if (!/^(VIP|Lv)\d$/.test(values['fee-tier'])) {
    throw new UsageError(`--fee-tier: expected Lv1 or VIP1 to VIP9, was "${values['fee-tier']}"`);
  }
  const accounts = values.account.map((text, index) => readAccount(text, index, values['fee-tier']));
  if (new Set(accounts.map(({ apiKey }) => apiKey)).size !== accounts.length) {
    throw new UsageError('--account: expected every KEY once, one came twice');
  }
  const markets = values.market;
  if (markets.length > 0 && values.feed !== '') {
    throw new UsageError('--market: expected none beside --feed, which brings its own');
  }
  return {
    port,
    host: values.host,
    accounts,
    seed,
    markets,
    feed: values.feed,
    http,
    isEmbedded: values.embedded,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '9443' },
        host: { type: 'string', default: '127.0.0.1' },
        account: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string', default: '1' },
        market: { type: 'string', multiple: true, default: [] },
        feed: { type: 'string', default: '' },
        http: { type: 'string', default: 'auto' },
        'fee-tier': { type: 'string', default: 'VIP4' },
        embedded: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readAccount(text: string, index: number, feeTier: string): VenueAccount {
  // A passphrase may hold colons, a key and a secret do not.
  const match = /^([^:]+):([^:]+):(.+)$/s.exec(text);
  // What was given may hold a secret, so it is not repeated.
  if (match === null) throw new UsageError('--account: expected KEY:SECRET:PASSPHRASE, was something else');
  return {
    uid: String(FIRST_UID + BigInt(index)),
    apiKey: match[1]!,
    secret: match[2]!,
    passphrase: match[3]!,
    balances: BALANCES,
    accountLevel: '2',
    positionMode: 'net_mode',
    makerFeeRate: MAKER_FEE_RATE,
    takerFeeRate: TAKER_FEE_RATE,
    feeTier,
  };
}

async function run(args: Arguments): Promise<void> {
  const instruments = recordedInstruments();
  const unlisted = args.markets.filter((name) => !instruments.some(({ instId }) => instId === name));
  // An engine says itself, with the key to change, that it cannot trade what is not listed.
  if (unlisted.length > 0 && !args.isEmbedded) {
    throw new UsageError(
      `--market: expected instruments that are listed, was "${unlisted[0]}"; they are ${instruments.map(({ instId }) => instId).join(', ')}`,
    );
  }
  const time = new VenueTime(new SystemClock());
  const http = createHttpServer(args.http, (line) => process.stderr.write(`${line}\n`));
  const venue = new PaperVenue({
    instruments,
    seed: args.seed,
    ...(args.markets.length > 0 ? { flowInstruments: args.markets } : {}),
    accounts: args.accounts,
    flow: args.feed === '' ? 'seeded' : FeedPlayer.fromFile(args.feed),
    time: () => time.now(),
  });
  const server = new PaperServer(venue, http);

  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void server.close().finally(() => process.exit(ExitCode.done));
  };
  process.on('SIGTERM', stop);
  // Ctrl-C reaches the whole foreground group, and an engine that embeds this venue still needs it to confirm its cancels.
  process.on('SIGINT', args.isEmbedded ? () => {} : stop);
  // An engine that dies, however it does, ends its venue with it.
  if (process.send !== undefined) process.on('disconnect', stop);

  const port = await server.listen(args.host, args.port);
  process.send?.({ type: 'listening', port });
  const keys = args.accounts.length === 1 ? '1 account' : `${args.accounts.length} accounts`;
  process.stdout.write(
    `paper venue: http://${args.host}:${port} (${http.engine}, seed ${args.seed}, ${keys})\n`,
  );
}

async function main(): Promise<void> {
  try {
    const args = readArguments(process.argv.slice(2));
    if (args === 'help') process.stdout.write(`${USAGE}\n`);
    else await run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${USAGE}\n`);
      process.exit(ExitCode.usage);
    }
    if (error instanceof Error && 'code' in error && error.name !== 'AssertionError') {
      process.stderr.write(`${error.message}\n`);
      process.exit(ExitCode.failed);
    }
    throw error;
  }
}

await main();
