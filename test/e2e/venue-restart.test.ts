import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { expectEqualPositions } from './venue-money.ts';
import { KEYS_ENV, VenueProcess, freePort } from './venue-process.ts';

/** What the engine finds at the venue and was not put there by this run, and a venue that goes away and comes back. */

const TAG = 'E2ETAG02';
const OUR_ID = /^1\d{18}$/;
/** An id of another run after the engine's plan. */
const LEFTOVER_ID = '1000000010000000001';

const scratch = new Scratch();
let venue: VenueProcess;
let configFile = '';

beforeAll(async () => {
  venue = await VenueProcess.start(await freePort());
  configFile = scratch.write({ ...exampleConfig(venue.config), tag: TAG });
});

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

beforeEach(async () => {
  if (venue.process.exit !== undefined) venue = await VenueProcess.start(venue.port);
});

const start = (): EngineProcess => new EngineProcess(['--config', configFile], { env: KEYS_ENV });

/** Orders that look like ours and are not: no tag, another tag with our kind of id, our tag with another id. */
async function placeForeign(): Promise<string[]> {
  return [
    await venue.placeManually({ instId: 'BTC-USDT-SWAP', clOrdId: 'manual1' }),
    await venue.placeManually({ instId: 'BTC-USDT', clOrdId: '1000000010000000002', tag: 'OTHERTAG' }),
    await venue.placeManually({ instId: 'ETH-USDT-SWAP', clOrdId: '2000000010000000003', tag: TAG }),
  ];
}

/** Requests of the engine about these orders, in whatever way. */
async function touched(ordIds: readonly string[]): Promise<unknown[]> {
  return (await venue.received()).filter(({ kind, ordId }) => kind !== 'place' && ordIds.includes(ordId));
}

const restingIds = async (): Promise<string[]> => (await venue.resting()).map(({ ordId }) => ordId);

describe('recovery', () => {
  it('cancels what an earlier run left before it quotes, and touches nobody else’s orders', async () => {
    const foreign = await placeForeign();
    const leftover = await venue.placeManually({ instId: 'BTC-USDT-SWAP', clOrdId: LEFTOVER_ID, tag: TAG });
    const killed = start();
    await killed.quotesEverything();
    expect(await restingIds()).not.toContain(leftover);
    killed.process.kill('SIGKILL');
    await killed.process.ended();
    const left = (await venue.resting()).filter(({ clOrdId, tag }) => tag === TAG && OUR_ID.test(clOrdId));
    expect(left.length).toBeGreaterThan(0);
    const before = (await venue.received()).length;

    const engine = start();
    await engine.quotesEverything();
    const requests = (await venue.received()).slice(before);
    const firstPlace = requests.findIndex(({ kind }) => kind === 'place');
    const cancelledFirst = requests
      .slice(0, firstPlace)
      .filter(({ kind, sCode }) => kind === 'cancel' && sCode === '0')
      .map(({ ordId }) => ordId);
    // What was filled meanwhile needs no cancel.
    const stillThere = await restingIds();
    for (const { ordId } of left) expect(stillThere).not.toContain(ordId);
    expect(cancelledFirst.length).toBeGreaterThan(0);
    expect(left.map(({ ordId }) => ordId)).toEqual(expect.arrayContaining(cancelledFirst));

    // Every session lost at once, with orders resting: recovered, and still nobody else's.
    const { length } = await venue.received();
    await venue.fault({ kind: 'disconnect' });
    await engine.process.said(/trade: down[\s\S]*recovered: nothing of ours rests/);
    await until(
      'orders after the disconnect',
      async () => (await venue.received()).slice(length).some(({ kind }) => kind === 'place') || undefined,
    );
    await engine.quotesEverything();

    engine.process.kill('SIGTERM');
    expect(await engine.process.ended()).toEqual({ code: 0, signal: null });
    expect((await restingIds()).sort()).toEqual([...foreign].sort());
    expect(await touched(foreign)).toEqual([]);
  });

  it('waits for a venue that went away, recovers when it is back, and quotes again', async () => {
    const engine = start();
    await engine.quotesEverything();
    venue.process.kill('SIGKILL');
    await venue.process.ended();
    await engine.process.said(/public: down/);
    await until('readiness to be gone', async () => {
      const answer = await fetch(`${await engine.base()}/readyz`);
      return answer.status === 503 || undefined;
    });
    expect((await fetch(`${await engine.base()}/healthz`)).status).toBe(200);

    venue = await VenueProcess.start(venue.port);
    const foreign = await placeForeign();
    await engine.quotesEverything(20_000);
    expect(
      (await venue.resting()).filter(({ tag, clOrdId }) => tag === TAG && OUR_ID.test(clOrdId)),
    ).not.toEqual([]);
    // The venue that came back knows of no position: then there is none.
    await expectEqualPositions(engine, venue);
    const { sessions } = await engine.status();
    for (const { name, reconnects } of sessions) expect(reconnects, name).toBeGreaterThan(0);

    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
    expect((await restingIds()).sort()).toEqual([...foreign].sort());
    expect(await touched(foreign)).toEqual([]);
  });

  it('says that it could not confirm, and ends with 1, when the venue is gone at the stop', async () => {
    const engine = start();
    await engine.quotesEverything();
    venue.process.kill('SIGKILL');
    await venue.process.ended();
    await engine.process.said(/trade: down/);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended()).toEqual({ code: 1, signal: null });
    expect(engine.process.stdout).toMatch(/orders may be left at the venue: .*; check them there/);
  });
});
