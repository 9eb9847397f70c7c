/** How an operator wants a position closed, where not by the engine's own orders at once: by an algo order of the venue. */

export const ExitWay = {
  twap: 'twap',
  iceberg: 'iceberg',
  trailing: 'trailing',
  trigger: 'trigger',
} as const;
export type ExitWay = (typeof ExitWay)[keyof typeof ExitWay];

export interface ExitTerms {
  readonly by: ExitWay;
  /** '' for every instrument with a position. */
  readonly instId: string;
  /** Of a TWAP: how long it may take. */
  readonly minutes: number;
  /** No piece is sold lower, or bought higher, than so far from the mark price at the beginning. */
  readonly limitBps: number;
  /** Of a trailing stop: how far it follows, as a share of the best price. */
  readonly ratio: number;
  /** Of a trigger: the mark price at which it closes, as decimal text. */
  readonly price: string;
}

const MINUTES_MAX = 1_440;
const DEFAULTS = { instrument: '', minutes: '30', 'limit-bps': '300', ratio: '0', price: '' } as const;

/** The names by which they are told on a command line and in a request, beside `by`. */
export const EXIT_NAMES = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];

/** Terms from text, or what is wrong with them; null where they ask for the engine's own way ("market"). */
export function readExitTerms(told: ReadonlyMap<string, string>): ExitTerms | string | null {
  const by = told.get('by') ?? 'market';
  const value = (name: keyof typeof DEFAULTS): string => told.get(name) ?? DEFAULTS[name];
  if (by === 'market') {
    const extra = EXIT_NAMES.find((name) => told.has(name));
    return extra === undefined ? null : `${extra}: expected only with another way than market; leave it out`;
  }
  const way = Object.values(ExitWay).find((each) => each === by);
  if (way === undefined) return `by: expected market, ${Object.values(ExitWay).join(', ')}, was "${by}"`;
  const minutes = Number(value('minutes'));
  if (!(minutes >= 1 && minutes <= MINUTES_MAX)) {
    return `minutes: expected 1 to ${MINUTES_MAX}, was "${value('minutes')}"`;
  }
  const limitBps = Number(value('limit-bps'));
  if (!(limitBps > 0 && limitBps <= 5_000)) {
    return `limit-bps: expected more than 0, at most 5000, was "${value('limit-bps')}"`;
  }
  const ratio = Number(value('ratio'));
  if (way === ExitWay.trailing && !(ratio >= 0.001 && ratio <= 1)) {
    return `ratio: expected 0.001 to 1 with trailing, was "${value('ratio')}"`;
  }
  const price = value('price');
  if (way === ExitWay.trigger && !/^\d+(\.\d+)?$/.test(price)) {
    return `price: expected a decimal with trigger, was "${price}"`;
  }
  return { by: way, instId: value('instrument'), minutes, limitBps, ratio, price };
}

/** As `readExitTerms` takes them. */
export function exitWords({ by, instId, minutes, limitBps, ratio, price }: ExitTerms): Map<string, string> {
  const words = { by, instrument: instId, minutes, 'limit-bps': limitBps, ratio, price };
  return new Map(Object.entries(words).map(([name, value]) => [name, String(value)]));
}
