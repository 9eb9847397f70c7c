/** What the venue tells of contracts that have ended. Each rejects with RestError and nothing else. */
import type { Milliseconds } from '../base/units.ts';
import type { InstType } from '../okx/shapes.ts';
import { RowReader } from './account-rows.ts';
import type { RestClient } from './rest-client.ts';

type SettlementPort = Pick<RestClient, 'get'>;

/** The price at which one contract ended. */
export interface DeliveryRow {
  readonly instId: string;
  /** Of a future; for an option that of its underlying. Decimal text. */
  readonly px: string;
  readonly tsMs: Milliseconds;
}

/** What the end of a contract, or its exercise, has changed in a balance. */
export interface DeliveryBill {
  readonly instId: string;
  readonly billId: string;
  /** Negative is paid. Decimal text, "" where none was charged. */
  readonly fee: string;
  readonly tsMs: Milliseconds;
}

const DELIVERIES = '/api/v5/public/delivery-exercise-history';

/** The last hundred times at which contracts of a family ended, newest first. */
export async function fetchDeliveries(
  rest: SettlementPort,
  instType: InstType,
  instFamily: string,
): Promise<DeliveryRow[]> {
  const rows = await rest.get(DELIVERIES, { instType, instFamily });
  return rows.flatMap((each) => {
    const row = new RowReader(each, 'GET', DELIVERIES);
    const tsMs = row.milliseconds('ts');
    // The venue's own spelling.
    return row
      .rows('details')
      .map((detail) => ({ instId: detail.text('insId'), px: detail.decimal('px'), tsMs }));
  });
}

const BILLS = '/api/v5/account/bills';
/** Deliveries and exercises, of all kinds. */
const DELIVERY_TYPE = '3';

/** The newest hundred of the last seven days. */
export async function fetchDeliveryBills(rest: SettlementPort, instType: InstType): Promise<DeliveryBill[]> {
  const rows = await rest.get(BILLS, { instType, type: DELIVERY_TYPE }, { isSigned: true });
  return rows.map((each) => {
    const row = new RowReader(each, 'GET', BILLS);
    return {
      instId: row.optionalText('instId'),
      billId: row.text('billId'),
      fee: row.optionalDecimal('fee'),
      tsMs: row.milliseconds('ts'),
    };
  });
}
