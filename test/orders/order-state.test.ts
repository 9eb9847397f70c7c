import { describe, expect, it } from 'vitest';
import { NO_AMEND_RESULT, OrderUpdateState } from '../../engine/okx/order-update-decoder.ts';
import { AMENDS_IN_FLIGHT_MAX as VENUE_AMENDS_MAX, BATCH_ITEMS_MAX } from '../../engine/okx/venue-limits.ts';
import { BATCH_MAX } from '../../engine/base/command-op.ts';
import { AMENDS_IN_FLIGHT_MAX } from '../../engine/orders/amends-in-flight.ts';
import {
  AmendResult,
  ILLEGAL,
  OrderEvent,
  OrderState,
  UpdateState,
  nextState,
} from '../../engine/orders/order-state.ts';

const STATES = Object.values(OrderState);
const EVENTS = Object.values(OrderEvent);

describe('the table of order lives', () => {
  it('has an answer for every event in every state', () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        const next = nextState(state, event);
        expect(next === ILLEGAL || STATES.includes(next as OrderState)).toBe(true);
      }
    }
  });

  it('lets nothing happen to an order that is over', () => {
    for (const event of EVENTS) expect(nextState(OrderState.free, event)).toBe(ILLEGAL);
  });

  it('ends every life with a final push or with the venue not having it', () => {
    for (const state of STATES.filter((state) => state !== OrderState.free)) {
      expect(nextState(state, OrderEvent.pushedClosed)).toBe(OrderState.free);
      expect(nextState(state, OrderEvent.absent)).toBe(OrderState.free);
    }
  });

  it('never takes an order for over because an answer is missing or a cancel was refused', () => {
    for (const state of STATES) {
      for (const event of [OrderEvent.doubted, OrderEvent.goneAck]) {
        expect(nextState(state, event)).not.toBe(OrderState.free);
      }
    }
  });
});

describe('the numbers that cross into other rooms', () => {
  it('are those of the decoder and the encoder', () => {
    const { live, partiallyFilled, filled, cancelled, mmpCancelled, other } = UpdateState;
    expect(OrderUpdateState).toEqual({
      live,
      partiallyFilled,
      filled,
      canceled: cancelled,
      mmpCanceled: mmpCancelled,
      other,
    });
    expect(AmendResult.none).toBe(NO_AMEND_RESULT);
    expect([BATCH_MAX, AMENDS_IN_FLIGHT_MAX]).toEqual([BATCH_ITEMS_MAX, VENUE_AMENDS_MAX]);
  });
});
