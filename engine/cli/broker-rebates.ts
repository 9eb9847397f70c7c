import { SystemClock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { BrokerError } from '../broker/broker-error.ts';
import type { BrokerRest, ReportLink } from '../broker/broker-rest.ts';
import { ExactDecimal } from '../broker/exact-decimal.ts';
import { parseReport } from '../broker/rebate-report.ts';
import { reportText } from '../broker/report-bytes.ts';
import { keepReport } from '../broker/report-store.ts';
import { downloadFile } from '../venue/file-download.ts';
import { RestError } from '../venue/rest-error.ts';
import { brokerScope, DAY_OPTIONS, DAY_USAGE, SCOPE_OPTIONS, SCOPE_USAGE } from './broker-scope.ts';
import type { BrokerScope, DayRange } from './broker-scope.ts';
import { brokerKey, withVenue } from './broker-venue.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { parseOptions } from './options.ts';
import { reportRange, reportTime } from './report-days.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- broker rebates [--day D | --from D --to D] [--wait MINUTES]
                       [--config FILE] [--state DIR] [--account NAME]

Has the venue make the report of rebates by order of these days (yesterday, where none are named; 180 at most), waits until
it is made, downloads it and keeps it beside the ledger, where \`broker ledger\` and \`broker reconcile\` find it.

  --wait     how long to wait for it at most, in minutes (default 180: OKX makes most within two hours)
${DAY_USAGE}
${SCOPE_USAGE}

The venue makes one report an hour. One that was asked for before is not asked for again: the same command goes on waiting.
Ends with 75 when it is not made within that time, or the venue does not answer.`;

/** A report is asked for twice a minute at most. */
const POLL_MS: Milliseconds = 31_000;
/** Of a wait of hours, some minutes without an answer are no reason to give up. */
const POLL_TRIES = 5;
const FIRST_POLL_MS: Milliseconds = 3_000;
const DOWNLOAD_MS: Milliseconds = 600_000;
const DOWNLOAD_BYTES_MAX = 1 << 30;
const TOO_MANY_REQUESTS = '50011';

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    ...SCOPE_OPTIONS,
    ...DAY_OPTIONS,
    wait: { type: 'string', default: '180' },
  });
  if (positionals.length > 0) throw new UsageError(`expected options only, was "${positionals.join(' ')}"`);
  const waitMinutes = Number(values.wait);
  if (!(waitMinutes >= 0 && waitMinutes <= 1_440))
    throw new UsageError(`--wait: expected minutes from 0 to 1440, was "${values.wait}"`);
  const clock = new SystemClock();
  const scope = brokerScope(values);
  const account = scope.accounts[0]!;
  const range = reportRange(values, clock.wallMs(), account.config.broker.dayOffsetHours);
  const { report, bytes } = await withVenue(account, brokerKey(account), async (_, broker) => {
    const found = await made(broker, range, waitMinutes * 60_000, clock);
    const file = await downloadFile(found.link, { timeoutMs: DOWNLOAD_MS, bytesMax: DOWNLOAD_BYTES_MAX });
    return { report: found, bytes: file };
  });
  process.stdout.write(`${keep(scope, range, report, bytes, clock.wallMs())}\n`);
  return ExitCode.done;
}

/**
 * Asks for the report, and waits until it is made. A venue that does not answer for a while is asked again.
 *
 * @throws CommandError, RestError
 */
async function made(
  broker: BrokerRest,
  { fromDay, toDay }: DayRange,
  waitMs: Milliseconds,
  clock: SystemClock,
): Promise<ReportLink> {
  const isNew = await asked(broker, fromDay, toDay);
  const endMs = clock.wallMs() + waitMs;
  for (let pauseMs = FIRST_POLL_MS; ; pauseMs = POLL_MS) {
    if (isNew !== false || pauseMs === POLL_MS) await pass(pauseMs);
    const links = await polled(broker, fromDay, toDay);
    const newest = links.at(-1);
    if (newest?.isFinished === true) return newest;
    if (newest === undefined && isNew === undefined) {
      throw new CommandError(
        ExitCode.unavailable,
        `report of ${fromDay} to ${toDay}: the venue makes one an hour, and has made another; again in an hour`,
      );
    }
    if (clock.wallMs() + POLL_MS > endMs) {
      throw new CommandError(
        ExitCode.unavailable,
        `report of ${fromDay} to ${toDay}: expected to be made within ${waitMs / 60_000} minutes, is still being made; the same command goes on waiting`,
      );
    }
    if (pauseMs === FIRST_POLL_MS) process.stderr.write('the venue is making the report\n');
  }
}

/** True of a report that is made now, false of one that was asked for before; undefined when the venue takes no more. */
async function asked(broker: BrokerRest, fromDay: string, toDay: string): Promise<boolean | undefined> {
  try {
    return !(await broker.requestReport(fromDay, toDay));
  } catch (error) {
    // It may be that very report that was asked for within the hour.
    if (error instanceof RestError && error.okxCode === TOO_MANY_REQUESTS) return undefined;
    throw error;
  }
}

async function polled(broker: BrokerRest, fromDay: string, toDay: string): Promise<ReportLink[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await broker.fetchReports(fromDay, toDay);
    } catch (error) {
      const mayPass = error instanceof RestError && error.isRetryable;
      if (!mayPass || tries === POLL_TRIES) throw error;
    }
    await pass(POLL_MS);
  }
}

/** @throws CommandError for what is no report */
function keep(
  scope: BrokerScope,
  { fromDay, toDay }: DayRange,
  link: ReportLink,
  bytes: Buffer,
  nowMs: Milliseconds,
): string {
  try {
    const text = reportText(bytes);
    const { rows } = parseReport(text, 'the download');
    const offsetHours = scope.accounts[0]!.config.broker.dayOffsetHours;
    const time = reportTime({ fromDay, toDay }, link, offsetHours, nowMs);
    if (time.fetchedMs < time.endMs) {
      process.stderr.write(
        `the report was made on ${new Date(time.fetchedMs).toISOString()}, before its last day was over: later orders stay pending\n`,
      );
    }
    const file = keepReport(scope.directory, [fromDay, toDay], text, time);
    const rebate = rows.reduce((sum, row) => sum.plus(row.brokerRebate), ExactDecimal.zero);
    return `${rows.length} orders, rebate ${rebate.toString()} USDT, in ${file}`;
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw new CommandError(ExitCode.failed, error.message, { cause: error });
  }
}

function pass(ms: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
