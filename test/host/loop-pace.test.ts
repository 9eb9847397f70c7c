import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LoopMode } from '../../engine/base/loop-mode.ts';
import { BellRinger, QuoteBell } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { LoopPace } from '../../engine/host/loop-pace.ts';

const INSTRUMENTS = 40;

/** A pace with its bell, and what it heard: an instrument a ring, and how many calls that took. */
class PaceWorld {
  readonly handoff = new Handoff(
    createHandoff({ instrumentCount: INSTRUMENTS, workerCount: 1, marketLevels: 1, quoteLevels: 1 }),
  );
  readonly bell = new QuoteBell(this.handoff);
  readonly ringer = new BellRinger(this.handoff, this.handoff.layout.quoteBellAt);
  readonly heard: number[] = [];
  readonly failures: unknown[] = [];
  calls = 0;
  onHeard: () => void = () => {};
  readonly pace = new LoopPace({
    bell: this.bell,
    onQuotes: () => {
      this.calls++;
      for (let each = this.bell.take(); each !== -1; each = this.bell.take()) this.heard.push(each);
      this.onHeard();
    },
    onFailed: (error) => this.failures.push(error),
  });

  /** Whether a ringer would wake somebody by the operating system. */
  get isAsleep(): boolean {
    const { layout, memory } = this.handoff;
    return new Int32Array(memory, layout.quoteBellAt, 1)[0]! < 0;
  }

  async heardAll(count: number): Promise<void> {
    while (this.heard.length < count) await passOfTheLoop();
  }
}

function passOfTheLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function passes(count: number): Promise<void> {
  for (let pass = 0; pass < count; pass++) await passOfTheLoop();
}

/** Holds the thread: nothing of the event loop runs meanwhile. */
function holdThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

let world = new PaceWorld();
afterEach(() => {
  world.pace.stop();
  world = new PaceWorld();
});

const TURNING = [
  ['poll', LoopMode.poll],
  ['spin', LoopMode.spin],
] as const;

describe('a loop that sleeps', () => {
  it('is woken by the bell, once a ring, and makes no turns', async () => {
    world.pace.run(LoopMode.sleep);
    expect(world.isAsleep).toBe(true);
    for (const instrument of [3, 7, 3]) {
      world.ringer.ring(instrument);
      await world.heardAll(world.heard.length + 1);
    }
    expect(world.heard).toEqual([3, 7, 3]);
    expect(world.calls).toBe(3);
    expect(world.pace.turns).toBe(0);
  });

  it('tells what onQuotes threw, and listens no more', async () => {
    const failure = new Error('thrown by the loop');
    world.onHeard = () => {
      throw failure;
    };
    world.pace.run(LoopMode.sleep);
    world.ringer.ring(1);
    while (world.failures.length === 0) await passOfTheLoop();
    expect(world.failures).toEqual([failure]);
    world.ringer.ring(2);
    await passes(20);
    expect(world.heard).toEqual([1]);
  });
});

describe.each(TURNING)('a loop that is kept turning: %s', (_name, mode) => {
  it('hears a ring in the next turn, once, and nobody is woken for it', async () => {
    world.pace.run(mode);
    await passes(3);
    for (const instrument of [3, 7, 3]) {
      const { turns } = world.pace;
      let heardAt = -1;
      world.onHeard = () => {
        heardAt = world.pace.turns;
      };
      world.ringer.ring(instrument);
      expect(world.isAsleep).toBe(false);
      await world.heardAll(world.heard.length + 1);
      expect(heardAt).toBe(turns + 1);
    }
    expect(world.heard).toEqual([3, 7, 3]);
    expect(world.calls).toBe(3);
  });

  it('serves a timer in the turn after it is due', async () => {
    world.pace.run(mode);
    const served = new Promise<number>((resolve) => {
      setTimeout(() => resolve(world.pace.turns), 2);
    });
    await passes(2);
    // It becomes due while the thread is held, so that the turns until it is served can be counted.
    holdThread(10);
    const dueAt = world.pace.turns;
    expect((await served) - dueAt).toBeLessThanOrEqual(1);
  });

  it('serves a socket while every turn has quotes, and a market is expected in every one', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
    const [peer] = (await once(server, 'connection')) as [Socket];
    try {
      world.onHeard = () => {
        world.pace.expectQuotes();
        world.ringer.ring(1);
      };
      world.ringer.ring(1);
      world.pace.run(mode);
      for (let round = 0; round < 20; round++) {
        // What is written on the loopback interface is readable at once: its turns can be counted, whatever they take.
        const received = once(client, 'data').then(() => world.pace.turns);
        peer.write('frame');
        holdThread(1);
        const readableAt = world.pace.turns;
        expect((await received) - readableAt).toBeLessThanOrEqual(2);
      }
      expect(world.calls).toBeGreaterThanOrEqual(15);
    } finally {
      client.destroy();
      peer.destroy();
      server.close();
    }
  });

  it('goes on turning when an expected quote does not come', async () => {
    world.pace.run(mode);
    for (let round = 0; round < 50; round++) {
      const { turns } = world.pace;
      world.pace.expectQuotes();
      await passes(2);
      expect(world.pace.turns).toBeGreaterThan(turns);
    }
    expect(world.calls).toBe(0);
  });

  it('ends with stop()', async () => {
    world.pace.run(mode);
    await passes(3);
    world.pace.stop();
    const { turns } = world.pace;
    world.ringer.ring(5);
    await passes(10);
    expect(world.pace.turns).toBe(turns);
    expect(world.heard).toEqual([]);
  });

  it('loses no ring when it changes to sleep and back, and has one chain and one listener afterwards', async () => {
    let rung = 0;
    const ring = (): void => world.ringer.ring(rung++ % INSTRUMENTS);
    world.pace.run(mode);
    for (let round = 0; round < 30; round++) {
      ring();
      // Twice at once, too: the listener before has not ended when the next is asked for.
      world.pace.run(LoopMode.sleep);
      if (round % 3 === 0) {
        world.pace.run(mode);
        world.pace.run(LoopMode.sleep);
      }
      if (round % 2 === 0) await world.heardAll(rung);
      ring();
      world.pace.run(mode);
      if (round % 2 === 1) await world.heardAll(rung);
    }
    await world.heardAll(rung);
    expect(world.heard).toHaveLength(rung);

    await passes(10);
    const { turns } = world.pace;
    await passes(10);
    // One chain: a turn a pass.
    expect(world.pace.turns - turns).toBeLessThanOrEqual(11);
    expect(world.isAsleep).toBe(false);
    expect(world.failures).toEqual([]);
  });
});
