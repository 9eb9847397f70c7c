import { DecimalGrid } from '../base/decimal.ts';
import type { Config } from '../config/schema.ts';
import type { AccountLevel, InstrumentRow } from '../paper/exchange/exchange.ts';
import { PaperVenue } from '../paper/gateway/venue.ts';
import { recordedInstruments } from '../paper/instruments/recorded-instruments.ts';
import { Credentials, Secret } from '../venue/credentials.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';
import type { RecordedFeed } from './recorded-feed.ts';
import type { Timeline } from './timeline.ts';

const KEY = { apiKey: 'backtest-key', secret: 'backtest-secret', passphrase: 'backtest-passphrase' };
/** With full depth and the fills channel, whatever it pays. */
const FEE_TIER = 'VIP4';
const BPS = 10_000;
/** States of an instrument, by whether it trades. */
const LIVE = 'live';
const SUSPENDED = 'suspend';

export function modelledCredentials(): Credentials {
  return new Credentials(KEY.apiKey, new Secret(KEY.secret), new Secret(KEY.passphrase));
}

/**
 * What the venue lists: the configured instruments, by the rows of the recording, else by the given ones, else by those that
 * the paper venue knows. What is found is told to the feed, which compares it with what comes later.
 *
 * @throws BacktestError for an instrument that none of them knows
 */
function listedRows(config: Config, feed: RecordedFeed, given: readonly InstrumentRow[]): InstrumentRow[] {
  const known = [...given, ...recordedInstruments()];
  return config.instruments.map(({ instId }) => {
    const row = feed.rowOf(instId) ?? known.find((each) => each.instId === instId);
    if (row === undefined) {
      throw new BacktestError(
        BacktestErrorCode.noInstrument,
        `${instId}: expected its row in the recording, found none; give it with --instruments FILE, the answer of GET /api/v5/public/instruments`,
      );
    }
    feed.list(instId, row);
    // Until its first book it is listed, and nothing more.
    return { ...row, state: SUSPENDED };
  });
}

/** Markets that only say what a coin of the account is worth. */
interface CoinMarkets {
  readonly rows: readonly InstrumentRow[];
  /** By instId; what is left out is worth what the paper venue thinks. */
  readonly prices: Readonly<Record<string, string>>;
}

/**
 * Coins that the account holds or contracts settle in, where none of the configured markets tells their price: they stay
 * worth what they are in the recording's first book. Nothing but margin hangs on it.
 */
function coinMarkets(config: Config, feed: RecordedFeed, listed: readonly InstrumentRow[]): CoinMarkets {
  const known = recordedInstruments();
  const names = new Set(listed.map(({ instId }) => String(instId)));
  const coins = new Set([
    ...Object.keys(config.backtest.balances),
    ...listed.map(({ settleCcy }) => String(settleCcy ?? '')),
  ]);
  const rows: InstrumentRow[] = [];
  const prices: Record<string, string> = {};
  for (const coin of coins) {
    if (names.has(`${coin}-USDT`) || names.has(`${coin}-USDT-SWAP`)) continue;
    const row = known.find(({ instId }) => instId === `${coin}-USDT`);
    if (row === undefined) continue;
    rows.push({ ...row, state: SUSPENDED });
    const middle = firstMiddle(feed, coin);
    if (middle === 0) continue;
    const tick = new DecimalGrid(String(row['tickSz']));
    prices[`${coin}-USDT`] = tick.toText(Math.max(1, Math.round(middle / tick.value)));
  }
  return { rows, prices };
}

/** Of the recording's first book, if that is of a market of the coin in dollars; else 0. */
function firstMiddle(feed: RecordedFeed, coin: string): number {
  const { instId, asks, bids } = feed.peek()!;
  if (!instId.startsWith(`${coin}-USD`) || asks.length === 0 || bids.length === 0) return 0;
  const ask = Math.min(...asks.map(([px]) => Number(px)));
  const bid = Math.max(...bids.map(([px]) => Number(px)));
  return (ask + bid) / 2;
}

/** The paper venue with the recorded market in it and one account, as the configuration's section `backtest` says. */
export function modelledVenue(
  config: Config,
  feed: RecordedFeed,
  timeline: Timeline,
  given: readonly InstrumentRow[],
): PaperVenue {
  const { backtest, venue, instruments } = config;
  const needsCash = instruments.some(({ tradeMode }) => tradeMode === 'cash');
  const accountLevel: AccountLevel = needsCash ? '2' : '3';
  const listed = listedRows(config, feed, given);
  const coins = coinMarkets(config, feed, listed);
  const modelled = new PaperVenue({
    instruments: [...listed, ...coins.rows],
    startPrices: coins.prices,
    seed: venue.seed,
    accounts: [
      {
        uid: 'backtest',
        ...KEY,
        balances: backtest.balances,
        accountLevel,
        positionMode: 'net_mode',
        feeRows: backtest.fees.map(({ instType, groupId, makerBps, takerBps }) => ({
          instType,
          ...(groupId === undefined ? {} : { groupId }),
          maker: feeRate(makerBps),
          taker: feeRate(takerBps),
        })),
        makerFeeRate: feeRate(backtest.makerFeeBps),
        takerFeeRate: feeRate(backtest.takerFeeBps),
        feeTier: FEE_TIER,
      },
    ],
    flow: feed,
    recorded: {
      queueModel: { shape: backtest.queueModel, exponent: backtest.queueExponent },
      publish: 'event',
    },
    pushBeforeAckShare: 0,
    time: () => timeline.nowMs,
  });
  feed.onTrading = (instId, isOn) =>
    modelled.exchange.changeInstrument(instId, { state: isOn ? LIVE : SUSPENDED });
  return modelled;
}

/** OKX's sign: negative is paid. */
function feeRate(bps: number): string {
  const rate = (Math.abs(bps) / BPS).toFixed(8);
  return bps > 0 ? `-${rate}` : rate;
}
