import { describe, expect, it } from 'vitest';
import { OVER_MARK, WARM_MARK, readTrace } from '../../bench/steady/deoptimisations.ts';
import { flagsOf, startFlags } from '../../bench/steady/start-flags.ts';
import { problemsOf } from '../../bench/suites/long-run.ts';

/** As V8 11.3 writes them. */
const BAILOUT =
  '[bailout (kind: deopt-eager, reason: wrong map): begin. deoptimizing 0x352c0822b851 <JSFunction apply (sfi = 0x352c0822b159)>, ' +
  '0x352c0822c7b1 <Code TURBOFAN>, opt id 1, bytecode offset 87, deopt exit 4, FP to SP delta 120, caller SP 0x7ffd8fdf32f0, pc 0x7f1bf27c6cde]';
const MARKING =
  '[marking dependent code 0x352c0822c3f1 <Code TURBOFAN> (0x352c0822b219 <SharedFunctionInfo trim>) (opt id 0) for deoptimization, reason: code dependencies]';
const OPTIMISED = '[completed optimizing 0x0b4f <JSFunction apply (sfi = 0x1)> (target TURBOFAN)]';

describe('the compiler’s trace', () => {
  it('counts what stands between the marks, by function and reason', () => {
    const output = [
      BAILOUT,
      OPTIMISED,
      WARM_MARK,
      BAILOUT,
      'else',
      MARKING,
      BAILOUT,
      OPTIMISED,
      OVER_MARK,
      BAILOUT,
    ];
    expect(readTrace(output.join('\n'))).toEqual({
      deoptimisations: [
        { what: 'apply: wrong map (deopt-eager)', count: 2 },
        { what: 'trim: code dependencies (marked)', count: 1 },
      ],
      optimised: 1,
    });
  });

  it('names what has no name, and counts nothing before it is warm', () => {
    const nameless = BAILOUT.replace('JSFunction apply (', 'JSFunction (');
    expect(readTrace(`${WARM_MARK}\n${nameless}`).deoptimisations).toEqual([
      { what: '(anonymous): wrong map (deopt-eager)', count: 1 },
    ]);
    expect(readTrace(BAILOUT)).toEqual({ deoptimisations: [], optimised: 0 });
  });
});

describe('the flags of npm start', () => {
  it('are what stands between node and the program', () => {
    expect(
      flagsOf('npm run -s build && exec node --expose-gc --max-semi-space-size=32 dist/start.js'),
    ).toEqual(['--expose-gc', '--max-semi-space-size=32']);
    expect(flagsOf('exec node dist/start.js')).toEqual([]);
  });

  it('collect by hand', () => {
    expect(startFlags()).toContain('--expose-gc');
  });
});

describe('the long run', () => {
  const held = {
    pauses: [{ kind: 'scavenge', count: 3, longestMs: 0.9, totalMs: 2 }],
    heapMb: { start: 10, end: 11 },
  };

  it('holds when nothing paused for over a millisecond, was deoptimised or grew', () => {
    expect(problemsOf(held, { deoptimisations: [] })).toEqual([]);
  });

  it.each([
    [
      'pause',
      { ...held, pauses: [{ kind: 'mark-compact', count: 1, longestMs: 1.5, totalMs: 1.5 }] },
      [],
      'mark-compact took 1.50 ms',
    ],
    ['deoptimisation', held, [{ what: 'apply: wrong map', count: 4 }], 'were 4: 4 of apply'],
    ['growth', { ...held, heapMb: { start: 10, end: 13 } }, [], 'grew by 3.0 MB'],
  ])('fails on a %s', (_, outcome, deoptimisations, text) => {
    const problems = problemsOf(outcome, { deoptimisations });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(text);
  });
});
