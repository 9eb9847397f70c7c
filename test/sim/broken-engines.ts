import type { BrokenEngine } from './sim-types.ts';

/** Engines with one defect each. */
export const BROKEN_ENGINES: readonly BrokenEngine[] = [];
