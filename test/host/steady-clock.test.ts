import { expect, test } from 'vitest';
import { SteadyClock } from '../../engine/host/steady-clock.ts';

test('a step of the machine’s clock does not step the steady one', () => {
  const machine = {
    ns: 5e9,
    ms: 1_800_000_000_000,
    nowNs: () => machine.ns,
    readNs: (into: Float64Array, at: number) => void (into[at] = machine.ns),
    wallMs: () => machine.ms,
  };
  const clock = new SteadyClock(machine);
  machine.ns += 2e9;
  machine.ms += 2_000 - 60_000;
  expect(clock.wallMs()).toBe(1_800_000_002_000);
  expect(clock.nowNs()).toBe(7e9);
  const cell = new Float64Array(2);
  clock.readNs(cell, 1);
  expect(cell).toEqual(Float64Array.of(0, 7e9));
});
