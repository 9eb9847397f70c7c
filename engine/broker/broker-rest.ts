import type { Milliseconds } from '../base/units.ts';
import type { RestPort } from '../venue/account-rest.ts';
import { RowReader } from '../venue/account-rows.ts';
import { RestError } from '../venue/rest-error.ts';
import type { Eligibility } from './eligibility.ts';

/** Which kind of broker asks: needed where one account is both (documentation, read 2026). */
export type BrokerType = 'api' | 'oauth';

/** A report that the venue has made or is making. */
export interface ReportLink {
  readonly isFinished: boolean;
  /** For two hours; "" while it is being made. A secret: whoever has it has the file. */
  readonly link: string;
  readonly beginMs: Milliseconds;
  /** The last day's own begin. */
  readonly endMs: Milliseconds;
  readonly createdMs: Milliseconds;
}

const REPORT_PATH = '/api/v5/broker/fd/rebate-per-orders';
const ELIGIBILITY_PATH = '/api/v5/broker/fd/if-rebate';

/** What the venue tells a broker, by the broker's own key. Everything rejects with RestError and nothing else. */
export class BrokerRest {
  readonly #rest: RestPort;
  readonly #type: BrokerType;

  constructor(rest: RestPort, type: BrokerType) {
    this.#rest = rest;
    this.#type = type;
  }

  /**
   * Has a report made of whole days, both included, 180 of them at most. Once an hour at most.
   *
   * @returns whether there is one already
   */
  async requestReport(beginDay: string, endDay: string): Promise<boolean> {
    const body = { begin: compact(beginDay), end: compact(endDay), brokerType: this.#type };
    const [row] = await this.#rest.post(REPORT_PATH, body);
    return new RowReader(row, 'POST', REPORT_PATH).isTrue('result');
  }

  /** The reports of these days, newest last. Twice a minute at most. */
  async fetchReports(beginDay: string, endDay: string): Promise<ReportLink[]> {
    const query = { type: 'false', begin: compact(beginDay), end: compact(endDay), brokerType: this.#type };
    const rows = await this.#rest.get(REPORT_PATH, query, { isSigned: true });
    const links = rows.map((row) => {
      const reader = new RowReader(row, 'GET', REPORT_PATH);
      return {
        isFinished: reader.optionalText('state') === 'finished',
        link: reader.optionalText('fileHref'),
        beginMs: reader.milliseconds('beginTime'),
        endMs: reader.milliseconds('endTime'),
        createdMs: reader.milliseconds('cTime'),
      };
    });
    return links.toSorted((left, right) => left.createdMs - right.createdMs);
  }

  /**
   * Whether the account of that key brings rebates. Five times in 2 s at most.
   *
   * @param account the uid to note it under
   * @throws RestError whose text does not show the key
   */
  async fetchEligibility(apiKey: string, account: string, nowMs: Milliseconds): Promise<Eligibility> {
    let rows;
    try {
      rows = await this.#rest.get(ELIGIBILITY_PATH, { apiKey, brokerType: this.#type }, { isSigned: true });
    } catch (error) {
      throw error instanceof RestError ? withoutQuery(error) : error;
    }
    const reader = new RowReader(rows[0], 'GET', ELIGIBILITY_PATH);
    return {
      tsMs: nowMs,
      account,
      type: reader.text('type'),
      brokerCode: reader.optionalText('brokerCode'),
      isAffiliated: reader.isTrue('affiliated'),
      clientRebateRatio: reader.optionalText('clientRebateRatio'),
      lastRebate: reader.optionalText('lastRebate'),
    };
  }
}

/** "2026-11-21" as the venue writes it. */
function compact(day: string): string {
  return day.replaceAll('-', '');
}

/** The key stands in the query. The first error is not named as the cause: it shows it. */
function withoutQuery(error: RestError): RestError {
  const { code, method, httpStatus, okxCode, message } = error;
  const text = message.slice(`${method} ${error.path}: `.length);
  return new RestError(code, text, { method, path: ELIGIBILITY_PATH, httpStatus, okxCode });
}
