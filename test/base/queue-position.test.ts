import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cancelBehindShare,
  filledLots,
  frontAfterLevel,
  frontAfterTrade,
  QueueShape,
  type QueueModel,
} from '../../engine/base/queue-position.ts';

const SHAPES = Object.values(QueueShape);

function modelOf(shape: QueueShape, exponent = 2): QueueModel {
  return { shape, exponent };
}

describe('the vectors of models.md par. 6', () => {
  // f = 30, b = 10 (a level of 40), 8 cancelled (a level of 32), n = 2.
  const vectors: readonly [QueueShape, share: number, front: number][] = [
    ['riskAverse', 1, 30],
    ['power', 0.1, 22.8],
    ['power2', 0.0625, 22.5],
    ['power3', 0.4375, 25.5],
    ['log', 0.4111700265118009, 25.289360212094408],
    ['log2', 0.6457112531348923, 27.165690025079137],
  ];

  it.each(vectors)('%s', (shape, share, front) => {
    expect(cancelBehindShare(modelOf(shape), 30, 10)).toBeCloseTo(share, 14);
    expect(frontAfterLevel(modelOf(shape), 30, 0, 40, 32)).toBeCloseTo(front, 12);
  });
});

describe('cases that can be told by hand', () => {
  it.each(SHAPES)('%s: what nobody else can have cancelled is known', (shape) => {
    const model = modelOf(shape, 3);
    // All in front, or all behind.
    expect(frontAfterLevel(model, 40, 0, 40, 32)).toBe(32);
    expect(frontAfterLevel(model, 0, 0, 40, 32)).toBe(0);
    // More was cancelled than there was behind: the rest was in front.
    expect(frontAfterLevel(model, 30, 0, 40, 5)).toBeLessThanOrEqual(5);
    // Nothing is left.
    expect(frontAfterLevel(model, 30, 0, 40, 0)).toBe(0);
  });

  it.each(SHAPES)('%s: growth and trades leave the front alone, but for its bound', (shape) => {
    const model = modelOf(shape, 3);
    expect(frontAfterLevel(model, 30, 0, 40, 55)).toBe(30);
    expect(frontAfterLevel(model, 25, 5, 40, 35)).toBe(25);
    // 5 traded and 20 joined.
    expect(frontAfterLevel(model, 25, 5, 40, 55)).toBe(25);
    // More traded than the level had: it was filled up again meanwhile.
    expect(frontAfterLevel(model, 25, 60, 40, 10)).toBe(10);
  });

  it('a trade fills what it has left beyond the front, in whole lots', () => {
    expect(frontAfterTrade(12.5, 10)).toBe(2.5);
    expect(filledLots(2.5, 4)).toBe(0);
    expect(filledLots(frontAfterTrade(2.5, 5), 4)).toBe(2);
    expect(filledLots(frontAfterTrade(2.5, 50), 4)).toBe(4);
    expect(filledLots(frontAfterTrade(0.1 + 0.2, 1.3), 4)).toBe(1);
    expect(filledLots(frontAfterTrade(0.5, 1), 4)).toBe(0);
    expect(filledLots(0, 4)).toBe(0);
  });

  it('large queues and steep exponents stay numbers', () => {
    for (const shape of SHAPES) {
      const share = cancelBehindShare(modelOf(shape, 20), 9e15, 9e15);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
  });
});

/** What happens at one price, as the market shows it. */
interface Step {
  readonly trades: readonly number[];
  readonly after: number;
}

const steps = fc.array(
  fc.record({
    trades: fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 3 }),
    after: fc.integer({ min: 0, max: 1_000 }),
  }),
  { maxLength: 30 },
);
const models = fc.record({
  shape: fc.constantFrom(...SHAPES),
  exponent: fc.double({ min: 0.1, max: 20, noNaN: true }),
});

/** Plays the steps for one order; calls `look` after every change with what there was before it. */
function play(
  model: QueueModel,
  level: number,
  life: readonly Step[],
  look: (before: number, front: number, bound: number) => void,
): void {
  let front = level;
  let before = level;
  for (const { trades, after } of life) {
    let traded = 0;
    for (const lots of trades) {
      const was = front;
      front = Math.max(0, frontAfterTrade(front, lots));
      traded += lots;
      look(was, front, before);
    }
    const was = front;
    front = frontAfterLevel(model, front, traded, before, after);
    look(was, front, after);
    before = after;
  }
}

describe('whatever the market does', () => {
  it('is never ahead of zero, within the level, and never falls back', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 0, max: 1_000 }), steps, (model, level, life) => {
        play(model, level, life, (before, front, bound) => {
          expect(front).toBeGreaterThanOrEqual(0);
          expect(front).toBeLessThanOrEqual(bound);
          expect(front).toBeLessThanOrEqual(before);
          expect(Number.isFinite(front)).toBe(true);
        });
      }),
    );
  });

  it('moves forward by each trade, and by no more than its size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 1e6 }),
        (front, lots) => {
          const after = frontAfterTrade(front, lots);
          expect(after).toBeLessThan(front);
          expect(front - after).toBeLessThanOrEqual(lots * (1 + 1e-9));
          expect(filledLots(after, 1e9)).toBeLessThanOrEqual(lots);
        },
      ),
    );
  });

  it('share: none of the shapes leaves 0 to 1; more behind us makes it larger, more in front smaller', () => {
    const lots = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(models, lots, lots, lots, (model, front, back, more) => {
        const share = cancelBehindShare(model, front, back);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
        expect(cancelBehindShare(model, front, back + more)).toBeGreaterThanOrEqual(share - 1e-12);
        expect(cancelBehindShare(model, front + more, back)).toBeLessThanOrEqual(share + 1e-12);
      }),
    );
  });

  it('risk averse is the last to be filled', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 0, max: 1_000 }), steps, (model, level, life) => {
        const fronts: number[] = [];
        const averse: number[] = [];
        play(model, level, life, (_, front) => void fronts.push(front));
        play(modelOf('riskAverse'), level, life, (_, front) => void averse.push(front));
        averse.forEach((front, index) => expect(fronts[index]).toBeLessThanOrEqual(front + 1e-9));
      }),
    );
  });
});
