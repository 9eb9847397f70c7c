import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { KillLevel, KillTrigger, ACCOUNT } from '../../engine/risk/kill-ladder.ts';
import { TAG, TinyAccount, idOf, restError } from './tiny-account.ts';
import { Machine, TinyWorld, testConfig } from './tiny-world.ts';
import { at } from '../time-cell.ts';

const SWAP = 'BTC-USDT-SWAP';
const SPOT_INDEX = 0;
const SWAP_INDEX = 1;

function machine(): Machine {
  return new Machine((nowMs) => new TinyAccount(nowMs));
}

describe('a start', () => {
  it('has its run on disk before it returns, and a later one than any before', async () => {
    const box = machine();
    const first = await new TinyWorld(box).start();
    expect(box.state).toMatchObject({
      run: first!.run,
      uid: box.account.config.uid,
      tag: TAG,
      venue: 'paper',
    });
    const second = await new TinyWorld(box).start();
    expect(second!.run).toBeGreaterThan(first!.run);
    expect(box.state!.run).toBe(second!.run);
  });

  it('takes a position that was never looked at as it is, and counts its profit from its average price', async () => {
    const box = machine();
    box.account.trade(SWAP, Side.buy, 2, 50_000);
    const engine = await new TinyWorld(box).recovered();
    const { ledger } = engine.loop;
    expect(ledger.positionLots[SWAP_INDEX]).toBe(200);
    expect(ledger.entryTicks[SWAP_INDEX]).toBe(500_000);
    expect(ledger.fillCount[SWAP_INDEX]).toBe(0);
    expect(ledger.fees[SWAP_INDEX]).toBe(0);
  });

  it('books what was traded while nobody looked, once, however often it starts', async () => {
    const box = machine();
    box.account.balances.set('BTC', 3);
    const first = new TinyWorld(box);
    await first.recovered();
    first.crash();
    box.account.trade(SWAP, Side.sell, 1, 60_000, idOf(7, 1));
    box.account.trade('BTC-USDT', Side.buy, 0.5, 60_000, idOf(7, 2));
    for (let restart = 0; restart < 3; restart++) {
      const world = new TinyWorld(box);
      const engine = await world.recovered();
      const { ledger } = engine.loop;
      expect(ledger.positionLots[SWAP_INDEX]).toBe(-100);
      expect(ledger.fees[SWAP_INDEX]).toBe(-0.01);
      expect(ledger.positionLots[SPOT_INDEX]).toBe(50_000_000);
      expect(ledger.baseFees[SPOT_INDEX]).toBeCloseTo(-0.000_5, 12);
      expect(ledger.fillCount[SPOT_INDEX]).toBe(1);
      expect(world.said('taken from the venue: ')).toBe(0);
      await world.pass(2_000, engine);
      world.crash();
    }
    expect(Number(box.state!.holdings['BTC'])).toBeCloseTo(3, 10);
  });

  it('converges after a crash at every await of it', async () => {
    const former = new TinyWorld(machine());
    const before = await former.recovered();
    before.loop.halt(KillTrigger.invariant, former.clock.nowNs());
    await former.within(2_000, before.stop(), before);
    const { run } = before;
    let last = 0;
    for (let crashAt = 1; last === 0; crashAt++) {
      for (const isCrashedSaveKept of [false, true]) {
        const box = machine();
        box.disk = former.machine.disk;
        box.clock.advanceNs(former.clock.nowNs());
        box.account.place(idOf(run, 3));
        box.account.trade(SWAP, Side.buy, 1, 60_000, idOf(run, 4));

        const crashing = new TinyWorld(box);
        crashing.crashAt = crashAt;
        crashing.isCrashedSaveKept = isCrashedSaveKept;
        await crashing.recovered().catch((error: unknown) => {
          if (!crashing.isDead) throw error;
        });
        if (!crashing.isDead) last = crashAt;
        crashing.crash();
        const { run: crashedRun } = box.state!;

        const world = new TinyWorld(box);
        const engine = await world.recovered();
        expect(engine.run).toBeGreaterThan(crashedRun);
        expect(crashedRun).toBeGreaterThanOrEqual(run);
        expect(engine.loop.ladder.isHalted).toBe(true);
        expect(engine.loop.ledger.positionLots[SWAP_INDEX]).toBe(100);
        expect(engine.loop.ledger.fees[SWAP_INDEX]).toBe(-0.01);
        expect(box.account.orders.size).toBe(0);
        expect(world.failures).toEqual([]);
      }
    }
    // The way from nothing to a recovered account has so many places to die at least.
    expect(last).toBeGreaterThan(20);
  });

  it.each([
    ['of another account', { uid: '1' }, 'expected one of uid 1, was of uid 446556789012345678'],
    [
      'in an unknown position mode',
      { posMode: 'other_mode' },
      'expected position mode net_mode or long_short_mode',
    ],
    ['whose key may not trade', { permissions: ['read_only'] }, 'expected an API key with trade permission'],
  ])('refuses an account %s', async (_what, change, text) => {
    const box = machine();
    await new TinyWorld(box).start();
    const kept = box.disk;
    box.account.config = { ...box.account.config, ...change };
    await expect(new TinyWorld(box).start()).rejects.toThrow(text);
    expect(box.disk).toBe(kept);
  });

  it('refuses a clock that is off by a minute, and says what to do', async () => {
    const world = new TinyWorld(machine());
    world.venueClock.offsetMs = 60_000;
    await expect(world.start()).rejects.toMatchObject({
      code: 'CLOCK_REFUSED',
      message: expect.stringContaining('is 60000 ms behind it; set this machine'),
    });
  });

  it.each(['50119', '50101'])('says of %s that the key is of another region', async (code) => {
    const world = new TinyWorld(machine());
    world.script('fetchAccountConfig', () => Promise.reject(restError('REST_REJECTED', code)));
    await expect(world.start()).rejects.toMatchObject({
      code: 'ACCOUNT_REFUSED',
      message: expect.stringContaining('venue.region'),
    });
  });
});

