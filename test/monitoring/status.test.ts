import { HORIZONS_SECONDS, ProfitPart } from '../../engine/base/fill-groups.ts';
import { EngineState } from '../../engine/metrics/catalog.ts';
import type { MetricId } from '../../engine/metrics/catalog.ts';
import { StatusReader } from '../../monitoring/status.ts';
import { SampleEngine, START_MS } from './sample-engine.ts';
import { beforeEach, describe, expect, test } from 'vitest';

const BROKEN = 2;

const NO_MARKOUT = { bps: null, profit: 0, value: 0 };
const NOTHING_TRADED = {
  profit: Object.fromEntries(Object.keys(ProfitPart).map((name) => [name, 0])),
  total: 0,
  residual: 0,
  markouts: Object.fromEntries(
    HORIZONS_SECONDS.map((seconds) => [`${seconds}s`, { ...NO_MARKOUT, buy: NO_MARKOUT, sell: NO_MARKOUT }]),
  ),
  quoted: { both: null, buy: null, sell: null, buyBps: null, sellBps: null },
  sides: [],
  levels: [],
  ages: [],
  queues: [],
  models: [],
  versions: [],
};

let engine: SampleEngine;
let reader: StatusReader;
beforeEach(() => {
  engine = new SampleEngine();
  reader = new StatusReader(engine.memory, engine.clock);
});

describe('health', () => {
  test('is dead before the first sign of life and five seconds after the last', () => {
    expect(reader.health()).toEqual({ isAlive: false, heartbeatAgeSeconds: null });
    engine.beat();
    engine.clock.advanceNs(5e9);
    expect(reader.health()).toEqual({ isAlive: true, heartbeatAgeSeconds: 5 });
    engine.clock.advanceNs(1e6);
    expect(reader.health().isAlive).toBe(false);
    engine.beat();
    expect(reader.health()).toEqual({ isAlive: true, heartbeatAgeSeconds: 0 });
  });
});

describe('readiness', () => {
  test('an engine that has just started says everything it waits for', () => {
    expect(reader.readiness()).toEqual({
      isReady: false,
      reasons: [
        'engine: expected a sign of life within 5 s, was none',
        'engine: expected quoting, was starting',
        'session public: expected up, was down',
        'session trade: expected up, was down',
        'book BTC-USDT: expected synced, was unknown',
        'book BTC-USD-SWAP: expected synced, was unknown',
      ],
    });
  });

  test.each<[string, (engine: SampleEngine) => void, string]>([
    ['a book broke', (sample) => sample.post(1, BROKEN), 'book BTC-USD-SWAP: expected synced, was broken'],
    [
      'a session is down',
      ({ writer }) => writer.set(writer.cell('sessionUp', 1), 0),
      'session trade: expected up, was down',
    ],
    [
      'it has halted',
      ({ writer }) => {
        writer.set(writer.cell('engineState'), EngineState.halted);
        writer.set(writer.cell('killLevel'), 4);
        writer.set(writer.cell('killReason'), 2);
      },
      'engine: expected quoting, was halted (loss)',
    ],
    [
      'positions are only reduced',
      ({ writer }) => {
        writer.set(writer.cell('engineState'), EngineState.reducing);
        writer.set(writer.cell('killLevel'), 2);
        writer.set(writer.cell('killReason'), 3);
      },
      'engine: expected quoting, was reducing (margin)',
    ],
    [
      'the account is taken up anew',
      ({ writer }) => writer.set(writer.cell('engineState'), EngineState.paused),
      'engine: expected quoting, was paused',
    ],
    [
      'it is stopping',
      ({ writer }) => writer.set(writer.cell('engineState'), EngineState.stopping),
      'engine: expected quoting, was stopping',
    ],
    [
      'the engine thread hangs',
      ({ clock }) => clock.advanceNs(6e9),
      'engine: expected a sign of life within 5 s, was none',
    ],
  ])('when %s, that is the one reason', (_, happen, reason) => {
    engine.makeReady();
    expect(reader.readiness()).toEqual({ isReady: true, reasons: [] });
    happen(engine);
    expect(reader.readiness()).toEqual({ isReady: false, reasons: [reason] });
  });
});

