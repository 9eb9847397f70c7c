import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../engine/config/load-config.ts';
import type { Config } from '../../engine/config/schema.ts';
import { HostError } from '../../engine/host/host-error.ts';
import { blankState } from '../../engine/host/engine-state.ts';
import { limitsOf, strategyOf } from '../../engine/host/instruments.ts';
import {
  answered,
  checkAccount,
  checkClock,
  checkState,
  endpointsOf,
  nextRun,
  startError,
} from '../../engine/host/startup.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';
import { exampleFile } from '../config/example.ts';
import { instrumentsOf } from '../okx/okx-fixtures.ts';

const paper = loadConfig(exampleFile('paper'));
const INST_IDS = ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP'] as const;
const instruments = instrumentsOf(...INST_IDS);
const FEES = { makerRate: 2e-4, takerRate: 5e-4 };

const ACCOUNT = {
  uid: '1',
  mainUid: '1',
  acctLv: '2',
  posMode: 'net_mode',
  acctStpMode: 'cancel_maker',
  level: 'Lv1',
  kycLv: '3',
  permissions: ['read_only', 'trade'],
  isIpBound: true,
};

function restError(code: RestErrorCode, okxCode = ''): RestError {
  return new RestError(code, 'refused', { method: 'GET', path: '/api/v5/account/config', okxCode });
}

describe('endpointsOf', () => {
  const of = (venue: Partial<Config['venue']>) =>
    endpointsOf({ ...paper, venue: { ...paper.venue, ...venue } }, 4711);

  it('are the embedded venue’s when nothing is said', () => {
    expect(of({})).toEqual({
      rest: 'http://127.0.0.1:4711',
      publicWs: 'ws://127.0.0.1:4711/ws/v5/public',
      privateWs: 'ws://127.0.0.1:4711/ws/v5/private',
      businessWs: 'ws://127.0.0.1:4711/ws/v5/business',
    });
  });

  it('are the region’s own for demo and live, never on port 8443', () => {
    expect(of({ kind: 'live', region: 'eea' }).privateWs).toBe('wss://wseea.okx.com/ws/v5/private');
    expect(of({ kind: 'demo', region: 'us' }).publicWs).toBe('wss://wsuspap.okx.com/ws/v5/public');
    for (const region of ['global', 'eea', 'us', 'tr'] as const) {
      for (const kind of ['demo', 'live'] as const) {
        for (const url of Object.values(of({ kind, region }))) expect(url).toMatch(/^(https|wss):\/\/[^:]+$/);
      }
    }
  });

  it('can each be any URL', () => {
    const { rest, publicWs, privateWs } = of({
      kind: 'live',
      rest: 'http://10.0.0.1',
      private: 'ws://10.0.0.2:1/x',
    });
    expect([rest, publicWs, privateWs]).toEqual([
      'http://10.0.0.1',
      'wss://ws.okx.com/ws/v5/public',
      'ws://10.0.0.2:1/x',
    ]);
  });
});

describe('checkAccount', () => {
  it('takes an account that may trade what is configured', () => {
    expect(() => checkAccount(ACCOUNT, paper, instruments)).not.toThrow();
  });

  it('of a token asks for no permissions of a key that the venue does not tell', () => {
    const byToken = { ...paper, broker: { ...paper.broker, mode: 'oauth' as const } };
    expect(() => checkAccount({ ...ACCOUNT, permissions: [] }, byToken, instruments)).not.toThrow();
    const reads = { ...ACCOUNT, permissions: ['read_only'] };
    expect(() => checkAccount(reads, byToken, instruments)).toThrow('trade permission');
    expect(() => checkAccount({ ...ACCOUNT, permissions: [] }, paper, instruments)).toThrow(
      'trade permission',
    );
  });

  it.each([
    [
      { posMode: 'long_short_mode', acctLv: '4' },
      'expected position mode net_mode in account level 4, was long_short_mode; change it in the venue',
    ],
    [
      { posMode: 'other_mode' },
      'expected position mode net_mode or long_short_mode in account level 2, was other_mode',
    ],
    [
      { permissions: ['read_only'] },
      'expected an API key with trade permission, was "read_only"; make a key',
    ],
    [{ permissions: ['trade', 'withdraw'] }, 'expected an API key without withdraw permission'],
    [{ acctLv: '1' }, 'instruments[1].instId: expected spot only in account level 1, was BTC-USDT-SWAP'],
    [
      { acctLv: '3' },
      'instruments[0].tradeMode: expected "cross" for BTC-USDT in account level 3, was "cash"',
    ],
  ])('refuses one with %j', (change, text) => {
    const attempt = (): void => checkAccount({ ...ACCOUNT, ...change }, paper, instruments);
    expect(attempt).toThrow(HostError);
    expect(attempt).toThrow(text);
  });
});

