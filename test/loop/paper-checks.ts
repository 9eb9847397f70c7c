import { expect } from 'vitest';
import { clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import { OrderState } from '../../engine/orders/order-state.ts';
import { RUN, TAG } from './loop-world.ts';
import { LOTS, OPEN_ORDERS_MAX } from './paper-market.ts';
import type { PaperMarket } from './paper-market.ts';

interface Received {
  readonly kind: string;
  readonly instId: string;
  readonly clOrdId: string;
  readonly tag: string;
  readonly sCode: string;
}

function received(market: PaperMarket): Received[] {
  return (market.venue.inspection.report(true) as { received: Received[] }).received;
}

/** The orders of the table as text, null while any is undecided. */
function tableRows(market: PaperMarket): string[] | null {
  const { table, instruments } = market.loop;
  const rows: string[] = [];
  for (let slot = 0; slot < table.capacity; slot++) {
    if (table.state[slot] === OrderState.free) continue;
    const isDecided =
      table.state[slot] === OrderState.live &&
      table.amendCount[slot] === 0 &&
      table.isCancelInFlight[slot] === 0;
    if (!isDecided) return null;
    const { tick, lot, instId } = instruments[table.instrument[slot]!]!;
    const id = clientOrderIdText(RUN, slot, table.generation[slot]!);
    rows.push(
      `${instId} ${id} ${tick.toText(table.priceTicks[slot]!)} ${lot.toText(table.sizeLots[slot]!)} ${lot.toText(table.filledLots[slot]!)}`,
    );
  }
  return rows.toSorted();
}

/** What must hold whatever happens; more of it while nothing is on its way. Returns whether that could be compared. */
export function check(market: PaperMarket): boolean {
  const { instruments, commands } = market.loop;
  const resting = market.resting();
  for (const { index, instId } of instruments) {
    const open = resting.filter((row) => row['instId'] === instId);
    if (open.length > OPEN_ORDERS_MAX) throw new Error(`${instId}: ${open.length} open orders`);
    const position = market.positionLots(index);
    if (Math.abs(position) > LOTS[index]!.position + 0.5) throw new Error(`${instId}: position ${position}`);
  }
  const rows = market.isQuiet ? tableRows(market) : null;
  if (rows === null) return false;
  const atVenue = resting
    .map(({ instId, clOrdId, px, sz, accFillSz }) =>
      [instId, clOrdId, Number(px), Number(sz), Number(accFillSz)].join(' '),
    )
    .toSorted();
  const ours = rows.map((row) =>
    row
      .split(' ')
      .map((cell, at) => (at < 2 ? cell : Number(cell)))
      .join(' '),
  );
  expect(ours).toEqual(atVenue);
  for (const { index } of instruments) {
    // Adding zero makes one of the two zeros of floats.
    expect(Math.round(market.positionLots(index)) + 0).toBe(commands.ledger.positionLots[index]! + 0);
  }
  return true;
}

/** @param isDisturbed the network held messages back: they may arrive bunched, or about orders that have filled unseen */
export function expectGoodOrders(market: PaperMarket, isDisturbed = false): void {
  const all = received(market);
  for (const { kind, tag } of all) if (kind === 'place') expect(tag).toBe(TAG);
  const refused = [...new Set(all.map(({ kind, sCode }) => `${kind} ${sCode}`))].filter(
    (row) => !row.endsWith(' 0'),
  );
  // Gone before a cancel or amend came, or filled or being cancelled as it did; anything else is a mistake of ours.
  const races = /^(cancel (51400|51410)|amend (51503|51510|51511|51509))$/;
  const bunched = /^(place 50011|amend (50011|51000)|cancel 50011)$/;
  for (const row of refused) if (!isDisturbed || !bunched.test(row)) expect(row).toMatch(races);
}

export async function expectCleanEnd(market: PaperMarket): Promise<void> {
  await market.stop();
  expect(market.resting()).toEqual([]);
  expect(market.loop.openOrders).toBe(0);
  expect(market.loop.table.exposureLots.every((lots) => lots === 0)).toBe(true);
  expect(market.loop.commands.requestsInFlight).toBe(0);
}
