import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { EngineProcess, Scratch, exampleConfig, newState } from './engine-process.ts';
import { RunningProcess, until } from './running-process.ts';
import { expectEqualMoney } from './venue-money.ts';
import { VenueProcess, envOf } from './venue-process.ts';
import type { AccountKeys, RestingOrder } from './venue-process.ts';

/**
 * kill -9 of the engine at random moments, with a venue in another process: after each, the venue holds no order of ours
 * within the dead man's switch's time, without any help; the next start has position and profit exactly, and quotes again.
 */

/** Several engines at once, each on an account of its own: most of a life is waiting for the switch. */
const ENGINES = 3;
const KILLS = 4;
const SEED = 20_261_121;

/** The switch's time, and a margin for a machine that does all of this on two cores. */
const SWITCH_MS = 10_000;
const MARGIN_MS = 3_000;
const POLL_MS = 100;
const START_MS = 45_000;
/** Engines begin one after the other: each start takes a whole core for a second. */
const APART_MS = 1_500;
/** A kill comes within this after the engine quotes, or after its process began. */
const QUOTING_MS = 3_000;
const STARTING_MS = 2_500;

const TAG = 'E2ETAG06';
const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'];

const scratch = new Scratch();

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

const accounts: readonly AccountKeys[] = Array.from({ length: ENGINES }, (_, index) => ({
  key: `e2e-key-kill-${index}`,
  secret: `e2e-secret-kill-${index}`,
  passphrase: `e2e-passphrase-kill-${index}`,
}));

function startVenue(): Promise<VenueProcess> {
  const markets = INSTRUMENTS.flatMap((instId) => ['--market', instId]);
  return VenueProcess.start(0, [...markets, '--seed', String(SEED)], accounts);
}

