import { describe, expect, it } from 'vitest';
import { Lattice } from '../../../workers/strategy/ladder/lattice.ts';

const SECOND = 1e9;

function at(lattice: Lattice, half: number, seconds: number): number {
  lattice.update(Float64Array.of(half), Float64Array.of(100 * SECOND + seconds * SECOND), 0);
  return lattice.step[0]!;
}

describe('the lattice', () => {
  it('is every tick where none is wanted, and at least one', () => {
    expect(at(new Lattice(0), 40, 0)).toBe(1);
    expect(at(new Lattice(0.5), 1, 0)).toBe(1);
    expect(at(new Lattice(1), 12.4, 0)).toBe(12);
  });

  it('follows the half spread only after a second of more than a fifth', () => {
    const lattice = new Lattice(1);
    expect(at(lattice, 10, 0)).toBe(10);
    expect(at(lattice, 12, 5)).toBe(10);
    expect(at(lattice, 13, 6)).toBe(10);
    expect(at(lattice, 13, 7)).toBe(10);
    expect(at(lattice, 13, 7.1)).toBe(13);
  });

  it('begins to count anew when the half spread has come back', () => {
    const lattice = new Lattice(1);
    at(lattice, 10, 0);
    at(lattice, 20, 1);
    at(lattice, 11, 1.9);
    expect(at(lattice, 20, 2.1)).toBe(10);
    expect(at(lattice, 20, 3)).toBe(10);
    expect(at(lattice, 20, 3.2)).toBe(20);
  });
});
