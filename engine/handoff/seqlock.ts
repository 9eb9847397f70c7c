/**
 * x86 never reorders a load with an earlier one, so a reader's second look at the sequence may be a load too. ARM and the
 * language do: there it is a read-modify-write. The writer's exchange then reads from it, and what was copied before it
 * happens before what is written next. On x86 that would only pull the line away from the writer.
 */
const ARE_LOADS_IN_ORDER = process.arch === 'x64' || process.arch === 'ia32';

/** @hot The sequence of a slot, after its payload has been copied. */
export function sequenceAfterCopy(words: Int32Array, at: number): number {
  return ARE_LOADS_IN_ORDER ? Atomics.load(words, at) : Atomics.or(words, at, 0);
}
