import type { Report } from './report-desk.ts';
import { Refusal } from './refusal.ts';
import { bodyField, missing } from './rest-router.ts';
import type { RestAnswer, RestCall, RestRequest, RestResponse, Route } from './rest-router.ts';
import type { PaperVenue } from './venue.ts';

/**
 * What a broker of the Connect programme asks for (documentation "Fully-disclosed broker", read 2026): whether an account
 * brings rebates, reports of rebates by order, and the files that these are.
 */
export const BROKER_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v5/broker/fd/if-rebate',
    isPrivate: true,
    requests: 5,
    windowMs: 2_000,
    budgetBy: '',
    isTimed: false,
    answer: ifRebate,
  },
  {
    method: 'POST',
    path: '/api/v5/broker/fd/rebate-per-orders',
    isPrivate: true,
    isReading: true,
    requests: 1,
    windowMs: 3_600_000,
    budgetBy: '',
    isTimed: false,
    answer: makeReport,
  },
  {
    method: 'GET',
    path: '/api/v5/broker/fd/rebate-per-orders',
    isPrivate: true,
    requests: 2,
    windowMs: 60_000,
    budgetBy: '',
    isTimed: false,
    answer: listReports,
  },
];

const DAY_MS = 86_400_000;
const DAYS_MAX = 180;
const FILES = '/broker-reports/';

function ifRebate({ venue, query, nowMs }: RestCall): RestAnswer {
  const { apiKey = '' } = query;
  if (apiKey === '') return missing('apiKey');
  const uid = venue.keys.uidOf(apiKey);
  return uid === ''
    ? new Refusal('51000', 400, 'Parameter apiKey error')
    : [venue.broker.eligibility(uid, nowMs)];
}

function makeReport({ venue, uid, body, nowMs }: RestCall): RestAnswer {
  const [begin, end] = [bodyField(body, 'begin'), bodyField(body, 'end')];
  const days = daysOf(venue, begin, end);
  if (days instanceof Refusal) return days;
  const before = venue.reports.reports.find((each) => isOf(each, uid, begin, end));
  if (before === undefined) venue.reports.reports.push({ uid, begin, end, createdMs: Math.floor(nowMs) });
  const ts = String(before?.createdMs ?? Math.floor(nowMs));
  return [{ result: String(before !== undefined), ts }];
}

function listReports({ venue, uid, query, headers, nowMs }: RestCall): RestAnswer {
  const { type = '', begin = '', end = '' } = query;
  if (type !== 'true' && type !== 'false') return type === '' ? missing('type') : parameterError('type');
  if (type === 'false') {
    const days = daysOf(venue, begin, end);
    if (days instanceof Refusal) return days;
  }
  return venue.reports.reports
    .filter((each) => (type === 'true' ? each.uid === uid : isOf(each, uid, begin, end)))
    .map((report) => {
      const isFinished = nowMs >= report.createdMs + venue.broker.makingMs;
      const link = isFinished
        ? `http://${headers['host'] ?? ''}${FILES}${venue.reports.link(report, nowMs)}`
        : '';
      return {
        fileHref: link,
        beginTime: String(venue.broker.dayBeginMs(report.begin)),
        endTime: String(venue.broker.dayBeginMs(report.end)),
        cTime: String(report.createdMs),
        ts: isFinished ? String(report.createdMs + venue.broker.makingMs) : '',
        state: isFinished ? 'finished' : 'ongoing',
      };
    });
}

/** A file that a link names; null for every other path. Whoever has the link has the file. */
export function answerReport(venue: PaperVenue, { method, path }: RestRequest): RestResponse | null {
  if (!path.startsWith(FILES)) return null;
  const report = venue.reports.find(path.slice(FILES.length), venue.time());
  if (method !== 'GET' || report === undefined) {
    return {
      status: 403,
      body: '<Error><Code>AccessDenied</Code></Error>',
      headers: { 'Content-Type': 'application/xml' },
    };
  }
  venue.advance();
  const { broker } = venue;
  const text = broker.report(broker.dayBeginMs(report.begin), broker.dayBeginMs(report.end) + DAY_MS);
  return { status: 200, body: `\uFEFF${text}`, headers: { 'Content-Type': 'text/csv' } };
}

function daysOf({ broker }: PaperVenue, begin: string, end: string): Refusal | null {
  if (begin === '' || end === '') return missing(begin === '' ? 'begin' : 'end');
  const [beginMs, endMs] = [broker.dayBeginMs(begin), broker.dayBeginMs(end)];
  if (Number.isNaN(beginMs)) return parameterError('begin');
  const isPeriod = endMs >= beginMs && endMs - beginMs < DAYS_MAX * DAY_MS;
  return isPeriod ? null : parameterError('end');
}

function isOf(report: Report, uid: string, begin: string, end: string): boolean {
  return report.uid === uid && report.begin === begin && report.end === end;
}

function parameterError(name: string): Refusal {
  return new Refusal('51000', 400, `Parameter ${name} error`);
}
