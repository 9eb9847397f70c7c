import { expect, test } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { Connection } from '../../engine/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import { OrderState } from '../../engine/orders/order-state.ts';
import { RUN, TAG } from './loop-world.ts';
import { LOTS, OPEN_ORDERS_MAX, PaperMarket } from './paper-market.ts';

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
function check(market: PaperMarket): boolean {
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

function expectGoodOrders(market: PaperMarket): void {
  const all = received(market);
  for (const { kind, tag } of all) if (kind === 'place') expect(tag).toBe(TAG);
  const refused = [...new Set(all.map(({ kind, sCode }) => `${kind} ${sCode}`))].filter(
    (row) => !row.endsWith(' 0'),
  );
  // Gone before a cancel or amend came, or filled or being cancelled as it did; anything else is a mistake of ours.
  for (const row of refused) expect(row).toMatch(/^(cancel (51400|51410)|amend (51503|51510|51511|51509))$/);
}

async function expectCleanEnd(market: PaperMarket): Promise<void> {
  await market.stop();
  expect(market.resting()).toEqual([]);
  expect(market.loop.openOrders).toBe(0);
  expect(market.loop.table.exposureLots.every((lots) => lots === 0)).toBe(true);
  expect(market.loop.commands.requestsInFlight).toBe(0);
}

test.each([1, 2, 3])('seed %i: a market without faults', async (seed) => {
  const market = new PaperMarket(seed);
  let compared = 0;
  await market.run(40_000, (passedMs) => {
    if (passedMs % 10 === 0 && check(market)) compared++;
  });
  expect(market.loop.phase).toBe(LoopPhase.quoting);
  expect(compared).toBeGreaterThan(50);
  expect(market.requests, 'one recovery, at the start').toHaveLength(1);
  expect(market.loop.table.illegalCount).toBe(0);
  expect(market.loop.commands.ledger.fillCount.every((fills) => fills > 0)).toBe(true);
  for (const { state } of market.loop.market.books) expect(state).toBe(1);
  expectGoodOrders(market);
  await expectCleanEnd(market);
});

/** Something goes wrong every second or so, and heals. */
function disturb(market: PaperMarket, random: Random): void {
  const instId = market.loop.instruments[random.below(3)]!.instId;
  const connection = random.below(3) as Connection;
  switch (random.below(5)) {
    case 0:
      market.venue.market.publisher(instId)!.loseUpdate();
      break;
    case 1:
      market.venue.market.publisher(instId)!.resetSequence();
      break;
    case 2:
    case 3:
      if (!market.isConnected(connection)) break;
      market.disconnect(connection);
      market.at(50 + random.below(400), () => market.connect(connection));
      break;
    default:
      market.loop.onWorkerLost([0, 1, 2], market.nowNs);
      market.at(20 + random.below(300), () => market.loop.onWorkerReady([0, 1, 2], market.nowNs));
  }
}

test.each([11, 12, 13, 14])('seed %i: faults come and heal', async (seed) => {
  const market = new PaperMarket(seed);
  const random = new Random(seed);
  let compared = 0;
  for (let fault = 0; fault < 12; fault++) {
    await market.run(500 + random.below(1_500), (passedMs) => {
      if (passedMs % 10 === 0 && check(market)) compared++;
    });
    disturb(market, random);
  }
  // A book that has broken often waits up to a minute for its next subscription; nothing else may last.
  await market.run(3_000, (passedMs) => {
    if (passedMs % 10 === 0 && check(market)) compared++;
  });
  expect(compared).toBeGreaterThan(20);
  expect(market.loop.phase).toBe(LoopPhase.quoting);
  for (const { index, instId } of market.loop.instruments) {
    const isThere = market.loop.market.books[index]!.state === 1;
    if (isThere) expect(market.loop.table.openCounts[index], instId).toBeGreaterThan(0);
  }
  expectGoodOrders(market);
  await expectCleanEnd(market);
});

test('the same seed gives the same bytes at the same times', async () => {
  const run = async (): Promise<string> => {
    const market = new PaperMarket(5);
    await market.run(3_000);
    market.disconnect(Connection.trade);
    market.at(100, () => market.connect(Connection.trade));
    await market.run(3_000);
    await market.stop();
    return `${market.sentCount} ${market.digest()}`;
  };
  expect(await run()).toBe(await run());
});
