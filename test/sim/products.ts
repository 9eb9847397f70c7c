import type { Random } from '../../engine/base/random.ts';
import type { Milliseconds } from '../../engine/base/units.ts';
import type { AccountLevel, InstrumentRow } from '../../engine/paper/exchange/exchange.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { EPOCH_MS } from './timeline.ts';

/** Something to trade: a listed instrument, or a spot pair on margin. */
export interface DrawnProduct {
  readonly row: InstrumentRow;
  readonly isMargin: boolean;
}

/** Which products a world trades, and in which kind of account. */
export interface DrawnProducts {
  readonly accountLevel: AccountLevel;
  readonly positionMode: 'net_mode' | 'long_short_mode';
  readonly products: readonly DrawnProduct[];
}

const SPOTS = ['BTC-USDT', 'ETH-USDT', 'SOL-USDT'];
const CONTRACTS = [
  'BTC-USDT-SWAP',
  'ETH-USDT-SWAP',
  'SOL-USDT-SWAP',
  'BTC-USD-SWAP',
  'ETH-USD-SWAP',
  'BTC-USD-261225',
  'BTC-USDT-260626',
  'BTC-USD_UM-SWAP',
  'BTC-USD_UM_XPERP-310404',
];
const OPTIONS = ['BTC-USD-261225-80000-C', 'BTC-USD-261225-80000-P', 'BTC-USD-261225-100000-C'];

const MINUTE_MS: Milliseconds = 60_000;
const DAY_MS: Milliseconds = 86_400_000;

/** One to three of them, such as the account's level allows. */
export function drawProducts(random: Random): DrawnProducts {
  const accountLevel = pick<AccountLevel>(random, ['1', '2', '2', '3', '3', '4', '4']);
  const isLegged = (accountLevel === '2' || accountLevel === '3') && random.unit() < 0.5;
  const menu = [...SPOTS, ...(accountLevel === '1' ? [] : [...CONTRACTS, ...CONTRACTS, ...OPTIONS])];
  const count = pick(random, [1, 1, 2, 2, 3]);
  const names = new Set<string>();
  while (names.size < count) names.add(pick(random, menu));
  // What ends does so all at once, in a world in which anything does: in the middle of it.
  const endsMs = random.unit() < 0.35 ? Math.round((4 + random.unit() * 20) * MINUTE_MS) : 90 * DAY_MS;
  const recorded = recordedInstruments();
  const products = [...names].map((instId) => {
    const found = recorded.find((row) => row.instId === instId)!;
    const row = String(found['expTime']) === '' ? found : endingAt(found, EPOCH_MS + endsMs);
    const isMargin = accountLevel === '2' && SPOTS.includes(instId) && random.unit() < 0.5;
    return { row, isMargin };
  });
  return { accountLevel, positionMode: isLegged ? 'long_short_mode' : 'net_mode', products };
}

/** What is out of the money has no price any more that could be quoted, so near its end: the strikes are moved. */
function endingAt(row: InstrumentRow, expiryMs: Milliseconds): InstrumentRow {
  const stk = row['optType'] === 'C' ? '70000' : row['optType'] === 'P' ? '86000' : '';
  return { ...row, expTime: String(expiryMs), ...(stk === '' ? {} : { stk }) };
}

/** About what an option of a coin costs, as a share of it: the start of the seeded market is near it. */
const PREMIUM = 0.1;

/** How many lots are worth about 150 dollars, by what a lot controls; and ticks a basis point of the price. */
export function scaleOf(
  row: InstrumentRow,
  coinUsd: number,
): { readonly lots: number; readonly bpsTicks: number; readonly lotUsd?: number } {
  const text = (name: string): number => Number(row[name] ?? 0);
  const isContract = row.instType !== 'SPOT';
  const isOption = row.instType === 'OPTION';
  const unit = isContract ? text('ctVal') * (text('ctMult') || 1) : 1;
  const isInverse = isContract && !isOption && row['ctType'] === 'inverse';
  const lotUsd = text('lotSz') * unit * (isInverse ? 1 : coinUsd);
  const price = isOption ? PREMIUM * (row['settleCcy'] === 'BTC' ? 1 : coinUsd) : coinUsd;
  return { lots: Math.max(1, Math.round(150 / lotUsd)), bpsTicks: price / 10_000 / text('tickSz'), lotUsd };
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)]!;
}
