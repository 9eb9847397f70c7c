/** Of which days a rebate report is asked for, and of which time the one is that comes. */
import type { Milliseconds } from '../base/units.ts';
import type { ReportLink } from '../broker/broker-rest.ts';
import { dayBeginMs, dayOf } from '../broker/commission-ledger.ts';
import { DAY_MS } from '../broker/ledger-files.ts';
import type { ReportTime } from '../broker/report-store.ts';
import { dayRange } from './broker-scope.ts';
import type { DayRange } from './broker-scope.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

const DAYS_MAX = 180;

/** Yesterday where nothing is said. @throws UsageError for more than the venue takes, or open ends */
export function reportRange(
  values: Parameters<typeof dayRange>[0],
  nowMs: Milliseconds,
  offsetHours: number,
): DayRange {
  const isNone = values.day === undefined && values.from === undefined && values.to === undefined;
  if (isNone) return dayRange({ day: dayOf(nowMs - DAY_MS, offsetHours) });
  const range = dayRange({
    ...values,
    ...(values.day === undefined ? { to: values.to ?? dayOf(nowMs, offsetHours) } : {}),
  });
  const days = (Date.parse(range.toDay) - Date.parse(range.fromDay)) / DAY_MS + 1;
  if (days > DAYS_MAX || (values.from === undefined && values.day === undefined))
    throw new UsageError(`--from, --to: expected at most ${DAYS_MAX} days, the first of them named`);
  return range;
}

/**
 * Of which time a report is.
 *
 * @throws CommandError for one of other days than were asked for
 */
export function reportTime(
  { fromDay, toDay }: DayRange,
  { beginMs, createdMs }: Pick<ReportLink, 'beginMs' | 'createdMs'>,
  offsetHours: number,
  nowMs: Milliseconds,
): ReportTime {
  // The venue says of which days it is; an older one did not.
  if (beginMs > 0) {
    requireSameHour(beginMs, offsetHours);
    const day = dayOf(beginMs, offsetHours);
    if (day !== fromDay) {
      throw new CommandError(
        ExitCode.failed,
        `report of ${fromDay} to ${toDay}: expected days from ${fromDay} on, was one from ${day} on; ask again later`,
      );
    }
  }
  const endMs = dayBeginMs(toDay, offsetHours) + DAY_MS;
  // One that was made while its last day went on knows nothing of the hours since, whenever it is downloaded.
  const isEarly = createdMs > beginMs && createdMs < endMs;
  return {
    beginMs: dayBeginMs(fromDay, offsetHours),
    endMs,
    fetchedMs: Math.floor(isEarly ? Math.min(createdMs, nowMs) : nowMs),
  };
}

/** Days that begin at another hour than the ledger's would have orders differ for no other reason. */
function requireSameHour(beginMs: Milliseconds, offsetHours: number): void {
  const hours = (24 - new Date(beginMs).getUTCHours()) % 24;
  const found = hours > 14 ? hours - 24 : hours;
  if ((found - offsetHours) % 24 === 0) return;
  throw new CommandError(
    ExitCode.config,
    `broker.dayOffsetHours: expected the venue's days, which begin at ${new Date(beginMs).toISOString().slice(11, 16)} UTC, was ${offsetHours}; set it to ${found}`,
  );
}
