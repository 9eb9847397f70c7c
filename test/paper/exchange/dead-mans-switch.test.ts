import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START_MS, World } from './recording-world.ts';

describe('cancel-all-after', () => {
  it('keeps the switches of several tags apart', () => {
    const world = new World();
    const ordIds = ['t1', 't2', ''].map((tag) => world.place('a', 'buy', '77990', '1', { tag }).ordId);
    world.exchange.cancelAllAfter('a', '10', 't1');
    world.exchange.cancelAllAfter('a', '20', 't2');
    world.exchange.advance(START_MS + 10_000);
    expect(ordIds.map((ordId) => world.lastPush(ordId)['state'])).toEqual(['canceled', 'live', 'live']);
    expect(world.lastPush(ordIds[0]!)['cancelSource']).toBe('20');
    world.exchange.cancelAllAfter('a', '0', 't1');
    world.exchange.advance(START_MS + 20_000);
    expect(ordIds.map((ordId) => world.lastPush(ordId)['state'])).toEqual(['canceled', 'canceled', 'live']);
  });

  it('fires once: what is placed after it stays', () => {
    const world = new World();
    world.exchange.cancelAllAfter('a', '10', 't1');
    world.exchange.advance(START_MS + 10_000);
    const { ordId } = world.place('a', 'buy', '77990', '1', { tag: 't1' });
    world.exchange.advance(START_MS + 600_000);
    expect(world.states(ordId)).toEqual(['live']);
  });

  it('fires when it was last armed for, however it was armed, armed anew and disarmed', () => {
    const call = fc.record({
      afterMs: fc.integer({ min: 0, max: 15_000 }),
      seconds: fc.constantFrom(0, 10, 11, 25, 120),
    });
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 12 }), (calls) => {
        const world = new World();
        const { ordId } = world.place('a', 'buy', '77990', '1', { tag: 't1' });
        let nowMs = START_MS;
        let armedMs = Infinity;
        let firedMs = Infinity;
        for (const { afterMs, seconds } of calls) {
          nowMs += afterMs;
          firedMs = armedMs <= nowMs ? Math.min(firedMs, armedMs) : firedMs;
          world.exchange.advance(nowMs);
          world.exchange.cancelAllAfter('a', String(seconds), 't1');
          armedMs = seconds === 0 ? Infinity : nowMs + seconds * 1_000;
        }
        firedMs = Math.min(firedMs, armedMs);
        world.exchange.advance(nowMs + 300_000);
        const last = world.lastPush(ordId);
        expect(last['state'] === 'canceled' ? Number(last['uTime']) : Infinity).toBe(firedMs);
      }),
      { numRuns: 300, seed: 20_261_121 },
    );
  });

  it('armed every second for an hour has one timer at a time, not ten', () => {
    const world = new World();
    let wakeUps = 0;
    // Off the beat of the mark prices, whose events would hide those of the switch.
    for (let nowMs = START_MS + 37; nowMs < START_MS + 3_600_000; nowMs += 1_000) {
      for (let dueMs = world.exchange.nextEventMs(); dueMs <= nowMs; dueMs = world.exchange.nextEventMs()) {
        world.exchange.advance(dueMs);
        if ((dueMs - START_MS) % 1_000 === 37) wakeUps++;
      }
      world.exchange.advance(nowMs);
      world.exchange.cancelAllAfter('a', '10', 't1');
    }
    expect(wakeUps).toBeGreaterThan(0);
    expect(wakeUps).toBeLessThanOrEqual(400);
  });
});
