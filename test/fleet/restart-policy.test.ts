import { describe, expect, it } from 'vitest';
import { RestartPolicy } from '../../engine/fleet/restart-policy.ts';

const FINAL = [0, 2, 78];
const soon = { code: 75, signal: null };

function policy(waitMsMax = 60_000): RestartPolicy {
  return new RestartPolicy({ finalCodes: FINAL, waitMsMax });
}

describe('a process that ends', () => {
  it('is started again after waits that double up to the maximum', () => {
    const each = policy(10_000);
    const waits = Array.from({ length: 6 }, () => each.waitMs(soon, 500));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('is waited for anew once one has run for two minutes', () => {
    const each = policy();
    each.waitMs(soon, 0);
    each.waitMs(soon, 0);
    expect(each.waitMs(soon, 119_999)).toBe(4_000);
    expect(each.waitMs(soon, 120_000)).toBe(1_000);
    expect(each.waitMs(soon, 0)).toBe(2_000);
  });

  it.each(FINAL)('stays down when it ended with code %i', (code) => {
    expect(policy().waitMs({ code, signal: null }, 1_000_000)).toBeUndefined();
  });

  it.each([1, 70, 75, 137])('does not with code %i', (code) => {
    expect(policy().waitMs({ code, signal: null }, 0)).toBe(1_000);
  });

  it('does not when a signal ended it, whatever code is told beside', () => {
    expect(policy().waitMs({ code: null, signal: 'SIGKILL' }, 0)).toBe(1_000);
    expect(policy().waitMs({ code: 0, signal: 'SIGTERM' }, 0)).toBe(1_000);
  });
});
