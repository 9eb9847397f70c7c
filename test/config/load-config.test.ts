import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../engine/config/config-error.ts';
import { loadConfig, parseConfig } from '../../engine/config/load-config.ts';
import { exampleText, exampleWith } from './example.ts';

const folder = mkdtempSync(join(tmpdir(), 'okxmm-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The least configuration: everything else has a default. */
const LEAST = `
venue: { kind: paper }
instruments:
  - instId: BTC-USDT-SWAP
    tradeMode: cross
    strategy: { size: '1' }
    limits: { position: '10', orderSize: '2', orderNotional: 1000 }
`;

function textOfError(text: string): string {
  try {
    parseConfig(text, 'my.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error('expected a ConfigError, the configuration was taken');
}

describe('parseConfig', () => {
  it('fills in every default', () => {
    expect(parseConfig(LEAST, 'my.yaml')).toEqual({
      venue: { kind: 'paper', region: 'global', depthChannel: 'books', seed: 1 },
      broker: {
        mode: 'api',
        clOrdIdPrefix: false,
        oauth: { redirectPort: 8_917, tokenFile: 'oauth-tokens.json' },
        share: { spot: 0.5, derivatives: 0.5 },
        affiliatedShare: { spot: 0.125, derivatives: 0.125 },
        isMarketMaker: false,
        dayOffsetHours: 0,
        asksEligibility: true,
        subBrokers: [],
      },
      instruments: [
        {
          instId: 'BTC-USDT-SWAP',
          tradeMode: 'cross',
          product: 'listed',
          stopBeforeExpiryMinutes: 60,
          mmp: { isOn: false, timeIntervalMs: 5_000, qtyLimit: '100', frozenMs: 2_000 },
          strategy: {
            model: 'glft',
            levels: 3,
            rpiLevels: 0,
            priceIn: 'coin',
            size: '1',
            sizeStep: '0',
            sizeDecay: 0,
            sizeSkewRatio: 0,
            inventoryDecay: 0,
            halfSpreadBps: 5,
            halfSpreadTicksMin: 1,
            halfSpreadBpsMin: 0,
            halfSpreadBpsMax: 100,
            profitBpsMin: 0,
            levelStepBps: 3,
            spacing: 'model',
            levelRatio: 1.5,
            latticeRatio: 0,
            placement: 'improve',
            skewBpsAtMax: 4,
            softLimitRatio: 0.9,
            horizonSeconds: 60,
            volatilitySeconds: 1,
            fallbackRatio: 1.5,
            driftBpsPerHour: 0,
            calibrationAgeSecondsMax: 120,
            markDeviationBpsMax: 100,
            edgeMinRatio: 0.4,
            priceToleranceTicks: 2,
            sizeToleranceRatio: 0.2,
            orderLifeMsMin: 200,
            fair: {
              base: 'micro',
              depthLevels: 5,
              depthBps: 0,
              depthSize: '0',
              bookImbalance: { kind: 'log', levels: 5, withinBps: 0, weightBps: 0 },
              orderFlow: { halfLifeSeconds: 2, weightBps: 0 },
              tradeFlow: { halfLifeSeconds: 2, weightBps: 0 },
              lead: { weight: 0, ageMsMax: 500, basisSeconds: 60 },
              mark: { weight: 0, ageMsMax: 2_000, basisSeconds: 60 },
              index: { weight: 0, ageMsMax: 2_000, basisSeconds: 60 },
              standardiseSeconds: 600,
              signalHalvesMax: 0.5,
              capBps: 5,
              capSpreads: 0,
            },
          },
          limits: { position: '10', orderSize: '2', orderNotional: 1000, openOrders: 40, collarBps: 200 },
          brakes: { volatilityBps: 100, volatilityWindowMs: 10_000, adverseBps: 20, holdMs: 30_000 },
        },
      ],
      portfolio: { groups: [] },
      protection: {
        isOn: false,
        stopLossBps: 500,
        triggerBy: 'mark',
        minChangeRatio: 0.1,
        settleMs: 500,
        instruments: [],
      },
      calibration: {
        seconds: 5,
        memorySeconds: 1_200,
        sweepsMin: 200,
        fitSweepsMin: 50,
        sweepsShrink: 200,
        decayPerBpsMin: 0.02,
        decayPerBpsMax: 200,
        rSquaredMin: 0.8,
        ksDistanceMax: 0.1,
        changeRatioMax: 0.2,
        flowSecondsMax: 15,
        ownFillsMin: 50,
        adverseSeconds: 1,
      },
      account: {
        notionalMax: 1_000_000,
        openOrdersMax: 500,
        lossMax: 10_000,
        marginRatioMin: 3,
        liquidationDistanceBps: 200,
        orderToTradeMax: 0,
      },
      engine: {
        quoteAgeMsMax: 1_000,
        bookSilenceMsMax: 70_000,
        ackTimeoutMs: 3_000,
        orderExpiryMs: 2_000,
        deadMansSwitchSeconds: 10,
        auditMs: 30_000,
        bookAgeMsMax: 10_000,
        clockOffsetMsMax: 5_000,
        stallMsMax: 1_000,
        closeBps: 50,
        followsFile: true,
        workers: 1,
        wait: 'block',
        loop: 'sleep',
        socket: 'own',
      },
      journal: {
        isOn: true,
        directory: 'journal',
        megabytesMax: 4_096,
        segmentMegabytes: 64,
        ringMegabytes: 16,
      },
      backtest: {
        feedLatencyMs: 1,
        entryLatencyMs: 2,
        responseLatencyMs: 2,
        queueModel: 'power3',
        queueExponent: 3,
        makerFeeBps: 2,
        takerFeeBps: 5,
        fees: [],
        balances: { USDT: '1000000', USDC: '1000000', BTC: '20', ETH: '400' },
      },
      metrics: { host: '127.0.0.1', port: 9464 },
    });
  });

  it('takes what is given over what is default', () => {
    const config = parseConfig(exampleWith('engine.workers', 4), 'my.yaml');
    expect(config.engine.workers).toBe(4);
    expect(config.engine.wait).toBe('block');
  });

  it.each([
    [
      'instruments.1.strategy.levls',
      3,
      'instruments[1].strategy.levls: expected no such key; remove it or check its spelling',
    ],
    ['secret', 'hush', 'secret: expected no such key; remove it or check its spelling'],
    ['venue.kind', 'real', 'venue.kind: expected one of "paper"|"demo"|"live", was "real" (string)'],
    ['venue.region', 'mars', 'venue.region: expected one of "global"|"eea"|"us"|"tr", was "mars" (string)'],
    [
      'venue.rest',
      'ws://127.0.0.1:1',
      'venue.rest: expected a URL that begins with http:// or https://, was "ws://127.0.0.1:1" (string)',
    ],
    [
      'venue.public',
      'https://okx.com',
      'venue.public: expected a URL that begins with ws:// or wss://, was "https://okx.com" (string)',
    ],
    ['venue.depthChannel', 'books5', 'venue.depthChannel: expected one of'],
    ['venue.seed', -1, 'venue.seed: '],
    [
      'tag',
      'not-legal',
      'tag: expected 1 to 16 letters and digits, the broker code that OKX gave you, was "not-legal" (string)',
    ],
    ['tag', 'A2345678901234567', 'tag: expected 1 to 16 letters and digits'],
    ['tag', '', 'tag: expected 1 to 16 letters and digits'],
    ['tag', 12345, 'tag: expected 1 to 16 letters and digits in quotes, was 12345 (number)'],
    ['instruments', [], 'instruments: '],
    ['instruments', 'BTC-USDT', 'instruments: expected array, was "BTC-USDT" (string)'],
    [
      'instruments.0.instId',
      'btc-usdt',
      'instruments[0].instId: expected an OKX instrument id, such as "BTC-USDT-SWAP", was "btc-usdt" (string)',
    ],
    [
      'instruments.0.tradeMode',
      'margin',
      'instruments[0].tradeMode: expected one of "cash"|"cross"|"isolated", was "margin" (string)',
    ],
    ['instruments.0.strategy', undefined, 'instruments[0].strategy: expected object, was absent'],
    [
      'instruments.0.strategy.levels',
      '3',
      'instruments[0].strategy.levels: expected number, was "3" (string)',
    ],
    ['instruments.0.strategy.levels', 11, 'instruments[0].strategy.levels: '],
    ['instruments.0.strategy.levels', 1.5, 'instruments[0].strategy.levels: expected int, was 1.5 (number)'],
    [
      'instruments.0.strategy.size',
      0.001,
      'instruments[0].strategy.size: expected a decimal in quotes, such as "0.01", was 0.001 (number)',
    ],
    [
      'instruments.0.strategy.size',
      '1e-3',
      'instruments[0].strategy.size: expected a plain decimal in quotes, such as "0.01", was "1e-3" (string)',
    ],
    ['instruments.0.strategy.size', '-1', 'instruments[0].strategy.size: expected a plain decimal in quotes'],
    [
      'instruments.2.limits.position',
      undefined,
      'instruments[2].limits.position: expected a decimal in quotes, such as "0.01", was absent',
    ],
    [
      'instruments.0.strategy.size',
      '0.000',
      'instruments[0].strategy.size: expected a decimal above zero in quotes',
    ],
    [
      'instruments.0.limits.position',
      '0',
      'instruments[0].limits.position: expected a decimal above zero in quotes',
    ],
    ['instruments.0.limits.orderNotional', 0, 'instruments[0].limits.orderNotional: '],
    ['account.lossMax', -5, 'account.lossMax: '],
    ['account.drawdownMax', 0, 'account.drawdownMax: '],
    ['account.marginRatioMin', -1, 'account.marginRatioMin: '],
    ['instruments.0.limits.notional', 0, 'instruments[0].limits.notional: '],
    ['instruments.0.limits.loss', '5', 'instruments[0].limits.loss: expected number, was "5" (string)'],
    ['instruments.0.brakes.holdMs', -1, 'instruments[0].brakes.holdMs: '],
    [
      'engine.deadMansSwitchSeconds',
      5,
      'engine.deadMansSwitchSeconds: expected 0 or a whole number from 10 to 120, was 5 (number)',
    ],
    [
      'engine.stallMsMax',
      20,
      'engine.stallMsMax: expected 0 or a whole number from 100 to 60000, was 20 (number)',
    ],
    ['engine.auditMs', 0, 'engine.auditMs: '],
    ['engine.workers', 0, 'engine.workers: '],
    [
      'engine.wait',
      'sleep',
      'engine.wait: expected one of "spin"|"spinThenBlock"|"block", was "sleep" (string)',
    ],
    ['metrics.port', 70_000, 'metrics.port: '],
    ['metrics.port', '9464', 'metrics.port: expected number, was "9464" (string)'],
  ])('refuses %s = %j and says why', (path, value, expected) => {
    const text = textOfError(exampleWith(path, value));
    expect(text).toContain('configuration my.yaml:\n  ');
    expect(text).toContain(expected);
    // Every line of it says what was expected.
    for (const line of text.split('\n').slice(1)) expect(line).toMatch(/^ {2}\S+: .*(expected|was) /);
  });

  it('names every wrong key at once', () => {
    const text = textOfError(
      LEAST.replace('cross', 'margin').replace("'2'", '2').replace('paper }', 'paper, sed: 1 }'),
    );
    expect(text.split('\n')).toHaveLength(4);
    expect(text).toContain('venue.sed: ');
    expect(text).toContain('instruments[0].tradeMode: ');
    expect(text).toContain('instruments[0].limits.orderSize: ');
  });

  it('sends tokens over TLS, or to this machine alone', () => {
    for (const url of [
      'http://okx.com/token',
      'http://localhost:x@okx.com/token',
      'http://localhost.okx.com/',
    ]) {
      expect(textOfError(exampleWith('broker.oauth.tokenUrl', url)), url).toContain(
        'broker.oauth.tokenUrl: expected a URL that begins with https://, or with http:// and this machine (localhost)',
      );
    }
    for (const url of ['https://okx.com/token', 'http://localhost:8080/token', 'http://127.0.0.1/token']) {
      const { broker } = parseConfig(exampleWith('broker.oauth.tokenUrl', url), 'my.yaml');
      expect(broker.oauth.tokenUrl).toBe(url);
    }
  });

  it('never shows the value of a key that it does not know: a secret may stand there', () => {
    expect(textOfError(exampleWith('apiSecret', 'hush-hush'))).not.toContain('hush-hush');
  });

  it.each([
    [
      'instruments.2.instId',
      'BTC-USDT',
      'instruments[2].instId: expected each instrument once, was "BTC-USDT" again; remove one',
    ],
    [
      'instruments.0.strategy.size',
      '0.02',
      'instruments[0].strategy.size: expected at most limits.orderSize ("0.01"), was "0.02"',
    ],
    [
      'instruments.1.limits.openOrders',
      5,
      'instruments[1].limits.openOrders: expected at least 2 x strategy.levels (6), was 5',
    ],
    [
      'venue.rest',
      'http://127.0.0.1:1',
      'venue: expected all of rest, public and private, or none (the embedded paper venue), was 1 of 3',
    ],
  ])('holds keys against each other: %s = %j', (path, value, expected) => {
    expect(textOfError(exampleWith(path, value))).toContain(expected);
  });

  it('refuses a ladder whose largest order is above its limit', () => {
    // Three levels: 1, 1 + 2, 1 + 4.
    const text = textOfError(exampleWith('instruments.1.strategy.sizeStep', '2.5'));
    expect(text).toContain(
      'instruments[1].strategy.sizeStep: expected a last level of at most limits.orderSize ("5"), was 6',
    );
  });

  it('does not let a live engine go without the dead man’s switch', () => {
    const without = (kind: string): string =>
      exampleText(kind).replace('deadMansSwitchSeconds: 10', 'deadMansSwitchSeconds: 0');
    expect(textOfError(without('live'))).toContain(
      'engine.deadMansSwitchSeconds: expected 10 to 120 on a live venue, was 0',
    );
    expect(parseConfig(without('demo'), 'my.yaml').engine.deadMansSwitchSeconds).toBe(0);
  });

  it.each(['rest', 'public', 'private', 'business'])('refuses port 8443 of OKX in %s', (key) => {
    const url = key === 'rest' ? 'https://eea.okx.com:8443' : 'wss://wseea.okx.com:8443/ws/v5/public';
    const text = textOfError(exampleText('live').replace('kind: live', `kind: live\n  ${key}: ${url}`));
    expect(text).toContain(
      `venue.${key}: expected no port 8443 (OKX closed it on 2026-10-31), was ${url}; remove ":8443"`,
    );
  });

  it('lets a venue of one’s own listen on 8443', () => {
    const urls = ['rest: http', 'public: ws', 'private: ws']
      .map((key) => `${key}://127.0.0.1:8443`)
      .join(', ');
    expect(parseConfig(LEAST.replace('paper }', `paper, ${urls} }`), 'my.yaml').venue.rest).toBe(
      'http://127.0.0.1:8443',
    );
  });

  it('takes no venue of OKX for a paper one, with its default tag and its switch that may be off', () => {
    const urls = 'rest: https://eea.okx.com, public: wss://wseea.okx.com/a, private: wss://wseea.okx.com/b';
    expect(textOfError(LEAST.replace('paper }', `paper, ${urls} }`))).toContain(
      'venue.rest: expected a paper venue of your own, was https://eea.okx.com; set venue.kind to demo or live',
    );
  });

  it.each([
    ['venue: [paper\nmetrics: {', /^configuration my\.yaml, line \d+: expected YAML 1\.2, was: /],
    [
      'venue: { kind: paper }\nvenue: { kind: live }',
      /line 2: expected YAML 1\.2, was: Map keys must be unique/,
    ],
    ['', /\(the whole file\): expected object, was null/],
    ['- a list', /\(the whole file\): expected object, was a list/],
    ['just text', /\(the whole file\): expected object, was "just text"/],
  ])('refuses what is no map of keys: %j', (text, expected) => {
    expect(textOfError(text)).toMatch(expected);
  });

  it('does not take YAML 1.1’s words for booleans, nor its octals', () => {
    expect(textOfError(exampleWith('engine.wait', 'block').replace('wait: block', 'wait: no'))).toContain(
      'was "no" (string)',
    );
  });
});

describe('loadConfig', () => {
  it('says which file it could not read and why', () => {
    const file = join(folder, 'absent.yaml');
    expect(() => loadConfig(file)).toThrow(
      `configuration ${file}: expected a readable YAML file, was ENOENT; check --config`,
    );
    expect(() => loadConfig(folder)).toThrow('was EISDIR');
  });

  it('reads a file', () => {
    const file = join(folder, 'my.yaml');
    writeFileSync(file, LEAST);
    chmodSync(file, 0o444);
    expect(loadConfig(file)).toEqual(parseConfig(LEAST, file));
  });
});
