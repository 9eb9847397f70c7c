/**
 * The real engine on the paper venue with its seeded, partly informed flow, in virtual time: the same seed gives the same
 * market until an order of ours trades, and from then on the flow answers us, as live it would.
 */
import { BacktestWorld } from '../../engine/backtest/backtest-world.ts';
import type { PlayedMarket } from '../../engine/backtest/backtest-world.ts';
import { latenciesOf } from '../../engine/backtest/latency-models.ts';
import { modelledCredentials } from '../../engine/backtest/modelled-venue.ts';
import { Timeline } from '../../engine/backtest/timeline.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Config } from '../../engine/config/schema.ts';
import { Log } from '../../engine/host/log.ts';
import { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { RunObserver } from '../../engine/report/run-observer.ts';
import type { RunResult } from '../../engine/report/run-result.ts';

/** A Saturday: no funding between it and two hours later. */
const ORIGIN_MS = Date.UTC(2026, 10, 21, 17);
const BPS = 10_000;

/** OKX's sign: negative is paid. */
function rateOf(bps: number): string {
  return (-bps / BPS).toFixed(8);
}

/** So many minutes of it, after which everything rests where it is: positions are valued at the last middle. */
export async function runPaper(config: Config, seed: number, minutes: number): Promise<RunResult> {
  const { backtest, instruments } = config;
  const credentials = modelledCredentials();
  const timeline = new Timeline(ORIGIN_MS, 0);
  const latencies = await latenciesOf(backtest, ORIGIN_MS);
  const market: PlayedMarket = {
    isEnded: true,
    lastReceivedNs: minutes * 60 * NS_PER_SECOND,
    needsFill: false,
    fill: () => Promise.resolve(),
    sampleNs: () => backtest.feedLatencyMs * NS_PER_MS,
  };
  const venue = new PaperVenue({
    instruments: recordedInstruments(),
    seed,
    accounts: [
      {
        uid: 'strategies',
        apiKey: credentials.apiKey.reveal(),
        secret: credentials.secret.reveal(),
        passphrase: credentials.passphrase.reveal(),
        balances: backtest.balances,
        accountLevel: instruments.some(({ tradeMode }) => tradeMode === 'cash') ? '2' : '3',
        positionMode: 'net_mode',
        makerFeeRate: rateOf(backtest.makerFeeBps),
        takerFeeRate: rateOf(backtest.takerFeeBps),
        feeTier: 'VIP4',
      },
    ],
    flow: 'seeded',
    flowInstruments: instruments.map(({ instId }) => instId),
    pushBeforeAckShare: 0,
    time: () => timeline.nowMs,
  });
  const observer = new RunObserver();
  const clock = { nowNs: () => 0, readNs: () => {}, wallMs: () => Math.floor(timeline.nowMs) };
  const world = new BacktestWorld({
    config,
    tag: 'STRATEGIES',
    credentials,
    timeline,
    feed: market,
    venue,
    entry: latencies.entry,
    response: latencies.response,
    watcher: observer,
    log: new Log(clock, () => {}),
  });
  await world.run();
  return observer.finish({
    kind: 'paper',
    title: `paper venue, seed ${seed}`,
    endNs: timeline.since(market.lastReceivedNs),
  });
}
