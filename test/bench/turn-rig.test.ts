import { describe, expect, it } from 'vitest';
import { GENERATED_MOVES, generateFeed } from '../../bench/feeds/generated-feed.ts';
import { AnswerPath } from '../../bench/rig/engine-rig.ts';
import { TurnRig } from '../../bench/rig/turn-rig.ts';
import { LoopPhase } from '../../engine/loop.ts';

const FRAMES = 200;
const feed = generateFeed(GENERATED_MOVES, FRAMES + 1);

function play(path: AnswerPath): TurnRig {
  const rig = new TurnRig(feed, path, false);
  const before = rig.answered;
  for (let frame = 0; frame < FRAMES; frame++) {
    expect(rig.play()).toBe(frame + 1);
    expect(rig.hasAnswered).toBe(true);
    rig.settle();
  }
  expect(rig.answered - before).toBe(FRAMES);
  return rig;
}

describe('the turn rig', () => {
  it('answers every move by one amend of both sides, on the path of the quoter', () => {
    const { answers, loop } = play(AnswerPath.quote);
    expect([...answers.commands]).toEqual([2, 2 * FRAMES, 0]);
    expect(answers.batches).toBe(1 + FRAMES);
    expect(loop.openOrders).toBe(2);
  });

  it('answers with the side in danger first, on the path of the guard, and with the other when quoted', () => {
    const { answers, loop } = play(AnswerPath.guard);
    expect([...answers.commands]).toEqual([4, 4 * FRAMES, 0]);
    expect(answers.batches).toBe(1 + 2 * FRAMES);
    expect(loop.openOrders).toBe(4);
  });

  it('has everything on: no budget is short, nothing is struck, nothing is in doubt', () => {
    const { loop } = play(AnswerPath.quote);
    expect(loop.phase).toBe(LoopPhase.quoting);
    const { gate } = loop.commands;
    expect(gate.strikes[0]).toBe(2 + 2 * FRAMES);
    expect([...gate.strikes].slice(1).every((strikes) => strikes === 0)).toBe(true);
    expect(loop.table.doubtCount).toBe(0);
    expect(loop.commands.requestsInFlight).toBe(0);
  });

  it('times a turn by the clock that runs', () => {
    const rig = new TurnRig(feed, AnswerPath.quote, true);
    rig.play();
    expect(rig.elapsedNs()).toBeGreaterThan(0);
    const still = new TurnRig(feed, AnswerPath.quote, false);
    still.play();
    expect(still.elapsedNs()).toBe(0);
  });
});
