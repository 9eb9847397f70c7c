import { parseArgs } from 'node:util';
import { SystemClock } from '../base/clock.ts';
import { DEFAULT_PERMISSIONS } from '../paper/exchange/exchange-contract.ts';
import type { AccountLevel, PositionMode } from '../paper/exchange/exchange-contract.ts';
import { FeedPlayer } from '../paper/exchange/feed-player.ts';
import type { OAuthOptions } from '../paper/gateway/oauth-grants.ts';
import { PaperVenue } from '../paper/gateway/venue.ts';
import type { VenueAccount } from '../paper/gateway/venue.ts';
import { recordedInstruments } from '../paper/instruments/recorded-instruments.ts';
import { createHttpServer, HttpChoice } from '../paper/server/create-server.ts';
import { PaperServer } from '../paper/server/paper-server.ts';
import { VenueTime } from '../paper/server/venue-time.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `npm run paper -- [--port 9443] [--host 127.0.0.1] [--account KEY:SECRET:PASSPHRASE]... [--master] [--seed N]
                 [--feed FILE | --market INSTRUMENT...] [--http auto|uws|node] [--fee-tier VIP4]
                 [--account-level 2] [--position-mode net_mode] [--permissions read_only,trade] [--clock-offset-ms 0]
                 [--oauth-client ID[:SECRET]]... [--token-seconds 3600] [--rpi INSTRUMENT]... [--auto-loan] [--delta-neutral]

An OKX-compatible venue with simulated money, until it is stopped: REST under http://HOST:PORT/api/v5, WebSockets under
ws://HOST:PORT/ws/v5/public, /private and /business.

  --account   an API key; several give several accounts. Without one there is only market data.
  --master    the first account is the master of the others, its sub-accounts sub1, sub2 and so on: its key may manage them,
              and they do not trade with one another
  --seed      the market: the same seed and the same orders give the same market (default 1)
  --market    an instrument with a seeded market; may be repeated (default BTC-USDT, BTC-USDT-SWAP and ETH-USDT-SWAP).
              The others are listed, and their books stay empty but for the accounts' own orders
  --feed      a recorded feed to replay instead of the seeded market, our orders matched against it
  --http      auto takes uWebSockets.js where it loads, else node:http and ws
  --fee-tier  of every account: books-l2-tbt, books50-l2-tbt and fills need VIP4 or above

