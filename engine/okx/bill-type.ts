import { OrderCategory } from '../base/order-category.ts';

/**
 * What made a trade, by the `subType` of its bill, which REST tells beside fills: the words of GET /account/bills
 * (OKX documentation, read 2026-07-28). Everything else is a trade like any other.
 */
const CATEGORIES: Readonly<Record<string, OrderCategory>> = {
  '100': OrderCategory.partialLiquidation,
  '101': OrderCategory.partialLiquidation,
  '102': OrderCategory.partialLiquidation,
  '103': OrderCategory.partialLiquidation,
  '104': OrderCategory.fullLiquidation,
  '105': OrderCategory.fullLiquidation,
  '106': OrderCategory.fullLiquidation,
  '107': OrderCategory.fullLiquidation,
  '112': OrderCategory.delivery,
  '113': OrderCategory.delivery,
  '114': OrderCategory.autoConversion,
  '115': OrderCategory.autoConversion,
  '125': OrderCategory.adl,
  '126': OrderCategory.adl,
  '127': OrderCategory.adl,
  '128': OrderCategory.adl,
  '131': OrderCategory.ddh,
  '132': OrderCategory.ddh,
};

export function categoryOfBill(subType: string): OrderCategory {
  return CATEGORIES[subType] ?? OrderCategory.normal;
}