describe('a halt', () => {
  it('is what the next start finds, as soon as the command is answered', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    const result = await world.within(1_000, engine.command('halt'), engine);
    expect(result).toMatchObject({ isDone: true });
    world.crash();
    const next = new TinyWorld(box);
    const after = await next.recovered();
    expect(after.loop.ladder.isHalted).toBe(true);
    expect(await next.within(1_000, after.command('resume'), after)).toMatchObject({ isDone: true });
    next.crash();
    expect((await new TinyWorld(box).recovered()).loop.ladder.isHalted).toBe(false);
  });

  it('that cannot be written down is not said to be done', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    world.state.save = () => Promise.reject(new Error('no space left on device'));
    const result = await world.within(1_000, engine.command('halt'), engine);
    expect(result).toMatchObject({ isDone: false });
    expect(result!.text).toContain('could not be written down');
    expect(engine.loop.ladder.isHalted).toBe(true);
    await world.pass(5_000, engine);
    expect(world.said('state: could not be saved')).toBe(1);
  });
});

describe('a command that breaks a rule of the engine', () => {
  it('ends the run as any other input would, and the next start is halted', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    const broken = new AssertionError('a rule');
    const send = engine.loop.commands.send;
    engine.loop.commands.send = () => {
      throw broken;
    };
    await expect(world.within(1_000, engine.command('pause'))).rejects.toBe(broken);
    expect(world.failures).toEqual([broken]);
    engine.loop.commands.send = send;
    await world.within(10_000, engine.stop(broken), engine);
    world.crash();
    expect((await new TinyWorld(box).recovered()).loop.ladder.isHalted).toBe(true);
  });
});

describe('a brake that is set to zero', () => {
  it('is none', async () => {
    const world = new TinyWorld(machine());
    const config = testConfig();
    const instruments = config.instruments.map((each) => ({
      ...each,
      brakes: { ...each.brakes, volatilityBps: 0, adverseBps: 0 },
    }));
    const { loop } = await world.recovered({ ...config, instruments });
    const { volatility, adverse } = loop.kill;
    const nowNs = world.clock.nowNs();
    for (const ticks of [100, 200]) {
      volatility.onFair(SWAP_INDEX, new Float64Array(instruments.length).fill(ticks), at(nowNs));
    }
    adverse.onFill(SWAP_INDEX, Side.buy, 200, nowNs);
    adverse.onTimer(at(nowNs + 2 * NS_PER_SECOND), new Float64Array(instruments.length).fill(100));
    expect(loop.ladder.level(SWAP_INDEX)).toBe(KillLevel.quoting);
  });
});

