/** Written by a process that has warmed up: what V8 traces from here on counts. */
export const WARM_MARK = 'bench: warm';
/** Written when it is over: what V8 traces from here on is the process's end. */
export const OVER_MARK = 'bench: over';

/** A kind of deoptimisation, and how often it came. */
export interface Deoptimisation {
  /** The function and V8's reason. */
  readonly what: string;
  readonly count: number;
}

/** What a run's output under --trace-deopt --trace-opt tells about the time after its mark. */
export interface CompilerTrace {
  readonly deoptimisations: readonly Deoptimisation[];
  /** Functions that were optimised only then. */
  readonly optimised: number;
}

/**
 *     [bailout (kind: deopt-eager, reason: wrong map): begin. deoptimizing 0x.. <JSFunction apply (sfi = 0x..)>, ...]
 *     [marking dependent code 0x.. (0x.. <SharedFunctionInfo apply>) (opt id 7) for deoptimization, reason: ...]
 *     [completed optimizing 0x.. <JSFunction apply (sfi = 0x..)> (target TURBOFAN)]
 */
const BAILOUT =
  /^\[bailout \(kind: ([\w-]+), reason: ([^)]*)\): begin\. deoptimizing \S+ <JSFunction ?(\S*) ?\(sfi/;
const MARKING =
  /^\[marking dependent code .*<SharedFunctionInfo ?([^>]*)>.* for deoptimization, reason: ([^\]]+)\]/;
const OPTIMISED = /^\[completed optimizing /;

/** Reads what V8 wrote. What stands before the first mark, and behind the other, does not count. */
export function readTrace(output: string): CompilerTrace {
  const counts = new Map<string, number>();
  let optimised = 0;
  const mark = output.indexOf(WARM_MARK);
  const over = output.indexOf(OVER_MARK, mark);
  const lines = mark === -1 ? [] : output.slice(mark, over === -1 ? undefined : over).split('\n');
  for (const line of lines) {
    if (OPTIMISED.test(line)) optimised++;
    const what = whatOf(line);
    if (what !== undefined) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const deoptimisations = [...counts].map(([what, count]) => ({ what, count }));
  return { deoptimisations: deoptimisations.toSorted((a, b) => b.count - a.count), optimised };
}

function whatOf(line: string): string | undefined {
  const bailout = BAILOUT.exec(line);
  if (bailout !== null) return `${nameOf(bailout[3]!)}: ${bailout[2]} (${bailout[1]})`;
  const marking = MARKING.exec(line);
  return marking === null ? undefined : `${nameOf(marking[1]!)}: ${marking[2]} (marked)`;
}

function nameOf(name: string): string {
  return name === '' ? '(anonymous)' : name;
}
