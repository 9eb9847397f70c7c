/** A way out of a position that the venue works off by itself: what the operator may ask for, and the algo order it is. */
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { ExitTerms } from '../base/exit-terms.ts';
import {
  icebergBody,
  trailingBody,
  triggerBody,
  twapBody,
  type AlgoHead,
  type AlgoPlace,
} from '../okx/algo-requests.ts';
import { TriggerBy } from '../okx/shapes.ts';

/** A piece every so many seconds, or less often where pieces would be smaller than the least order. */
const TWAP_SECONDS = 10;
/** How far beyond the best price a piece of a TWAP may go: what is not there is taken by the next. */
const TWAP_REACH = '0.002';
/** Of an iceberg: so many pieces in all, and in the book at once. */
const ICEBERG_PIECES = 20;
const ICEBERG_SHOWN = 2;
const BPS = 10_000;

/**
 * @param lots to be closed, by an order of `head.side`
 * @param markTicks the price now: pieces keep within `limitBps` of it
 */
export function exitBody(
  head: AlgoHead,
  terms: ExitTerms,
  instrument: Instrument,
  lots: Lots,
  markTicks: number,
): AlgoPlace {
  const { tick, lot, minLots } = instrument;
  const sz = lot.toText(lots);
  const reach = (markTicks * terms.limitBps) / BPS;
  const limit: Ticks = Math.max(
    1,
    head.side === 'buy' ? Math.floor(markTicks + reach) : Math.ceil(markTicks - reach),
  );
  const pxLimit = tick.toText(limit);
  const piece = (count: number): string =>
    lot.toText(Math.min(lots, Math.max(minLots, Math.ceil(lots / count))));
  switch (terms.by) {
    case 'twap': {
      const pieces = Math.max(1, Math.round((terms.minutes * 60) / TWAP_SECONDS));
      const made = Math.max(1, Math.min(pieces, Math.floor(lots / minLots)));
      const intervalSeconds = Math.max(1, Math.round((terms.minutes * 60) / made));
      return twapBody(head, { sz, szLimit: piece(made), pxLimit, intervalSeconds, pxVar: TWAP_REACH });
    }
    case 'iceberg':
      return icebergBody(head, { sz, szLimit: piece(ICEBERG_PIECES), pxLimit, pieces: ICEBERG_SHOWN });
    case 'trailing':
      return trailingBody(head, { sz, callbackRatio: String(terms.ratio) });
    case 'trigger': {
      const isOfBase = instrument.kind === ContractKind.spot;
      return triggerBody(head, { sz, triggerPx: terms.price, triggerBy: TriggerBy.mark, isOfBase });
    }
  }
}

/** For the operator: how it closes. */
export function exitText(terms: ExitTerms): string {
  switch (terms.by) {
    case 'twap':
      return `a TWAP over ${terms.minutes} minutes`;
    case 'iceberg':
      return 'an iceberg';
    case 'trailing':
      return `a trailing stop ${terms.ratio} away`;
    case 'trigger':
      return `a market order at ${terms.price}`;
  }
}