describe('a recovery', () => {
  it('cancels ours of whatever run, and leaves others alone', async () => {
    const box = machine();
    box.account.place(idOf(5, 1));
    box.account.place(idOf(6, 2), { instId: 'SOL-USDT' });
    const foreign = [
      box.account.place(idOf(5, 1), { tag: 'OTHER' }),
      box.account.place('manual'),
      box.account.place('', { tag: '' }),
    ];
    await new TinyWorld(box).recovered();
    expect([...box.account.orders.keys()]).toEqual(foreign.map(({ ordId }) => ordId));
  });

  it('waits for orders that a crashed engine may have sent, and finds one that arrives late', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = (await world.start())!;
    world.up(engine);
    await world.pass(1_500, engine);
    expect(engine.loop.account.isRecovered).toBe(false);
    box.account.place(idOf(5, 1));
    await world.pass(3_000, engine);
    expect(engine.loop.account.isRecovered).toBe(true);
    expect(box.account.orders.size).toBe(0);
  });

  it('does not believe a list of orders that is old', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const order = box.account.place(idOf(5, 1));
    // The list goes on showing an order that was cancelled.
    world.script('fetchOpenOrders', ...Array.from({ length: 4 }, () => () => [order]));
    await world.recovered();
    expect(box.account.orders.size).toBe(0);
  });

  it('looks again while trades and positions do not add up', async () => {
    const box = machine();
    const first = new TinyWorld(box);
    await first.recovered();
    first.crash();
    box.account.trade(SWAP, Side.buy, 1, 60_000, idOf(5, 1));
    const world = new TinyWorld(box);
    const old = () => [];
    world.script('fetchFills', old, old, old);
    const engine = await world.recovered();
    const { ledger } = engine.loop;
    expect(ledger.positionLots[SWAP_INDEX]).toBe(100);
    expect(ledger.fillCount[SWAP_INDEX]).toBe(1);
    expect(ledger.fees[SWAP_INDEX]).toBe(-0.01);
  });

  it('looks again when the positions are what is old', async () => {
    const box = machine();
    const first = new TinyWorld(box);
    await first.recovered();
    first.crash();
    box.account.trade(SWAP, Side.buy, 1, 60_000, idOf(5, 1));
    const world = new TinyWorld(box);
    const old = () => [];
    world.script('fetchPositions', old, old, old);
    const { loop } = await world.recovered();
    expect(loop.ledger.positionLots[SWAP_INDEX]).toBe(100);
    expect(loop.account.recoveryDifferences).toBe(0);
  });

  it('takes a position that no trade explains, and says so', async () => {
    const box = machine();
    const first = new TinyWorld(box);
    await first.recovered();
    first.crash();
    box.account.positions.set(SWAP, { lots: 3, avgPx: 61_000 });
    const world = new TinyWorld(box);
    const { loop } = await world.recovered();
    expect(loop.ledger.positionLots[SWAP_INDEX]).toBe(300);
    expect(world.said('position of BTC-USDT-SWAP is 3, trades make it 0')).toBeGreaterThan(0);
  });

  it('takes coins that came from elsewhere as a holding, never as a position', async () => {
    const box = machine();
    box.account.balances.set('BTC', 1);
    const first = new TinyWorld(box);
    await first.recovered();
    first.crash();
    box.account.balances.set('BTC', 4);
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    expect(engine.loop.ledger.positionLots[SPOT_INDEX]).toBe(0);
    expect(world.said('BTC is above what trades make it by 3')).toBe(1);
    await world.pass(1_500, engine);
    expect(Number(box.state!.holdings['BTC'])).toBe(4);
  });

  it('tries again until the venue answers', async () => {
    const world = new TinyWorld(machine());
    const busy = () => Promise.reject(restError());
    world.script('fetchOpenOrders', busy, busy);
    world.script('fetchBalances', busy);
    await world.recovered();
    expect(world.said('recovery: ')).toBe(3);
  });

  it('halts on an account whose mode has changed', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    box.account.config = { ...box.account.config, posMode: 'long_short_mode' };
    world.down(engine, Connection.private);
    world.up(engine, Connection.private);
    await world.pass(4_000, engine);
    expect(engine.loop.ladder.accountReason).toBe(KillTrigger.accountChanged);
    expect(engine.loop.ladder.isHalted).toBe(true);
    expect(world.said('account changed: ')).toBe(1);
  });

  it('asks for another engine when a grid has changed unseen', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    box.account.changes.set(SWAP, { tickSz: '0.5' });
    world.down(engine, Connection.private);
    world.up(engine, Connection.private);
    await world.pass(4_000, engine);
    expect(world.reloads).toEqual([`grid or code of ${SWAP} is another one now`]);
    expect(engine.loop.account.isRecovered).toBe(false);
  });

  it('moves to new connections when it is needed again and again', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    for (let doubt = 0; doubt < 2; doubt++) {
      engine.loop.account.recover();
      await world.pass(3_000, engine);
    }
    expect(world.reconnected).toEqual([Connection.private, Connection.trade]);
  });

  it('asks no faster than the venue answers, however often it is needed', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    const before = world.count('fetchAccountConfig');
    for (let doubt = 0; doubt < 40; doubt++) {
      engine.loop.account.recover();
      await world.pass(50, engine);
    }
    expect(world.count('fetchAccountConfig') - before).toBeGreaterThan(0);
    expect(world.count('fetchAccountConfig') - before).toBeLessThanOrEqual(4);
  });

  it('of an engine that is gone does nothing', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    engine.loop.account.recover();
    await world.pass(20, engine);
    await world.within(5_000, engine.stop(), engine);
    const told = world.lines.length;
    const calls = world.calls.length;
    await world.pass(20_000, engine);
    expect(world.lines.slice(told)).toEqual([]);
    expect(world.calls.slice(calls)).toEqual([]);
    expect(engine.loop.account.isRecovered).toBe(false);
  });
});

