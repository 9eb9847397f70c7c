import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupLimits, limitsOf } from '../../engine/fleet/group-limits.ts';
import type { GroupLimitValues } from '../../engine/fleet/group-limits.ts';
import {
  exceededOf,
  fleetLine,
  groupStatus,
  isHeldBack,
  limitsChange,
  readinessOf,
} from '../../engine/fleet/group-status.ts';
import type { FleetAccountStatus } from '../../monitoring/fleet-status.ts';

const share = (profit: number, held = 0) => ({ profit, held });

/** With accounts that have made nothing yet. */
function limitsOver(values: GroupLimitValues, ...names: readonly string[]): GroupLimits {
  const limits = new GroupLimits(values);
  for (const name of names) limits.take(name, share(0));
  return limits;
}

describe('limits over the group', () => {
  it('add up what all have lost, and say once which was exceeded', () => {
    const limits = limitsOver({ lossMax: 100 }, 'a', 'b');
    expect(limits.take('a', share(-60))).toBeUndefined();
    expect(limits.take('b', share(30))).toBeUndefined();
    // -60 - 39.99 is not yet a loss of 100.
    expect(limits.take('b', share(-39.99))).toBeUndefined();
    expect(limits.take('b', share(-40))).toBe('loss');
    expect(limits.loss).toBe(100);
    expect(limits.take('a', share(-500))).toBeUndefined();
    expect(limits.tripped).toBe('loss');
  });

  it('hold on to what was exceeded when it has come back', () => {
    const limits = new GroupLimits({ notionalMax: 1_000 });
    limits.take('a', share(0, 600));
    expect(limits.take('b', share(0, 400))).toBeUndefined();
    expect(limits.take('b', share(0, 401))).toBe('notional');
    limits.take('b', share(0, 0));
    expect(limits.tripped).toBe('notional');
    limits.rebase();
    expect(limits.tripped).toBeUndefined();
  });

  it('halt for a loss that comes after too much was held', () => {
    const limits = limitsOver({ notionalMax: 1_000, lossMax: 100, drawdownMax: 100 }, 'a');
    expect(limits.take('a', share(0, 1_001))).toBe('notional');
    expect(limits.take('a', share(-99, 1_001))).toBeUndefined();
    expect(limits.take('a', share(-100, 1_001))).toBe('loss');
    expect(exceededOf(limits)).toMatchObject({ limit: 'loss', command: 'halt' });
    // And not back to what holds less back.
    expect(limits.take('a', share(-100, 5_000))).toBeUndefined();
    expect(limits.tripped).toBe('loss');
  });

  it('leave out what an account made before it was one of the group', () => {
    const limits = new GroupLimits({ lossMax: 100, drawdownMax: 50 });
    // The past of one is no loss of all, and that of another no cushion for it.
    expect(limits.take('a', share(-5_000))).toBeUndefined();
    expect(limits.take('b', share(NaN, 10))).toBeUndefined();
    expect(limits.take('b', share(3_000, 10))).toBeUndefined();
    expect([limits.loss, limits.drawdown, limits.held]).toEqual([0, 0, 10]);
    expect(limits.take('b', share(2_950.01))).toBeUndefined();
    expect(limits.take('b', share(2_950))).toBe('drawdown');
    expect(limits.loss).toBe(50);
  });

  it('count a drawdown from the best of the sum, not of each', () => {
    const limits = limitsOver({ drawdownMax: 50 }, 'a', 'b');
    limits.take('a', share(40));
    limits.take('b', share(40));
    // a falls while b rises: the sum stands.
    limits.take('b', share(100));
    expect(limits.take('a', share(-20))).toBe('drawdown');
    // Best 40 + 100, now 100 - 20.
    expect([limits.drawdown, limits.profit]).toEqual([60, 80]);
  });

  it('count from where the operator resumes', () => {
    const limits = limitsOver({ lossMax: 10 }, 'a');
    expect(limits.take('a', share(-10))).toBe('loss');
    limits.rebase();
    expect(limits.loss).toBe(0);
    expect(limits.take('a', share(-19))).toBeUndefined();
    expect(limits.take('a', share(-20))).toBe('loss');
  });

  it('take an account that says nothing as it was last', () => {
    const limits = limitsOver({ lossMax: 100 }, 'a', 'b');
    limits.take('a', share(-90, 5));
    limits.take('a', share(NaN, NaN));
    expect([limits.profit, limits.held]).toEqual([-90, 5]);
    expect(limits.take('b', share(-10))).toBe('loss');
  });

  it('go over a restart; an account that is no more keeps its profit and holds nothing', () => {
    const before = limitsOver({ lossMax: 100 }, 'a', 'b');
    before.take('a', share(20, 300));
    before.take('b', share(-70, 200));
    const after = new GroupLimits({ lossMax: 100 });
    after.restore(JSON.parse(JSON.stringify(before.state())) as ReturnType<typeof before.state>, ['a']);
    expect([after.profit, after.held, after.drawdown]).toEqual([-50, 300, 70]);
    expect(after.take('a', share(-30))).toBe('loss');
    const again = new GroupLimits({});
    again.restore(after.state(), ['a', 'b']);
    expect(again.tripped).toBe('loss');
  });

  it('are those of the obvious sums, whatever comes', () => {
    const event = fc.record({
      account: fc.constantFrom('a', 'b', 'c'),
      profit: fc.oneof(fc.integer({ min: -300, max: 300 }), fc.constant(NaN)),
      held: fc.integer({ min: 0, max: 300 }),
      isResume: fc.boolean(),
    });
    const property = fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const values = { lossMax: 400, drawdownMax: 500, notionalMax: 600 };
      const limits = new GroupLimits(values);
      const twin = new ObviousLimits(values);
      for (const { account, profit, held, isResume } of events) {
        if (isResume && limits.tripped !== undefined) {
          limits.rebase();
          twin.resume();
        }
        limits.take(account, { profit, held });
        twin.take(account, profit, held);
        expect([limits.tripped, limits.profit, limits.loss, limits.drawdown, limits.held]).toEqual(
          twin.figures(),
        );
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});

/** Every figure from the whole history of sums. */
class ObviousLimits {
  readonly #values: Required<GroupLimitValues>;
  readonly #profits: Record<string, number> = {};
  /** What each had made when it told its profit first. */
  readonly #firsts: Record<string, number> = {};
  readonly #held: Record<string, number> = {};
  #sums = [0];
  #base = 0;
  #tripped: string | undefined;

  constructor(values: Required<GroupLimitValues>) {
    this.#values = values;
  }

  take(account: string, profit: number, held: number): void {
    if (Number.isFinite(profit)) {
      this.#firsts[account] ??= profit;
      this.#profits[account] = profit;
    }
    if (account in this.#firsts) this.#held[account] = held;
    this.#sums.push(this.#made());
    const [, , loss, drawdown, all] = this.figures() as number[];
    if (this.#tripped === 'loss' || this.#tripped === 'drawdown') return;
    if (loss! >= this.#values.lossMax!) this.#tripped = 'loss';
    else if (drawdown! >= this.#values.drawdownMax!) this.#tripped = 'drawdown';
    else if (all! > this.#values.notionalMax!) this.#tripped = 'notional';
  }

  resume(): void {
    this.#base = this.#made();
    this.#sums = [this.#base];
    this.#tripped = undefined;
  }

  figures(): (string | number | undefined)[] {
    const loss = Math.max(0, this.#base - this.#made());
    const drawdown = Math.max(...this.#sums) - this.#made();
    return [this.#tripped, total(this.#profits), loss, drawdown, total(this.#held)];
  }

  #made(): number {
    return total(this.#profits) - total(this.#firsts);
  }
}

function total(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((sum, value) => sum + value, 0);
}

describe('what is told for a limit', () => {
  it.each([
    ['loss', { lossMax: 10 }, 'halt', 'fleet.lossMax'],
    ['drawdown', { drawdownMax: 10 }, 'halt', 'fleet.drawdownMax'],
    ['notional', { notionalMax: 10 }, 'reduce', 'fleet.notionalMax'],
  ] as const)('of %s is %o → %s, with the key to look at', (limit, values, command, key) => {
    const limits = limitsOver(values, 'a');
    limits.take('a', { profit: -12.5, held: 50 });
    const exceeded = exceededOf(limits)!;
    expect(exceeded).toMatchObject({ limit, command });
    expect(exceeded.text).toContain(`${key}: expected at most 10 over all accounts`);
    expect(groupStatus(limits).exceeded).toEqual(exceeded);
  });

  it('holds for whoever is held back less than that', () => {
    const levels = ['quoting', 'wider', 'reduceOnly', 'paused', 'halted'];
    expect(levels.map((level) => isHeldBack(level, 'reduce'))).toEqual([false, false, true, true, true]);
    expect(levels.map((level) => isHeldBack(level, 'halt'))).toEqual([false, false, false, false, true]);
    // One whose level nobody knows is told once more.
    expect(isHeldBack('none such', 'reduce')).toBe(false);
  });
});

describe('other limits', () => {
  it('are told beside the former ones, and not at all when they are the same', () => {
    const before = limitsOf({ lossMax: 10 });
    const after = limitsOf({ lossMax: 5, notionalMax: 7 });
    expect(limitsChange(before, limitsOf({ lossMax: 10 }))).toBe('');
    expect(limitsChange(before, after)).toBe(
      'limits over all are {"lossMax":5,"notionalMax":7}, were {"lossMax":10}',
    );
    expect(limitsChange(before, after, true)).toMatch(/^limits over all would be /);
  });
});

describe('readiness of all', () => {
  const account = (changes: Partial<FleetAccountStatus>): FleetAccountStatus => ({
    account: 'a',
    phase: 'running',
    pid: 7,
    restarts: 0,
    lastEnd: null,
    pending: null,
    metricsPort: 9_461,
    silenceSeconds: 0.1,
    state: 'quoting',
    level: 'quoting',
    reason: 'none',
    isReady: true,
    openOrders: 4,
    profit: 0,
    held: 0,
    ...changes,
  });

  it('is that each is', () => {
    expect(readinessOf([account({}), account({ account: 'b' })])).toEqual({ isReady: true, reasons: [] });
  });

  it('names who is not, and why', () => {
    const down = account({ account: 'b', phase: 'down', state: null, reason: null, isReady: false });
    const halted = account({ account: 'c', state: 'halted', reason: 'operator', isReady: false });
    expect(readinessOf([account({}), down, halted])).toEqual({
      isReady: false,
      reasons: ['b: expected quoting, was down', 'c: expected quoting, was halted (operator)'],
    });
  });

  it('is shown in a line, with what is not known left out', () => {
    const halted = account({
      account: 'b',
      state: 'halted',
      level: 'halted',
      reason: 'operator',
      profit: null,
    });
    const down = account({ account: 'c', phase: 'down', state: null });
    const group = groupStatus(new GroupLimits({}));
    const view = { timeMs: 0, version: '', isReady: false, reasons: [], group };
    expect(fleetLine({ ...view, accounts: [account({ profit: -1.239 }), halted, down] })).toBe(
      'a quoting orders 4 profit -1.24 | b halted (halted: operator) orders 4 profit ? | c down | all: profit 0.00 held 0',
    );
    const exceeded = { limit: 'loss', command: 'halt', text: '' };
    expect(
      fleetLine({ ...view, accounts: [], group: { ...group, profit: -50, held: 1_999.6, exceeded } }),
    ).toBe('all: profit -50.00 held 2000, loss limit exceeded');
  });
});