describe('sizes in lots', () => {
  it('are exact', () => {
    const parameters = strategyOf(instruments[0]!, paper.instruments[0]!, FEES, INST_IDS);
    expect(parameters).toMatchObject({
      lots: 100_000,
      lotsStep: 50_000,
      positionLotsMax: 10_000_000,
      minLots: 1_000,
      orderLotsMax: 1_000_000,
      makerFeeRate: 2e-4,
    });
    expect(limitsOf(instruments[1]!, paper.instruments[1]!)).toMatchObject({
      positionLotsMax: 2_000,
      orderLotsMax: 500,
      orderNotionalMax: 5_000,
    });
  });

  it.each([
    [
      'strategy',
      'size',
      '1.005',
      'instruments[1].strategy.size: expected a multiple of BTC-USDT-SWAP\'s lot 0.01, was "1.005"',
    ],
    ['strategy', 'sizeStep', '0.001', 'instruments[1].strategy.sizeStep: expected a multiple of'],
    ['strategy', 'size', '99999999999999999', 'instruments[1].strategy.size: expected '],
    ['limits', 'position', '0.001', 'instruments[1].limits.position: expected a multiple of'],
    ['limits', 'orderSize', '5.001', 'instruments[1].limits.orderSize: expected a multiple of'],
  ] as const)('refuse %s.%s = %s', (section, key, value, text) => {
    const config = paper.instruments[1]!;
    const changed = { ...config, [section]: { ...config[section], [key]: value } };
    expect(() => [
      strategyOf(instruments[1]!, changed, FEES, INST_IDS),
      limitsOf(instruments[1]!, changed),
    ]).toThrow(text);
  });
});

describe('the venue’s first answers', () => {
  it('are asked for again while it is busy', async () => {
    const answers: (RestError | string)[] = [restError(RestErrorCode.rejected, '50011'), 'an answer'];
    const ask = (): Promise<string> => {
      const answer = answers.shift();
      return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer as RestError);
    };
    const waits: number[] = [];
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      return Promise.resolve();
    };
    expect(await answered(ask, wait)).toBe('an answer');
    expect(answers).toEqual([]);
    expect(waits).toEqual([500]);
  });

  it.each([
    restError(RestErrorCode.rejected, '50111'),
    restError(RestErrorCode.network),
    restError(RestErrorCode.timeout),
    restError(RestErrorCode.malformed),
    new HostError('INSTRUMENT_REFUSED', 'no such instrument'),
  ])('are not asked for again after %s', async (error) => {
    let asked = 0;
    const outcome = answered(
      () => {
        asked++;
        return Promise.reject(error);
      },
      () => Promise.resolve(),
    );
    await expect(outcome).rejects.toBe(error);
    expect(asked).toBe(1);
  });

  it.each([
    [restError(RestErrorCode.rejected, '50111'), 'ACCOUNT_REFUSED', 'check OKX_API_KEY'],
    [restError(RestErrorCode.rejected, '50119'), 'ACCOUNT_REFUSED', 'where venue.region and venue.kind say'],
    [restError(RestErrorCode.rejected, '60032'), 'ACCOUNT_REFUSED', 'where venue.region and venue.kind say'],
    [restError(RestErrorCode.rejected, '50101'), 'ACCOUNT_REFUSED', 'where venue.region and venue.kind say'],
    [restError(RestErrorCode.rejected, '50110'), 'ACCOUNT_REFUSED', 'add this machine to them'],
    [restError(RestErrorCode.rejected, '59999'), 'ACCOUNT_REFUSED', 'check the API key'],
    [restError(RestErrorCode.rejected, '50001'), 'VENUE_UNREACHABLE', 'check the network'],
    [restError(RestErrorCode.timeout), 'VENUE_UNREACHABLE', 'check the network'],
  ] as const)('as errors name the venue and what to check: %s', (error, code, text) => {
    const hostError = startError(error, 'live/eea');
    expect(hostError.code).toBe(code);
    expect(hostError.message).toContain('venue live/eea: GET /api/v5/account/config: refused; ');
    expect(hostError.message).toContain(text);
    expect(hostError.cause).toBe(error);
  });
});

