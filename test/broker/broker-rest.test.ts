import { describe, expect, it } from 'vitest';
import { BrokerRest } from '../../engine/broker/broker-rest.ts';
import { eligibilityWords, IfRebate } from '../../engine/broker/eligibility.ts';
import type { RestPort } from '../../engine/venue/account-rest.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly values: unknown;
}

class FakeRest {
  readonly asked: Asked[] = [];
  answer: unknown[] | RestError = [];

  get(path: string, values: unknown): Promise<unknown[]> {
    return this.#answer({ method: 'GET', path, values });
  }

  post(path: string, values: unknown): Promise<unknown[]> {
    return this.#answer({ method: 'POST', path, values });
  }

  #answer(asked: Asked): Promise<unknown[]> {
    this.asked.push(asked);
    return this.answer instanceof RestError ? Promise.reject(this.answer) : Promise.resolve(this.answer);
  }
}

const make = (): { rest: FakeRest; broker: BrokerRest } => {
  const rest = new FakeRest();
  return { rest, broker: new BrokerRest(rest as unknown as RestPort, 'api') };
};

describe('what a broker asks', () => {
  it('for a report: whether there is one already', async () => {
    const { rest, broker } = make();
    rest.answer = [{ result: 'true', ts: '1646892328000' }];
    expect(await broker.requestReport('2026-11-20', '2026-11-21')).toBe(true);
    rest.answer = [{ result: 'false', ts: '1646892328000' }];
    expect(await broker.requestReport('2026-11-20', '2026-11-21')).toBe(false);
    expect(rest.asked[0]).toEqual({
      method: 'POST',
      path: '/api/v5/broker/fd/rebate-per-orders',
      values: { begin: '20261120', end: '20261121', brokerType: 'api' },
    });
  });

  it('for the links, oldest first', async () => {
    const { rest, broker } = make();
    rest.answer = [
      { fileHref: '', state: 'ongoing', beginTime: '', endTime: '', cTime: '2', ts: '' },
      {
        fileHref: 'https://a/b',
        state: 'finished',
        beginTime: '1671638400000',
        endTime: '1671638400000',
        cTime: '1',
      },
    ];
    const links = await broker.fetchReports('2022-12-22', '2022-12-22');
    expect(
      links.map(({ isFinished, link, beginMs, createdMs }) => [isFinished, link, beginMs, createdMs]),
    ).toEqual([
      [true, 'https://a/b', 1_671_638_400_000, 1],
      [false, '', 0, 2],
    ]);
    expect(rest.asked[0]!.values).toEqual({
      type: 'false',
      begin: '20221222',
      end: '20221222',
      brokerType: 'api',
    });
  });

  it('whether an account brings rebates', async () => {
    const { rest, broker } = make();
    rest.answer = [
      { affiliated: true, brokerCode: 'CODE', type: '2', clientRebateRatio: '0.1', lastRebate: '500' },
    ];
    expect(await broker.fetchEligibility('the-key', '1001', 77)).toEqual({
      tsMs: 77,
      account: '1001',
      type: IfRebate.capped,
      brokerCode: 'CODE',
      isAffiliated: true,
      clientRebateRatio: '0.1',
      lastRebate: '500',
    });
  });

  it('is refused without the key in what the refusal says', async () => {
    const { rest, broker } = make();
    const path = '/api/v5/broker/fd/if-rebate?apiKey=the-key&brokerType=api';
    const details = { method: 'GET', path, httpStatus: 400, okxCode: '51000' };
    rest.answer = new RestError(RestErrorCode.rejected, 'refused with 51000: Parameter error', details);
    const error = await broker.fetchEligibility('the-key', '1001', 77).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RestError);
    const { message, stack, cause, okxCode, path: shown } = error as RestError;
    expect(message).toBe('GET /api/v5/broker/fd/if-rebate: refused with 51000: Parameter error');
    expect([shown, okxCode, cause]).toEqual(['/api/v5/broker/fd/if-rebate', '51000', undefined]);
    expect(`${stack}${JSON.stringify(error)}`).not.toContain('the-key');
  });

  it('has words for every answer, and for one of later on', () => {
    for (const type of Object.values(IfRebate))
      expect(eligibilityWords(type).text).not.toContain('not known');
    expect(eligibilityWords('9').text).toContain('not known here');
    expect(eligibilityWords(IfRebate.expired).advice).toContain('renew');
  });
});