describe('status', () => {
  test('shows an instrument in decimal text, with what is not limited as null', () => {
    engine.makeReady();
    engine.clock.advanceNs(250_000_000);
    const { instruments } = reader.status();
    expect(instruments[0]).toEqual({
      name: 'BTC-USDT',
      ageSeconds: 0.25,
      explanation: null,
      kill: { level: 'quoting', reason: 'none' },
      book: {
        state: 'synced',
        epoch: 3,
        isQuotable: true,
        bestBid: { price: '65000.1', size: '1.5' },
        bestAsk: { price: '65000.3', size: '0.2' },
        silenceSeconds: 0.25,
      },
      fairPrice: 65000.225,
      quotes: [
        { side: 'buy', price: '64999', size: '0.01' },
        { side: 'sell', price: '65001', size: '0.01' },
      ],
      quoteCount: 2,
      orders: [{ side: 'buy', price: '64999', size: '0.01', filled: '0.0025', state: 'live' }],
      orderCount: 1,
      position: { size: '0.01', untold: '0', entryPrice: 64900.05 },
      exposure: { buy: '0.04', sell: '0.05' },
      profit: { currency: 'USDT', realised: 12.5, unrealised: -2.25, fees: -0.75, funding: -0.5, net: 9 },
      attribution: NOTHING_TRADED,
      volumeQuote: 65_000,
      fillCount: 9,
      risk: { loss: 4.5, liquidationDistanceBps: null, fairMoveBps: 12, markoutLossBps: -1.5 },
      limits: {
        positionSizeMax: '0.1',
        orderSizeMax: '0.02',
        orderNotionalMax: 5000,
        notionalMax: null,
        openOrdersMax: 40,
        collarBps: null,
        lossMax: 250,
      },
    });
    expect(instruments[1].position.size).toBe('-3');
  });

  test('shows where the profit comes from, and how the market went on after fills', () => {
    engine.makeReady();
    const { writer } = engine;
    const add = (id: MetricId, value: number, ...labels: number[]): void =>
      writer.set(writer.cell(id, ...labels), value);
    add('profitPart', 3, 0, ProfitPart.spread);
    add('profitPart', -1, 0, ProfitPart.adverseSelection);
    add('profitPart', 0.5, 0, ProfitPart.rebates);
    add('profitResidual', 0.25, 0);
    add('markoutProfit', 2, 0, 0, 2);
    add('markoutValue', 10_000, 0, 0, 2);
    add('markoutProfit', -1, 0, 1, 2);
    add('markoutValue', 5_000, 0, 1, 2);
    add('quotedSampledSeconds', 100, 0);
    add('quotedBothSeconds', 80, 0);
    add('quotedSeconds', 90, 0, 0);
    add('quotedSeconds', 80, 0, 1);
    add('quotedDistance', 180, 0, 0);
    add('levelFills', 4, 0, 1);
    add('levelValue', 15_000, 0, 1);
    add('levelSpread', 3, 0, 1);
    add('levelMarkout', 1.5, 0, 1);
    add('versionFills', 4, 0, 1);
    add('versionValue', 15_000, 0, 1);
    add('versionModel', 7, 0, 1);
    add('versionConfig', 2, 0, 1);
    const { attribution } = reader.status().instruments[0];
    expect(attribution).toMatchObject({
      profit: {
        spread: 3,
        adverseSelection: -1,
        inventory: 0,
        funding: 0,
        fees: 0,
        rebates: 0.5,
        hedging: 0,
      },
      total: 2.5,
      residual: 0.25,
      quoted: { both: 0.8, buy: 0.9, sell: 0.8, buyBps: 2, sellBps: 0 },
      levels: [{ group: '1', fills: 4, value: 15_000, spreadBps: 2, feeBps: 0, markoutBps: 1 }],
      ages: [],
      versions: [{ group: '1', fills: 4, modelVersion: 7, configVersion: 2 }],
    });
    expect(attribution.markouts['5s']!.buy).toEqual({ bps: 2, profit: 2, value: 10_000 });
    expect(attribution.markouts['5s']!.sell).toEqual({ bps: -2, profit: -1, value: 5_000 });
    expect(attribution.markouts['5s']!.bps).toBeCloseTo(10_000 / 15_000, 12);
    expect(attribution.markouts['300s']!.bps).toBe(null);
  });

  test('shows the engine, sessions, workers and latencies', () => {
    engine.makeReady();
    const { writer } = engine;
    writer.increment(writer.cell('sessionReconnects', 1), 2);
    writer.increment(writer.cell('workerRestarts', 0));
    writer.set(writer.cell('killLevel'), 3);
    writer.set(writer.cell('killReason'), 4);
    writer.set(writer.cell('killActive', 3), 2);
    writer.set(writer.cell('killActive', 4), 1);
    writer.set(writer.cell('accountLoss'), 120.5);
    writer.set(writer.cell('accountDrawdown'), 130);
    writer.set(writer.cell('ordersPerFill'), 41);
    writer.increment(writer.cell('switchBeats'), 7);
    writer.increment(writer.cell('switchFailures'));
    writer.increment(writer.cell('stateSaves'), 5);
    writer.set(writer.cell('stateUnsaved'), 1);
    writer.increment(writer.cell('recoveries'), 2);
    writer.increment(writer.cell('audits'), 3);
    writer.increment(writer.cell('auditFindings', 2), 4);
    writer.set(writer.cell('ordersInDoubt'), 2);
    writer.set(writer.cell('doubtAge'), engine.clock.nowNs() - 5e8);
    writer.histogram('tickToTrade').record(100);
    writer.histogram('roundTrip', 2).record(2_000_000_000);
    const status = reader.status();
    expect(status).toMatchObject({
      timeMs: START_MS + 1000,
      version: '0.1.0',
      venue: 'paper',
      run: '12345678',
      state: 'quoting',
      kill: {
        level: 'paused',
        reason: 'switchLapsed',
        triggers: [
          { trigger: 'margin', scopes: 2 },
          { trigger: 'switchLapsed', scopes: 1 },
        ],
      },
      uptimeSeconds: 1,
      heartbeatAgeSeconds: 0,
      isReady: true,
      reasons: [],
      limits: {
        notionalMax: 100_000,
        openOrdersMax: 500,
        lossMax: 500,
        drawdownMax: null,
        marginRatioMin: 3,
        liquidationDistanceBps: 200,
        orderToTradeMax: null,
      },
      risk: { profit: -20.5, held: 1_250, loss: 120.5, drawdown: 130, marginRatio: 12.5, ordersPerFill: 41 },
      deadMansSwitch: { leftSeconds: 9, beats: 7, failures: 1 },
      disk: { isSaved: false, ageSeconds: 0, saves: 5, failures: 0 },
      account: {
        recoveries: 2,
        recoveryDifferences: 0,
        audits: 3,
        auditAgeSeconds: 0,
        auditFindings: { strayOrder: 0, missingOrder: 0, untoldTrade: 4 },
        ordersInDoubt: 2,
        oldestDoubtSeconds: 0.5,
      },
      sessions: [
        { name: 'public', isUp: true, reconnects: 0, silenceSeconds: 0 },
        { name: 'trade', isUp: true, reconnects: 2, silenceSeconds: 0 },
      ],
      workers: [
        { heartbeatAgeSeconds: 0, restarts: 1 },
        { heartbeatAgeSeconds: 0, restarts: 0 },
      ],
    });
    const { latencies } = status;
    expect(latencies.tickToTrade).toEqual({
      count: 1,
      p50: 1e-7,
      p90: 1e-7,
      p99: 1e-7,
      p999: 1e-7,
      max: 1e-7,
    });
    expect(latencies.roundTrips.cancel).toMatchObject({ count: 1, p99: 2, max: 2 });
    expect(latencies.stages.decoded).toEqual({
      count: 0,
      p50: null,
      p90: null,
      p99: null,
      p999: null,
      max: null,
    });
    expect(Object.keys(latencies.stages)).toHaveLength(9);
  });

  test('a position that cannot be marked has no net profit, not a wrong one', () => {
    engine.board.begin(0);
    engine.board.setPosition(5, 100, 1, Number.NaN, -0.5, 0, 0);
    engine.board.publish(0);
    const { profit } = reader.status().instruments[0];
    expect(profit).toEqual({
      currency: 'USDT',
      realised: 1,
      unrealised: null,
      fees: -0.5,
      funding: 0,
      net: null,
    });
  });

  test('shows the group of a coin that has one, and how it is hedged', () => {
    engine.makeReady();
    expect(reader.status().portfolio).toEqual([
      {
        coin: 'BTC',
        delta: 0.25,
        deltaMax: 2,
        worst: { buy: 1, sell: -0.5 },
        hedge: { phase: 'resting', orders: 7, cost: 1.5, costMax: 100 },
      },
    ]);
    const { writer } = engine;
    writer.set(writer.cell('groupDelta', 0), NaN);
    expect(reader.status().portfolio).toMatchObject([{ coin: 'BTC', delta: null }]);
    writer.set(writer.cell('groupDeltaMax', 0), NaN);
    expect(reader.status().portfolio).toEqual([]);
  });

  test('is JSON without loss before anything was posted', () => {
    const status = reader.status();
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(status.instruments[0].book).toMatchObject({ state: 'unknown', bestBid: null, bestAsk: null });
    expect(status.instruments[0].kill).toEqual({ level: 'unknown', reason: 'unknown' });
    expect(status.uptimeSeconds).toBeNull();
    expect(status.deadMansSwitch.leftSeconds).toBeNull();
    expect(status.risk.marginRatio).toBeNull();
    expect(status.limits.lossMax).toBeNull();
  });
});