To try out what a client does with other accounts and another time:

  --account-level    of every account: 1 spot, 2 futures (the default), 3 multi-currency margin, 4 portfolio margin
  --position-mode    of every account: net_mode (the default) or long_short_mode
  --permissions      of every key, with commas: of read_only, trade and withdraw (default read_only,trade)
  --auto-loan        every account borrows what its spot orders lack (levels 3 and 4)
  --delta-neutral    every account is in delta-neutral mode
  --rpi              an instrument with RPI orders, which every account may place; may be repeated
  --oauth-client     a client that users can let in by OAuth, with a secret or without; may be repeated (default paper-client)
  --token-seconds    how long access tokens last (default 3600)
  --clock-offset-ms  how far the venue's time is ahead of this machine's, less than zero for behind (default 0)`;

interface Arguments {
  readonly port: number;
  readonly host: string;
  readonly accounts: readonly VenueAccount[];
  readonly seed: number;
  readonly clockOffsetMs: number;
  /** Instruments with a seeded market; empty for the venue's own choice. */
  readonly markets: readonly string[];
  readonly feed: string;
  readonly http: HttpChoice;
  readonly oauth: OAuthOptions;
  /** Instruments with RPI orders. */
  readonly rpi: readonly string[];
  /** Started by an engine: ends with it, and leaves Ctrl-C to it. */
  readonly isEmbedded: boolean;
}

type AccountSettings = Required<
  Pick<
    VenueAccount,
    'accountLevel' | 'positionMode' | 'permissions' | 'feeTier' | 'autoLoan' | 'stgyType' | 'mayRpi'
  >
>;

const ACCOUNT_LEVELS: readonly AccountLevel[] = ['1', '2', '3', '4'];
const POSITION_MODES: readonly PositionMode[] = ['net_mode', 'long_short_mode'];
const PERMISSIONS: readonly string[] = ['read_only', 'trade', 'withdraw'];

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
  const clockOffsetMs = Number(values['clock-offset-ms']);
  if (!Number.isSafeInteger(clockOffsetMs)) {
    throw new UsageError(
      `--clock-offset-ms: expected a whole number, was "${values['clock-offset-ms']}"; write less than zero as --clock-offset-ms=-60000`,
    );
  }
  const settings = readSettings(values, values['auto-loan'], values['delta-neutral']);
  const accounts = values.account.map((text, index) => ({
    ...readAccount(text, index),
    ...settings,
    ...(values.master ? { mainUid: String(FIRST_UID) } : {}),
  }));
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
    clockOffsetMs,
    markets,
    feed: values.feed,
    http,
    oauth: readOAuth(values['oauth-client'], values['token-seconds']),
    rpi: values.rpi,
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
        master: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        market: { type: 'string', multiple: true, default: [] },
        feed: { type: 'string', default: '' },
        http: { type: 'string', default: 'auto' },
        'fee-tier': { type: 'string', default: 'VIP4' },
        'account-level': { type: 'string', default: '2' },
        'position-mode': { type: 'string', default: 'net_mode' },
        permissions: { type: 'string', default: DEFAULT_PERMISSIONS },
        'clock-offset-ms': { type: 'string', default: '0' },
        'oauth-client': { type: 'string', multiple: true, default: ['paper-client'] },
        'token-seconds': { type: 'string', default: '3600' },
        rpi: { type: 'string', multiple: true, default: [] },
        'auto-loan': { type: 'boolean', default: false },
        'delta-neutral': { type: 'boolean', default: false },
        embedded: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What the accounts have in common. */
function readSettings(
  values: Readonly<Record<'fee-tier' | 'account-level' | 'position-mode' | 'permissions', string>>,
  autoLoan: boolean,
  isDeltaNeutral: boolean,
): AccountSettings {
  const accountLevel = ACCOUNT_LEVELS.find((level) => level === values['account-level']);
  if (accountLevel === undefined) {
    throw new UsageError(`--account-level: expected 1, 2, 3 or 4, was "${values['account-level']}"`);
  }
  const positionMode = POSITION_MODES.find((mode) => mode === values['position-mode']);
  if (positionMode === undefined) {
    throw new UsageError(
      `--position-mode: expected ${POSITION_MODES.join(' or ')}, was "${values['position-mode']}"`,
    );
  }
  const { permissions } = values;
  if (!permissions.split(',').every((permission) => PERMISSIONS.includes(permission))) {
    throw new UsageError(
      `--permissions: expected ${PERMISSIONS.join(', ')} with commas, was "${permissions}"`,
    );
  }
  const stgyType = isDeltaNeutral ? '1' : '0';
  const feeTier = values['fee-tier'];
  return { accountLevel, positionMode, permissions, feeTier, autoLoan, stgyType, mayRpi: true };
}

function readOAuth(clients: readonly string[], seconds: string): OAuthOptions {
  const tokenSeconds = Number(seconds);
  if (!Number.isInteger(tokenSeconds) || tokenSeconds < 1 || tokenSeconds > 86_400) {
    throw new UsageError(`--token-seconds: expected a whole number from 1 to 86400, was "${seconds}"`);
  }
  const entries = clients.map((text) => {
    const [, clientId = '', clientSecret = ''] = /^([^:]+)(?::(.+))?$/.exec(text) ?? [];
    // What was given may hold a secret, so it is not repeated.
    if (clientId === '') throw new UsageError('--oauth-client: expected ID or ID:SECRET, was something else');
    return { clientId, clientSecret };
  });
  return { clients: entries, tokenSeconds };
}

function readAccount(text: string, index: number): Omit<VenueAccount, keyof AccountSettings> {
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
    makerFeeRate: MAKER_FEE_RATE,
    takerFeeRate: TAKER_FEE_RATE,
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
  const time = new VenueTime(new SystemClock(), args.clockOffsetMs);
  const http = createHttpServer(args.http, (line) => process.stderr.write(`${line}\n`));
  const venue = new PaperVenue({
    instruments,
    seed: args.seed,
    ...(args.markets.length > 0 ? { flowInstruments: args.markets } : {}),
    accounts: args.accounts,
    flow: args.feed === '' ? 'seeded' : FeedPlayer.fromFile(args.feed),
    time: () => time.now(),
    oauth: args.oauth,
    rpiInstruments: args.rpi,
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
