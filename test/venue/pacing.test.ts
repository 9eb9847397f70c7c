import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import { Random } from '../../engine/base/random.ts';
import { Backoff } from '../../engine/venue/backoff.ts';
import { ConnectLimiter } from '../../engine/venue/connect-limiter.ts';
import { HeldFrames } from '../../engine/venue/held-frames.ts';
import { RequestBudget } from '../../engine/venue/request-budget.ts';
import { SessionState, mayFollow } from '../../engine/venue/session-state.ts';

describe('turns to connect', () => {
  it('are never more than three in any second, and never earlier than asked', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 4, maxLength: 60 }), (gapsMs) => {
        const limiter = new ConnectLimiter();
        let nowNs = 0;
        const turnsNs = gapsMs.map((gapMs) => {
          nowNs += gapMs * NS_PER_MS;
          const waitMs = limiter.reserve(nowNs);
          expect(waitMs).toBeGreaterThanOrEqual(0);
          return nowNs + waitMs * NS_PER_MS;
        });
        for (let index = 3; index < turnsNs.length; index++) {
          expect(turnsNs[index]! - turnsNs[index - 3]!).toBeGreaterThan(NS_PER_SECOND);
        }
      }),
    );
  });

  it('come at once while there is room', () => {
    const limiter = new ConnectLimiter();
    expect([limiter.reserve(5), limiter.reserve(5), limiter.reserve(5)]).toEqual([0, 0, 0]);
    expect(limiter.reserve(5)).toBeGreaterThan(1_000);
  });
});

function waits(seed: number): number[] {
  const backoff = new Backoff(100, 1_000, new Random(seed));
  return Array.from({ length: 2_000 }, () => backoff.next());
}

describe('the wait between tries', () => {
  it('doubles within its bounds, is never shorter than half of that, and differs by seed', () => {
    waits(1).forEach((waitMs, index) => {
      const boundMs = Math.min(1_000, 100 * 2 ** index);
      expect(waitMs).toBeGreaterThanOrEqual(boundMs / 2);
      expect(waitMs).toBeLessThanOrEqual(boundMs);
    });
    expect(waits(1)).toEqual(waits(1));
    expect(waits(1)).not.toEqual(waits(2));
  });

  it('begins anew after a reset', () => {
    const backoff = new Backoff(100, 1_000, new Random(1));
    for (let failure = 0; failure < 5; failure++) backoff.next();
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(100);
  });
});

it('control requests stay below 480 in any hour of a connection', () => {
  const budget = new RequestBudget();
  const hourNs = 3_600 * NS_PER_SECOND;
  const sentNs: number[] = [];
  for (let nowNs = 0; nowNs < 3 * hourNs; nowNs += 5 * NS_PER_SECOND) {
    if (budget.take(nowNs)) sentNs.push(nowNs);
  }
  expect(sentNs.length).toBeGreaterThan(1_400);
  for (let index = 480; index < sentNs.length; index++) {
    expect(sentNs[index]! - sentNs[index - 480]!).toBeGreaterThanOrEqual(hourNs);
  }
});

it('a session comes to be up only by the whole handshake, and from closed nowhere', () => {
  const states = Object.values(SessionState);
  expect(states.filter((state) => mayFollow(state, SessionState.up))).toEqual([SessionState.subscribing]);
  expect(states.filter((state) => mayFollow(SessionState.closed, state))).toEqual([]);
  expect(states.filter((state) => !mayFollow(state, SessionState.closed))).toEqual([SessionState.closed]);
});

describe('held frames', () => {
  it('come out in order, once, and not after the taker had enough', () => {
    const held = new HeldFrames();
    const received = Buffer.alloc(8);
    for (const [index, byte] of [1, 2, 3].entries()) {
      // What is lent may be written over as soon as it was taken.
      received.fill(byte);
      expect(held.push(received, 2, 4, index)).toBe(true);
    }
    const taken: [number[], number][] = [];
    held.drain((frame, recvNs) => taken.push([[...frame], recvNs]) < 2);
    expect(taken).toEqual([
      [[1, 1], 0],
      [[2, 2], 1],
    ]);
    held.drain(() => expect.unreachable('nothing is held any more'));
  });

  it('are bounded in number and in bytes', () => {
    const many = new HeldFrames();
    let count = 0;
    while (count < 100_000 && many.push(Buffer.alloc(1), 0, 1, 0)) count++;
    expect(count).toBe(20_000);
    const large = new HeldFrames();
    const megabyte = Buffer.alloc(1024 * 1024);
    count = 0;
    while (count < 100 && large.push(megabyte, 0, megabyte.length, 0)) count++;
    expect(count).toBe(64);
  });
});
