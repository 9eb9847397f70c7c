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
  const modelled = new PaperVenue({
    instruments: listedRows(config, feed, given),
    seed: venue.seed,
    accounts: [
      {
        uid: 'backtest',
        ...KEY,
        balances: backtest.balances,
        accountLevel,
        positionMode: 'net_mode',
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
