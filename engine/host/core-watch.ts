/**
 * Whether the engine thread has a core of its own, as Linux counts it: how long the thread was ready to run while something
 * else ran in its place, how often it was put aside for that, and how much of the machine's time its host kept for others.
 *
 * Owner:      the engine thread, which it must be opened on.
 * Cost:       sample() is three reads of /proc, 17 µs measured; once a second.
 */
import { closeSync, openSync, readSync, readlinkSync } from 'node:fs';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';

/** What happened since the sample before. */
export interface CoreSample {
  readonly elapsedNs: Nanoseconds;
  /** Times the thread was put aside although it could have gone on. */
  readonly involuntarySwitches: number;
  /** How long it was ready to run and did not; not a number where the kernel does not count that. */
  readonly waitedNs: Nanoseconds;
  /** Time that the hypervisor gave to other machines, of all cores together. */
  readonly stolenNs: Nanoseconds;
  /** The same as a share of all cores' time. */
  readonly stolenRatio: number;
}

/** Counts since the thread and the machine started. */
interface CoreCounts {
  readonly involuntarySwitches: number;
  readonly waitedNs: Nanoseconds;
  readonly stolenTicks: number;
  readonly allTicks: number;
}

/** USER_HZ, which is 100 on every Linux that Node runs on: proc(5), read 2026-11-21. */
const NS_PER_TICK = NS_PER_SECOND / 100;

/** /proc/stat goes on for kilobytes after what is wanted of it, and a status has some 1.4 kB. */
const BYTES_MAX = 4_096;

/** @testonly From the texts of `status` and `schedstat` of a thread, and of /proc/stat. */
export function countsOf(status: string, schedstat: string, stat: string): CoreCounts {
  const switches = /^nonvoluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1];
  // Time on a core, time ready without one, number of slices.
  const waited = /^\d+ (\d+) \d+/.exec(schedstat)?.[1];
  // user nice system idle iowait irq softirq steal; guests' time is in user already.
  const ticks = /^cpu +((?:\d+ ?)+)/.exec(stat)?.[1]?.trim().split(' ').slice(0, 8).map(Number) ?? [];
  return {
    involuntarySwitches: Number(switches ?? NaN),
    waitedNs: Number(waited ?? NaN),
    stolenTicks: ticks[7] ?? NaN,
    allTicks: ticks.reduce((sum, each) => sum + each, 0),
  };
}

/** @testonly What happened between two counts. */
export function sampleBetween(before: CoreCounts, after: CoreCounts, elapsedNs: Nanoseconds): CoreSample {
  // It goes back now and then: when the machine moves to another host, for one. A counter must not.
  const stolenTicks = Math.max(0, after.stolenTicks - before.stolenTicks);
  const allTicks = after.allTicks - before.allTicks;
  return {
    elapsedNs,
    involuntarySwitches: after.involuntarySwitches - before.involuntarySwitches,
    waitedNs: after.waitedNs - before.waitedNs,
    stolenNs: stolenTicks * NS_PER_TICK,
    stolenRatio: allTicks > 0 ? stolenTicks / allTicks : 0,
  };
}

/** A kernel without CONFIG_SCHED_INFO has no schedstat, a container may have no /proc/stat: the rest counts all the same. */
function openIfThere(path: string): number {
  try {
    return openSync(path, 'r');
  } catch {
    return -1;
  }
}

function closeAll(files: readonly number[]): void {
  for (const file of files) if (file !== -1) closeSync(file);
}

export class CoreWatch {
  readonly #status: number;
  readonly #schedstat: number;
  readonly #stat: number;
  readonly #bytes = Buffer.alloc(BYTES_MAX);
  #counts: CoreCounts;
  #sampledNs: Nanoseconds;

  private constructor(files: readonly [number, number, number], nowNs: Nanoseconds) {
    [this.#status, this.#schedstat, this.#stat] = files;
    this.#counts = this.#read();
    this.#sampledNs = nowNs;
  }

  /**
   * For the calling thread; undefined where there is no Linux /proc to ask, or one that tells nothing: nobody needs this
   * to trade.
   *
   * @param proc where /proc is, for tests
   */
  static open(nowNs: Nanoseconds, proc = '/proc'): CoreWatch | undefined {
    const files: [number, number, number] = [-1, -1, -1];
    try {
      const thread = `${proc}/${readlinkSync(`${proc}/thread-self`)}`;
      files[0] = openSync(`${thread}/status`, 'r');
      files[1] = openIfThere(`${thread}/schedstat`);
      files[2] = openIfThere(`${proc}/stat`);
      return new CoreWatch(files, nowNs);
    } catch {
      closeAll(files);
      return undefined;
    }
  }

  sample(nowNs: Nanoseconds): CoreSample {
    const counts = this.#read();
    const sample = sampleBetween(this.#counts, counts, nowNs - this.#sampledNs);
    this.#counts = counts;
    this.#sampledNs = nowNs;
    return sample;
  }

  close(): void {
    closeAll([this.#status, this.#schedstat, this.#stat]);
  }

  #read(): CoreCounts {
    return countsOf(this.#text(this.#status), this.#text(this.#schedstat), this.#text(this.#stat));
  }

  #text(file: number): string {
    if (file === -1) return '';
    return this.#bytes.toString('latin1', 0, readSync(file, this.#bytes, 0, BYTES_MAX, 0));
  }
}
