import { Refusal } from './refusal.ts';
import { missing } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';

/** Public data of products: options, tiers; budgets as documented (docs-v5, read 2026-07-28), by address. */
export const PRODUCT_ROUTES: readonly Route[] = [
  product('/api/v5/public/opt-summary', 20, optionSummary),
  product('/api/v5/public/instrument-tick-bands', 5, ({ venue, query }) => {
    const { instType = '', instFamily = '' } = query;
    if (instType === '') return missing('instType');
    return instType === 'OPTION' ? venue.exchange.products.tickBands(instFamily) : [];
  }),
  product('/api/v5/public/underlying', 20, ({ venue, query }) => {
    const { instType = '' } = query;
    if (instType === '') return missing('instType');
    // A list in a list.
    return [venue.exchange.products.underlyings(instType)];
  }),
  product('/api/v5/public/position-tiers', 10, positionTiers),
  product('/api/v5/public/estimated-price', 10, ({ venue, query, nowMs }) => {
    const { instId = '' } = query;
    if (instId === '') return missing('instId');
    const { delivery } = venue.exchange.products;
    return delivery.estimates(Math.floor(nowMs), ({ listing }) => listing.instId === instId);
  }),
  product('/api/v5/public/delivery-exercise-history', 40, ({ venue, query }) => {
    const { instType = '', instFamily = '', uly = '' } = query;
    if (instType === '') return missing('instType');
    if (instFamily === '' && uly === '') return missing('instFamily');
    return venue.exchange.products.delivery.history(instType, instFamily || uly);
  }),
  product('/api/v5/public/settlement-history', 40, ({ venue, query }) => {
    const { instFamily = '' } = query;
    return instFamily === ''
      ? missing('instFamily')
      : venue.exchange.products.delivery.settlements(instFamily);
  }),
];

function product(path: string, requests: number, answer: (call: RestCall) => RestAnswer): Route {
  return {
    method: 'GET',
    path,
    isPrivate: false,
    requests,
    windowMs: 2_000,
    budgetBy: '',
    isTimed: false,
    answer,
  };
}

function optionSummary({ venue, query, nowMs }: RestCall): RestAnswer {
  const { instFamily = '', uly = '', expTime = '' } = query;
  if (instFamily === '' && uly === '') return missing('instFamily');
  return venue.exchange.products.optionSummary(instFamily || uly, expTime, Math.floor(nowMs));
}

function positionTiers({ venue, query }: RestCall): RestAnswer {
  const { instType = '', tdMode = '', instFamily = '', instId = '', tier = '' } = query;
  if (instType === '') return missing('instType');
  if (tdMode === '') return missing('tdMode');
  const names = instType === 'MARGIN' ? instId : instFamily;
  if (names === '') return missing(instType === 'MARGIN' ? 'instId' : 'instFamily');
  if (names.split(',').length > FAMILIES_MAX) return new Refusal('51000', 400, 'Parameter instFamily error');
  return venue.exchange.products.positionTiers(instType, instFamily, instId, tier);
}

const FAMILIES_MAX = 5;
