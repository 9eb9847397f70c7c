/** One order by REST, as `AccountRest` offers it. It throws RestError and nothing else. */
import type { OrdType, OrderSide, PosSide, StpMode, TdMode } from '../okx/shapes.ts';
import type { Milliseconds } from '../base/units.ts';
import { RowReader } from './account-rows.ts';
import type { RestPort } from './account-rest.ts';

const PATH = '/api/v5/trade/order';

/** A limit order in the venue's words; the client that posts it sees to the tag. */
export interface PlaceRequest {
  readonly instId: string;
  readonly tdMode: TdMode;
  /** Of an order on margin: what backs it. */
  readonly ccy?: string;
  readonly side: OrderSide;
  /** Of an account with legs. */
  readonly posSide?: PosSide;
  readonly ordType: OrdType;
  readonly px: string;
  readonly sz: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly stpMode: StpMode;
}

/** What the venue said of an order that it took. */
export interface PlacedOrder {
  readonly ordId: string;
  readonly tag: string;
}

/** @param expiresMs the venue's time after which it must refuse it */
export async function placeOrder(
  rest: RestPort,
  request: PlaceRequest,
  expiresMs: Milliseconds,
): Promise<PlacedOrder> {
  const [row] = await rest.post(PATH, request, { expTime: String(Math.floor(expiresMs)) });
  const reader = new RowReader(row, 'POST', PATH);
  return { ordId: reader.text('ordId'), tag: reader.optionalText('tag') };
}