describe('the clock', () => {
  it.each([
    [4_000, 0],
    [-5_000, 0],
    // An answer that took so long may have been a minute on its way.
    [60_000, 55_000],
  ])('off by %d ms, to within %d, may be right', (offsetMs, errorMs) => {
    expect(() => checkClock(offsetMs, errorMs, 5_000)).not.toThrow();
  });

  it.each([
    [60_000, 'is 60000 ms behind it'],
    [-5_200, 'is 5200 ms ahead of it'],
  ])('off by %d ms is refused', (offsetMs, text) => {
    expect(() => checkClock(offsetMs, 10, 5_000)).toThrow(text);
  });
});

describe('a state', () => {
  const state = { ...blankState([], 0), venue: 'live/eea', uid: '7', tag: 'T1', run: 41 };

  it('of this account is taken, and one that was never an engine’s too', () => {
    expect(() => checkState(state, 'live/eea', '7', 'T1')).not.toThrow();
    expect(() => checkState(blankState([], 0), 'live/eea', '7', 'T1')).not.toThrow();
  });

  it.each([
    ['demo/eea', '7', 'T1', 'expected one of venue demo/eea, was of venue live/eea'],
    ['live/eea', '8', 'T1', 'expected one of uid 8, was of uid 7'],
    ['live/eea', '7', 'T2', 'expected one of tag T2, was of tag T1'],
  ])('of another is refused: %s %s %s', (venue, uid, tag, text) => {
    expect(() => checkState(state, venue, uid, tag)).toThrow(
      `${text}; give each account and tag its own --state`,
    );
  });

  // FNV-1a of "T1" is 2281047158: its clock is 81047158 ahead. 63676600 + 81047158 - 100000000 = 44723758.
  it.each([
    [undefined, 1_763_676_600_000, 44_723_758],
    [41, 1_763_676_600_000, 44_723_758],
    [44_723_758, 1_763_676_600_000, 44_723_759],
    [63_676_600, 1_763_676_600_000, 63_676_601],
    [99_999_999, 1_000, 0],
  ])('after run %s at %d begins run %d', (run, wallMs, next) => {
    expect(nextRun(run === undefined ? undefined : { ...state, run }, wallMs, 'T1')).toBe(next);
  });

  it('is another run for another tag, for a month around the second in which both were started', () => {
    const tags = ['T1', 'T2', 'T3', '6b9ad766b55dBCDE', '6b9ad766b55dBCDF', '159881cb7207BCDE'];
    const runs = tags.map((tag) => nextRun(undefined, 1_763_676_600_000, tag)).toSorted((a, b) => a - b);
    for (const [index, run] of runs.entries()) {
      expect(run - (runs[index - 1] ?? runs.at(-1)! - 100_000_000)).toBeGreaterThan(30 * 86_400);
    }
  });
});
