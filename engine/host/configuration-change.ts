/**
 * What differs between two configurations, key by key, and what of it a running engine can take up.
 *
 *     instruments[0].strategy.halfSpreadBps (BTC-USDT): 5 -> 6         taken up
 *     metrics.port: 9464 -> 9465                                       refused: the whole change is
 */
import type { Config } from '../config/schema.ts';

/** One key whose value is another one. Values as JSON; `absent` for a key that is not there. */
export interface KeyChange {
  /** As errors name it, such as `instruments[0].strategy.size`. */
  readonly key: string;
  /** The instrument that it is about; '' for none. */
  readonly instId: string;
  readonly before: string;
  readonly after: string;
}

const ABSENT = 'absent';

/**
 * Keys that are read while the engine runs, by their beginnings; every other one was read once, at the start. The row of an
 * instrument is written without its number.
 */
const LIVE = [
  'instruments[].strategy.',
  'instruments[].limits.',
  'instruments[].brakes.',
  'portfolio.',
  'protection.',
  'calibration.',
  'account.',
  'engine.quoteAgeMsMax',
  'engine.bookSilenceMsMax',
  'engine.ackTimeoutMs',
  'engine.auditMs',
  'engine.bookAgeMsMax',
  'engine.clockOffsetMsMax',
  'engine.stallMsMax',
  'engine.closeBps',
  'engine.followsFile',
  // Read by `okx-mm backtest` alone.
  'backtest.',
] as const;

/** Of those, what something was built for at the start that cannot be rebuilt under a running engine; with the reason. */
const FIXED: readonly (readonly [string, string])[] = [
  ['calibration.startFile', 'it is what calibration begins with'],
  ['calibration.memorySeconds', 'the counts that there are were forgotten at this rate'],
];

/** Limits that are watched by a channel which may have been refused at the start, when none asked for it. */
const SWITCHED = ['account.marginRatioMin', 'account.liquidationDistanceBps'] as const;

/** Every key that differs, in the order of the files. */
export function differenceOf(before: Config, after: Config): KeyChange[] {
  const changes: KeyChange[] = [];
  collect('', before, after, changes);
  const instId = (key: string): string => {
    const index = /^instruments\[(\d+)\]/.exec(key)?.[1];
    return index === undefined ? '' : (before.instruments[Number(index)]?.instId ?? '');
  };
  return changes.map((change) => ({ ...change, instId: instId(change.key) }));
}

function collect(key: string, before: unknown, after: unknown, out: KeyChange[]): void {
  if (isMap(before) && isMap(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const path = Array.isArray(before) ? `${key}[${name}]` : key === '' ? name : `${key}.${name}`;
      collect(path, before[name], after[name], out);
    }
    return;
  }
  const [from, to] = [shown(before), shown(after)];
  if (from !== to) out.push({ key, instId: '', before: from, after: to });
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return value === undefined ? ABSENT : JSON.stringify(value);
}

/** A change in one line. */
export function changeText({ key, instId, before, after }: KeyChange): string {
  return `${key}${instId === '' ? '' : ` (${instId})`}: ${before} -> ${after}`;
}

/**
 * Why a running engine cannot take these up, a line each; empty when it can. The list of instruments is one line, however
 * much of it is another one.
 */
export function refusalsOf(before: Config, after: Config, changes: readonly KeyChange[]): string[] {
  const names = ({ instruments }: Config): string => instruments.map(({ instId }) => instId).join(', ');
  if (names(before) !== names(after)) {
    return [
      `instruments: expected ${names(before)} in this order, as at the start, was ${names(after)}; restart the engine for others`,
    ];
  }
  return changes.flatMap((change) => {
    const reason = reasonOf(change);
    return reason === ''
      ? []
      : [`${changeText(change)}: ${reason}; restart the engine for it, or take it back`];
  });
}

function reasonOf({ key, before }: KeyChange): string {
  const path = key.replace(/^instruments\[\d+\]/, 'instruments[]');
  const fixed = FIXED.find(([prefix]) => path === prefix);
  if (fixed !== undefined) return `expected to stay as at the start: ${fixed[1]}`;
  if (SWITCHED.some((each) => each === path) && before === '0') {
    return 'expected to stay 0: the channel that tells it was not asked for at the start';
  }
  if (LIVE.some((prefix) => (prefix.endsWith('.') ? path.startsWith(prefix) : path === prefix))) return '';
  return 'expected to stay as at the start';
}
