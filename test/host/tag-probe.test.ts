import { describe, expect, it } from 'vitest';
import type { Config } from '../../engine/config/schema.ts';
import { Side } from '../../engine/base/side.ts';
import { OperatorCommand } from '../../engine/loop/loop-options.ts';
import { SLOT_MAX, clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import type { PlaceRequest } from '../../engine/venue/order-calls.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';
import { TAG, TinyAccount, idOf, restError } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';

type Answers = Pick<TinyAccount['answers'], 'placeOrder' | 'fetchOrder' | 'cancelOrders'>;

/** What was asked to be placed, the world in which it was, and what answers there now. */
interface Probed {
  readonly world: TinyWorld;
  readonly account: TinyAccount;
  readonly answers: Answers;
  readonly placed: PlaceRequest[];
}

function probed(): Probed {
  const machine = new Machine((nowMs) => new TinyAccount(nowMs));
  const { account } = machine;
  const placed: PlaceRequest[] = [];
  const { placeOrder, fetchOrder, cancelOrders } = account.answers;
  const answers: Answers = { placeOrder, fetchOrder, cancelOrders };
  account.answers.fetchBook = (instId) => bookOf(instId);
  account.answers.fetchOrder = (...args) => answers.fetchOrder(...args);
  account.answers.cancelOrders = (...args) => answers.cancelOrders(...args);
  account.answers.placeOrder = (request, expiresMs) => {
    placed.push(request);
    return answers.placeOrder(request, expiresMs);
  };
  return { world: new TinyWorld(machine), account, answers, placed };
}

/** A spot market of which there is no word, and swaps around 60,000. */
function bookOf(instId: string): string {
  const rows =
    instId === 'BTC-USDT' ? [[], []] : [[['60000.1', '5', '0', '1']], [['60000.0', '5', '0', '1']]];
  const [asks, bids] = rows;
  return JSON.stringify({ code: '0', msg: '', data: [{ asks, bids, ts: '1763676600000', seqId: 1 }] });
}

function configOf(kind: Config['venue']['kind'] = 'demo', broker: Partial<Config['broker']> = {}): Config {
  const config = testConfig();
  return { ...config, venue: { ...config.venue, kind }, broker: { ...config.broker, ...broker } };
}

describe('the probe of a start', () => {
  it('places the smallest order far from the market, sees its tag, and takes it out by the venue’s name', async () => {
    const { world, account, placed } = probed();
    const engine = (await world.start(configOf()))!;
    expect(placed).toEqual([
      {
        instId: 'BTC-USDT-SWAP',
        tdMode: 'cross',
        side: 'buy',
        ordType: 'post_only',
        // 60000 less a fifth.
        px: '48000',
        sz: '0.01',
        clOrdId: expect.stringMatching(
          new RegExp(`^${clientOrderIdText(engine.run, SLOT_MAX, 1).slice(0, -6)}9999`),
        ),
        tag: TAG,
        stpMode: 'cancel_maker',
      },
    ]);
    expect(account.orders.size).toBe(0);
    expect(engine.tagProof).toEqual({
      isProven: true,
      text: expect.stringContaining(`tag ${TAG}: the venue`),
    });
    expect(world.said('the venue gives it back')).toBe(1);
    expect(engine.status()['tag']).toMatchObject({ value: TAG, isProven: true });
    const calls = world.calls.filter((call) => /Order/.test(call) && call !== 'fetchOpenOrders');
    expect(calls).toEqual(['placeOrder', 'fetchOrder', 'cancelOrders', 'fetchOrder']);
    // The run is on disk, nothing rests of one before, and the switch is armed, before its first order leaves.
    const first = (call: string): number => world.calls.indexOf(call);
    expect(first('save')).toBeLessThan(first('fetchOpenOrders'));
    expect(first('fetchOpenOrders')).toBeLessThan(first('cancelAllAfter'));
    expect(first('cancelAllAfter')).toBeLessThan(first('placeOrder'));
    expect(account.switchSeconds).toBe(10);
    expect(world.machine.state).toMatchObject({ run: engine.run, runs: [engine.run] });
  });

  it('names its order as this run names all: behind the tag, where that is configured', async () => {
    const { world, placed } = probed();
    const engine = (await world.start(configOf('demo', { clOrdIdPrefix: true })))!;
    expect(placed[0]!.clOrdId.slice(0, -6)).toBe(
      clientOrderIdText(engine.run, SLOT_MAX, 1, TAG).slice(0, -6),
    );
  });

  it('says which leg it opens where the account has legs', async () => {
    const { world, account, placed } = probed();
    account.config = { ...account.config, posMode: 'long_short_mode' };
    await world.start(configOf());
    expect(placed[0]).toMatchObject({ instId: 'BTC-USDT-SWAP', side: 'buy', posSide: 'long' });
  });

  it.each([
    ['strips it', () => '', 'was none'],
    ['changes it', () => 'OTHERBROKERCODE', 'was "OTHERBROKERCODE"'],
  ])('refuses a venue that %s, and leaves nothing there', async (_name, tagOf, was) => {
    const { world, account } = probed();
    account.tagOf = tagOf;
    await expect(world.start(configOf())).rejects.toMatchObject({
      code: 'TAG_REFUSED',
      message: expect.stringMatching(
        new RegExp(`expected the venue to give ${TAG} back, ${was} on order \\d+`),
      ),
    });
    expect(account.orders.size).toBe(0);
  });

  it('believes the order rather than the ack that the tag is there', async () => {
    const { world, account, answers } = probed();
    answers.fetchOrder = () => ({ ...[...account.orders.values()][0]!, tag: '' });
    const { cancelOrders } = answers;
    answers.cancelOrders = (requests) => {
      answers.fetchOrder = () => undefined;
      return cancelOrders(requests);
    };
    await expect(world.start(configOf())).rejects.toThrow(`expected the venue to give ${TAG} back, was none`);
    expect(account.orders.size).toBe(0);
  });

  it('goes on to another side and instrument where the account has nothing for the first', async () => {
    const { world, account, answers, placed } = probed();
    const { placeOrder } = answers;
    answers.placeOrder = (request, expiresMs) => {
      if (request.side === 'sell') return placeOrder(request, expiresMs);
      throw restError('REST_REJECTED', '51008');
    };
    const engine = (await world.start(configOf('live')))!;
    expect(placed.map(({ instId, side }) => `${instId} ${side}`)).toEqual([
      'BTC-USDT-SWAP buy',
      'ETH-USDT-SWAP buy',
      'BTC-USDT-SWAP sell',
    ]);
    expect(placed[2]!.px).toBe('72000.2');
    // No name is used twice, though those that were refused are free.
    expect(new Set(placed.map(({ clOrdId }) => clOrdId)).size).toBe(3);
    expect(engine.tagProof?.isProven).toBe(true);
    expect(account.orders.size).toBe(0);
  });

  it('stays away from the side on which a position would grow', async () => {
    const { world, account, placed } = probed();
    account.trade('BTC-USDT-SWAP', Side.buy, 2, 60_000);
    const before = await world.recovered(configOf('paper'));
    await world.within(2_000, before.stop(), before);
    const next = new TinyWorld(world.machine);
    await next.start(configOf('paper', { probe: true }));
    expect(placed.map(({ instId, side }) => `${instId} ${side}`)).toEqual(['ETH-USDT-SWAP buy']);
  });

  it('of an account that can place nothing: demo starts and says so, live does not start', async () => {
    const refuse = (): never => {
      throw restError('REST_REJECTED', '51008');
    };
    const demo = probed();
    demo.answers.placeOrder = refuse;
    const engine = (await demo.world.start(configOf()))!;
    expect(engine.tagProof?.isProven).toBe(false);
    expect(demo.world.said('tag: cannot be proven: no order can be placed')).toBe(1);
    const live = probed();
    live.answers.placeOrder = refuse;
    await expect(live.world.start(configOf('live'))).rejects.toMatchObject({
      code: 'TAG_REFUSED',
      message: expect.stringContaining('mostly by funds for the smallest order'),
    });
  });

  it('asks for both sides of an account that holds coins alone, however many instruments it trades', async () => {
    const { world, account, answers, placed } = probed();
    const { placeOrder } = answers;
    answers.placeOrder = (request, expiresMs) => {
      if (request.side === 'sell') return placeOrder(request, expiresMs);
      throw restError('REST_REJECTED', '51008');
    };
    const config = configOf('live');
    const [spot, swap] = config.instruments;
    const many = ['SOL', 'XRP', 'DOGE', 'LTC', 'ADA', 'TRX'].map((coin) => `${coin}-USDT-SWAP`);
    const { fetchInstruments } = account.answers;
    account.answers.fetchInstruments = (instType, instFamily) => {
      const rows = fetchInstruments(instType, instFamily) as Readonly<Record<string, unknown>>[];
      const model = rows.find((row) => row['instId'] === swap!.instId);
      if (model === undefined) return rows;
      return [...rows, ...many.map((instId, index) => ({ ...model, instId, instIdCode: 9_000 + index }))];
    };
    const instruments = [spot!, swap!, ...many.map((instId) => ({ ...swap!, instId }))];
    const engine = (await world.start({ ...config, instruments }))!;
    expect(placed.map(({ side }) => side)).toEqual(['buy', 'buy', 'buy', 'sell']);
    expect(engine.tagProof?.isProven).toBe(true);
  });

  it('whose order cannot be taken out says which, and that a start does', async () => {
    const { world, account, answers, placed } = probed();
    const { cancelOrders } = answers;
    answers.cancelOrders = () => {
      throw restError('REST_TIMEOUT');
    };
    await expect(world.start(configOf())).rejects.toMatchObject({
      code: 'VENUE_UNREACHABLE',
      message: expect.stringMatching(
        /could not be cancelled \(.+\); start again, which cancels it, or cancel 1\d{18} of/,
      ),
    });
    const [left] = account.orders.values();
    expect(left!.clOrdId).toBe(placed[0]!.clOrdId);
    account.orders.set(left!.ordId, { ...left!, tag: '' });
    answers.cancelOrders = cancelOrders;
    world.crash();
    // Found by its run, though it has no tag.
    await new TinyWorld(world.machine).start(configOf());
    expect(account.orders.size).toBe(0);
  });

  it('that was not answered looks for its order until it is gone, and does not start', async () => {
    const { world, account } = probed();
    // The venue took it; its answer did not come.
    world.script('placeOrder', (answer) => {
      answer();
      throw new RestError(RestErrorCode.timeout, 'none came', {
        method: 'POST',
        path: '/api/v5/trade/order',
      });
    });
    await expect(world.start(configOf())).rejects.toMatchObject({ code: 'VENUE_UNREACHABLE' });
    expect(account.orders.size).toBe(0);
  });

  it('comes after what the run before has left was taken out', async () => {
    const { world, account, answers } = probed();
    account.place(idOf(7, 1));
    const { placeOrder } = answers;
    let resting = -1;
    answers.placeOrder = (request, expiresMs) => {
      resting = account.orders.size;
      return placeOrder(request, expiresMs);
    };
    await world.start(configOf());
    expect(resting).toBe(0);
  });

  it('does not leave without the switch behind it, nor while something waits for an operator', async () => {
    const unarmed = probed();
    unarmed.world.script('cancelAllAfter', () => {
      throw restError();
    });
    await expect(unarmed.world.start(configOf())).rejects.toMatchObject({ code: 'VENUE_UNREACHABLE' });
    expect(unarmed.placed).toEqual([]);
    const held = probed();
    const before = (await held.world.start(configOf('paper')))!;
    await held.world.within(2_000, before.command(OperatorCommand.halt), before);
    held.world.crash();
    const next = new TinyWorld(held.world.machine);
    const engine = (await next.start(configOf('paper', { probe: true })))!;
    expect(held.placed).toEqual([]);
    expect(engine.tagProof).toBe(undefined);
    expect(next.said('tag: not proven')).toBe(1);
  });

  it('is not asked for on paper, nor where it is switched off; on paper where it is switched on', async () => {
    for (const [config, count] of [
      [configOf('paper'), 0],
      [configOf('live', { probe: false }), 0],
      [configOf('paper', { probe: true }), 1],
    ] as const) {
      const { world, placed } = probed();
      const engine = (await world.start(config))!;
      expect(placed).toHaveLength(count);
      expect(engine.status()['tag']).toMatchObject({ isProven: count === 0 ? null : true });
    }
  });
});