function configFor(venue: VenueProcess): string {
  const config = exampleConfig({ ...venue.config, depthChannel: 'books' });
  config['tag'] = TAG;
  config.instruments = config.instruments.filter(({ instId }) => INSTRUMENTS.includes(instId));
  // At the market: a fill every second or so.
  for (const { strategy } of config.instruments) {
    Object.assign(strategy, { halfSpreadBps: 0.05, levelStepBps: 0.5 });
  }
  return scratch.write(config);
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** One account's engine, over and over. */
class Lives {
  readonly #venue: VenueProcess;
  readonly #config: string;
  readonly #account: AccountKeys;
  readonly #random: Random;
  readonly #state = newState();
  readonly uid: string;
  trades = 0;
  orphans = 0;

  constructor(venue: VenueProcess, config: string, account: AccountKeys, uid: string, seed: number) {
    this.#venue = venue;
    this.#config = config;
    this.#account = account;
    this.uid = uid;
    this.#random = new Random(seed);
  }

  async run(): Promise<void> {
    for (let kill = 0; kill < KILLS; kill++) {
      const isEarly = this.#random.below(4) === 0;
      const engine = this.#start();
      if (isEarly) await pass(this.#random.below(STARTING_MS));
      else {
        await this.#quotesWithEqualMoney(engine);
        await pass(this.#random.below(QUOTING_MS));
      }
      engine.process.kill('SIGKILL');
      expect(await engine.process.ended()).toEqual({ code: null, signal: 'SIGKILL' });
      await this.#nothingRestsInTime();
    }
    const last = this.#start();
    await this.#quotesWithEqualMoney(last);
    last.process.kill('SIGTERM');
    expect(await last.process.ended(), last.process.output).toEqual({ code: 0, signal: null });
    expect(await this.#resting()).toEqual([]);
  }

  #start(): EngineProcess {
    const args = ['--config', this.#config, '--state', this.#state];
    return new EngineProcess(args, { env: envOf(this.#account) });
  }

  async #quotesWithEqualMoney(engine: EngineProcess): Promise<void> {
    await engine.quotesEverything(START_MS);
    this.trades = await expectEqualMoney(engine, this.#venue, this.#account, TAG);
    await engine.quotesEverything(START_MS);
  }

  /** Nobody cancels now but the venue by itself. */
  async #nothingRestsInTime(): Promise<void> {
    this.orphans += (await this.#resting()).length;
    await until(
      `no order of ${this.uid} to rest`,
      async () => (await this.#resting()).length === 0 || undefined,
      SWITCH_MS + MARGIN_MS,
      POLL_MS,
    );
  }

  async #resting(): Promise<RestingOrder[]> {
    return (await this.#venue.resting()).filter(({ uid, tag }) => uid === this.uid && tag === TAG);
  }
}

async function uidOf(venue: VenueProcess, account: AccountKeys): Promise<string> {
  const [row] = await venue.call('GET', '/api/v5/account/config', '', account);
  return (row as { uid: string }).uid;
}

describe('kill -9', () => {
  it(`of the engine at ${ENGINES * KILLS} random moments leaves no order and loses no trade`, async () => {
    const venue = await startVenue();
    const config = configFor(venue);
    const manual: string[] = [];
    for (const account of accounts) {
      manual.push(await venue.placeManually({ instId: 'BTC-USDT-SWAP', clOrdId: 'manual1' }, account));
    }
    const lives = [];
    for (const [index, account] of accounts.entries()) {
      lives.push(new Lives(venue, config, account, await uidOf(venue, account), SEED + index));
    }
    await Promise.all(lives.map((each, index) => pass(index * APART_MS).then(() => each.run())));
    // Kills of engines that had no orders, and no trades between them, would show nothing.
    expect(lives.reduce((sum, { orphans }) => sum + orphans, 0)).toBeGreaterThan(ENGINES * KILLS);
    for (const { uid, trades } of lives) expect(trades, uid).toBeGreaterThan(KILLS);
    // Nobody else's order was touched, neither by the engine nor by the switch that it armed.
    expect((await venue.resting()).map(({ ordId }) => ordId).sort()).toEqual(manual.sort());
  }, 300_000);

  it('of every connection, while it trades: recovered with the same money', async () => {
    const venue = await startVenue();
    const [account] = accounts;
    const engine = new EngineProcess(['--config', configFor(venue)], { env: envOf(account!) });
    const random = new Random(SEED);
    let trades = 0;
    for (let drop = 0; drop < 4; drop++) {
      await engine.quotesEverything(START_MS);
      await pass(random.below(QUOTING_MS));
      const recoveries = engine.process.output.split('recovered').length;
      await venue.fault({ kind: 'disconnect' });
      await until(
        'a recovery',
        () => engine.process.output.split('recovered').length > recoveries || undefined,
        START_MS,
      );
      await engine.quotesEverything(START_MS);
      trades = await expectEqualMoney(engine, venue, account!, TAG);
    }
    expect(trades).toBeGreaterThan(4);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
    expect(await venue.resting()).toEqual([]);
  }, 180_000);

  it('is not needed: an engine that hangs loses its orders as well, and goes on when it wakes', async () => {
    const venue = await startVenue();
    const [account] = accounts;
    const engine = new EngineProcess(['--config', configFor(venue)], { env: envOf(account!) });
    await engine.quotesEverything(START_MS);
    // The whole process, with every thread and timer that it has; its sockets stay open.
    engine.process.kill('SIGSTOP');
    expect((await venue.resting()).length).toBeGreaterThan(0);
    await until(
      'no order to rest',
      async () => (await venue.resting()).length === 0 || undefined,
      SWITCH_MS + MARGIN_MS,
      POLL_MS,
    );
    engine.process.kill('SIGCONT');
    await engine.quotesEverything(START_MS);
    await expectEqualMoney(engine, venue, account!, TAG);
    await engine.quotesEverything(START_MS);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
    expect(await venue.resting()).toEqual([]);
  }, 120_000);
});