describe('an audit', () => {
  it('cancels an order of ours that nobody knows, once it is old enough, and no other', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    const foreign = box.account.place('manual');
    box.account.place(idOf(5, 9));
    box.account.place(idOf(5, 8), { instId: 'SOL-USDT' });
    engine.request(LoopRequest.audit, -1);
    await world.pass(200, engine);
    expect(box.account.orders.size).toBe(3);
    await world.pass(4_000, engine);
    engine.request(LoopRequest.audit, -1);
    await world.pass(200, engine);
    expect([...box.account.orders.keys()]).toEqual([foreign.ordId]);
    expect(world.said('2 stray orders')).toBe(1);
  });

  it('books a trade that no push has told, and moves what is verified past it', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    const before = engine.desk.verifiedMs;
    box.account.trade('ETH-USDT-SWAP', Side.sell, 2, 3_000, idOf(5, 1));
    await world.pass(40_000, engine);
    expect(engine.loop.ledger.bookedLots[2]).toBe(-200);
    expect(engine.desk.verifiedMs).toBeGreaterThan(before + 20_000);
    expect(box.state!.trades.map(({ instId }) => instId)).toContain('ETH-USDT-SWAP');
  });
});

describe('the dead man’s switch', () => {
  it('beats with the timer, and never without it', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    const before = engine.deadMansSwitch.beats;
    await world.pass(10_000, engine);
    expect(engine.deadMansSwitch.beats - before).toBeGreaterThanOrEqual(4);
    const stuck = world.count('cancelAllAfter');
    await world.pass(60_000);
    expect(world.count('cancelAllAfter')).toBe(stuck);
  });

  it('does not beat for a loop that throws', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    engine.loop.account.onTimer = () => {
      throw new AssertionError('the test’s own');
    };
    const before = world.count('cancelAllAfter');
    for (let timer = 0; timer < 500; timer++) {
      await world.pass(20);
      expect(() => engine.onTimer()).toThrow('the test’s own');
    }
    expect(world.count('cancelAllAfter')).toBe(before);
  });

  it('is put out by a stop that the venue has confirmed, after its last beat', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    expect(box.account.switchSeconds).toBe(10);
    const report = await world.within(10_000, engine.stop(), engine);
    expect(report).toEqual({ isConfirmed: true, detail: 'all orders cancelled and confirmed' });
    expect(box.account.switchSeconds).toBe(0);
    await world.pass(10_000, engine);
    expect(box.account.switchSeconds).toBe(0);
  });

  it('stays armed behind a stop that could not be confirmed', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    world.script('fetchOpenOrders', ...Array.from({ length: 20 }, () => () => Promise.reject(restError())));
    const report = await world.within(40_000, engine.stop(), engine);
    expect(report!.isConfirmed).toBe(false);
    expect(report!.detail).toContain('orders may be left at the venue');
    expect(box.account.switchSeconds).toBe(10);
  });

  it('is not counted as armed when the venue does not confirm', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    world.script('cancelAllAfter', ...Array.from({ length: 100 }, () => () => Promise.reject(restError())));
    await world.pass(15_000, engine);
    expect(engine.loop.ladder.held(KillTrigger.switchLapsed, ACCOUNT)).toBe(KillLevel.paused);
    expect(engine.deadMansSwitch.failures).toBeGreaterThan(2);
    expect(world.said('dead man’s switch: ')).toBe(1);
    world.scripts.clear();
    await world.pass(6_000, engine);
    expect(engine.loop.ladder.held(KillTrigger.switchLapsed, ACCOUNT)).toBe(KillLevel.quoting);
    expect(world.said('armed again')).toBe(1);
  });

  it('is not counted as armed by an answer that names no time', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    const before = engine.deadMansSwitch.armedUntilNs;
    const none = () => ({ triggerTimeMs: 0, tag: TAG });
    world.script('cancelAllAfter', none, none);
    await world.pass(4_000, engine);
    expect(engine.deadMansSwitch.failures).toBeGreaterThan(0);
    expect(engine.deadMansSwitch.armedUntilNs).toBeLessThanOrEqual(before + 2_100_000_000);
  });

  it('sends nothing when it is off', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered(testConfig({ deadMansSwitchSeconds: 0 }));
    await world.pass(10_000, engine);
    await world.within(10_000, engine.stop(), engine);
    expect(world.count('cancelAllAfter')).toBe(0);
  });
});

