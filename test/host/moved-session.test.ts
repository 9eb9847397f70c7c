import { expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { TinyAccount, idOf } from './tiny-account.ts';
import { Machine, TinyWorld } from './tiny-world.ts';

const SWAP_INDEX = 1;

it('a trade whose push was lost with the old connection is counted within two seconds of the move', async () => {
  const box = new Machine((nowMs) => new TinyAccount(nowMs));
  const world = new TinyWorld(box);
  const engine = await world.recovered();
  await world.pass(3_000, engine);
  box.account.trade('BTC-USDT-SWAP', Side.buy, 1, 60_000, idOf(engine.run, 4));
  engine.onSwitched(Connection.private);
  await world.pass(2_000, engine);
  expect(engine.loop.ledger.positionLots[SWAP_INDEX]).toBe(100);
  expect(world.reconnected).toEqual([]);
});