describe('a lost trade session', () => {
  it('has its orders cancelled by REST until it is back', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    const foreign = box.account.place('manual');
    box.account.place(idOf(engine.run, 1));
    world.down(engine, Connection.trade);
    await world.pass(100, engine);
    expect([...box.account.orders.keys()]).toEqual([foreign.ordId]);
    box.account.place(idOf(engine.run, 2));
    await world.pass(1_200, engine);
    expect(box.account.orders.size).toBe(1);
    world.up(engine, Connection.trade);
    await world.pass(5_000, engine);
    expect(engine.loop.account.isRecovered).toBe(true);
    const looks = world.count('fetchOpenOrders');
    await world.pass(5_000, engine);
    expect(world.count('fetchOpenOrders')).toBe(looks);
  });
});

describe('a stop', () => {
  it('of a loop that throws cancels by REST, keeps the halt, and throws on', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    box.account.place(idOf(engine.run, 1));
    engine.loop.stop = () => {
      throw new AssertionError('the test’s own');
    };
    await expect(world.within(20_000, engine.stop(), engine)).rejects.toThrow('the test’s own');
    expect(box.account.orders.size).toBe(0);
    expect(box.account.switchSeconds).toBe(10);
    expect(box.state!.kill).toMatchObject([{ trigger: 'invariant', level: 'halted' }]);
  });

  it('waits for what may still arrive', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    engine.loop.table.open(SWAP_INDEX, Side.buy, 600_000, 1, at(box.clock.nowNs()));
    const stopping = engine.stop();
    await world.pass(500, engine);
    box.account.place(idOf(engine.run, 0));
    const report = await world.within(10_000, stopping, engine);
    expect(report).toMatchObject({ isConfirmed: true });
    expect(box.account.orders.size).toBe(0);
  });

  it('is done with a disk that is full', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    world.state.save = () => new Promise(() => {});
    const report = await world.within(60_000, engine.stop(), engine);
    expect(report).toMatchObject({ isConfirmed: true });
    expect(world.said('state: what changed last is not on disk')).toBe(1);
  });
});

describe('the clock', () => {
  it('is measured once a minute', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    const measured = world.count('measureClockOffset');
    await world.pass(61_000, engine);
    expect(world.count('measureClockOffset')).toBe(measured + 1);
  });

  it('that steps is measured anew at once, and orders go on with the venue’s time all the while', async () => {
    const box = machine();
    const world = new TinyWorld(box);
    const engine = await world.recovered();
    const isTrue = (): void =>
      expect(engine.venueTime.at(box.clock.nowNs())).toBeCloseTo(box.clock.wallMs(), 0);
    isTrue();
    world.clockStepMs = 60_000;
    for (let timer = 0; timer < 50; timer++) {
      await world.pass(20, engine);
      isTrue();
    }
    expect(world.said('clock: moved by -60000 ms')).toBe(1);
    expect(engine.loop.ladder.held(KillTrigger.clockOffset, ACCOUNT)).toBe(KillLevel.paused);
    // It stands still from here on: that is what counts, not where it stands.
    await world.pass(15_000, engine);
    isTrue();
    expect(engine.loop.ladder.held(KillTrigger.clockOffset, ACCOUNT)).toBe(KillLevel.quoting);
  });
});

describe('the status', () => {
  it('says where the engine stands and what holds it back', async () => {
    const world = new TinyWorld(machine());
    const engine = await world.recovered();
    await world.within(1_000, engine.command('pause'), engine);
    expect(JSON.parse(JSON.stringify(engine.status()))).toMatchObject({
      phase: 'quoting',
      level: 'paused',
      reason: 'operator',
      wayBack: 'operator',
      sessions: { public: true, private: true, trade: true },
      isStateSaved: true,
      instruments: [{ instId: 'BTC-USDT', position: '0', level: 'paused' }, {}, {}],
    });
  });
});
