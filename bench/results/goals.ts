import type { BenchResult } from '../benchmark.ts';

/** One goal on one feed, with what it is measured against in the same run. */
export interface GoalOutcome {
  readonly goal: string;
  readonly feed: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The figures side by side. */
  readonly measured: string;
  /** undefined when a row that it takes was not measured, or not for long enough. */
  readonly isMet: boolean | undefined;
}

type Rows = readonly BenchResult[];

function find(rows: Rows, name: string, feed: string): BenchResult | undefined {
  return rows.find((row) => row.name === name && row.feed === feed);
}

/** Ours over another's p50, at most so much. */
function atMost(
  rows: Rows,
  goal: string,
  feed: string,
  ours: string,
  other: string,
  ratio: number,
  otherFeed = feed,
): GoalOutcome {
  const own = find(rows, ours, feed);
  const theirs = find(rows, other, otherFeed);
  const allowed = `at most ${ratio} × \`${other}\``;
  if (own === undefined || theirs === undefined)
    return missing(goal, feed, allowed, own === undefined ? ours : other);
  const was = own.p50 / theirs.p50;
  return {
    goal,
    feed,
    allowed,
    measured: `${timeText(own.p50)} / ${timeText(theirs.p50)} = ${was.toFixed(2)} ×`,
    isMet: was <= ratio,
  };
}

/** Ours below another's p50: a tie, which a clock of 10 ns makes likely, is not enough. */
function lessThan(rows: Rows, goal: string, feed: string, ours: string, other: string): GoalOutcome {
  const own = find(rows, ours, feed);
  const theirs = find(rows, other, feed);
  const isMet = own === undefined || theirs === undefined ? undefined : own.p50 < theirs.p50;
  return { ...atMost(rows, goal, feed, ours, other, 1), allowed: `faster than \`${other}\``, isMet };
}

/** Another's p50 over ours, at least so much. */
function fasterThan(
  rows: Rows,
  goal: string,
  feed: string,
  ours: string,
  other: string,
  times: number,
): GoalOutcome {
  const own = find(rows, ours, feed);
  const theirs = find(rows, other, feed);
  const allowed = `at least ${times} × faster than \`${other}\``;
  if (own === undefined || theirs === undefined)
    return missing(goal, feed, allowed, own === undefined ? ours : other);
  const was = theirs.p50 / own.p50;
  return {
    goal,
    feed,
    allowed,
    measured: `${timeText(theirs.p50)} / ${timeText(own.p50)} = ${was.toFixed(1)} ×`,
    isMet: was >= times,
  };
}

function missing(goal: string, feed: string, allowed: string, name: string): GoalOutcome {
  return { goal, feed, allowed, measured: `\`${name}\` was not measured`, isMet: undefined };
}

const P50_NS_MAX = 2_000;
const P99_NS_MAX = 10_000;

function tickToTradeTimes(rows: Rows, feed: string): GoalOutcome {
  const goal = 'tick to trade';
  const allowed = 'p50 2 µs, p99 10 µs';
  const own = find(rows, 'tick-to-trade', feed);
  if (own === undefined) return missing(goal, feed, allowed, 'tick-to-trade');
  return {
    goal,
    feed,
    allowed,
    measured: `p50 ${timeText(own.p50)}, p99 ${timeText(own.p99)}`,
    isMet: own.p50 <= P50_NS_MAX && own.p99 <= P99_NS_MAX,
  };
}

/** Half a number a turn. Below it lies what the meter reads of an empty turn (`allocation`). */
const BYTES_MAX = 1;

function allocationOf(rows: Rows): GoalOutcome[] {
  const goal = 'allocation on the path';
  const allowed = '0 B a turn, above the floor of an empty one';
  const own = rows.filter(({ name }) => name === 'allocation');
  if (own.length === 0) return [missing(goal, '', allowed, 'allocation')];
  return own.map(({ feed, bytesPerOp, failure }) => ({
    goal,
    feed,
    allowed,
    measured: `${bytesPerOp} B`,
    isMet: failure === undefined && bytesPerOp <= BYTES_MAX,
  }));
}

/** Ten minutes at 5,000 frames/s. */
const LONG_RUN_FRAMES = 3e6;
const PAUSE_MS_MAX = 1;

function pausesOf(rows: Rows): GoalOutcome {
  const goal = 'pauses';
  const allowed = 'no collection over 1 ms in ten minutes at 5,000 frames/s';
  const own = rows.find(({ name }) => name === 'long-run');
  if (own === undefined) return missing(goal, '', allowed, 'long-run');
  const { feed, note, samples, failure } = own;
  const seconds = /(\d+ s) at/.exec(note)?.[1] ?? '';
  const collections = /collections: (.*?); deoptimisations/.exec(note)?.[1] ?? '';
  // A few frames of the feed are snapshots, which give no value.
  const isLong = samples >= 0.99 * LONG_RUN_FRAMES;
  // Its other marks, deoptimisations and growth, are said beside it: they are not this goal.
  const longestMs = Math.max(
    0,
    ...[...collections.matchAll(/longest ([\d.]+) ms/g)].map(([, ms]) => Number(ms)),
  );
  return {
    goal,
    feed,
    allowed,
    measured: `in ${seconds}: ${collections}${failure === undefined ? '' : `; ${failure}`}`,
    isMet: longestMs > PAUSE_MS_MAX ? false : isLong ? true : undefined,
  };
}

const GROWTH_MAX = 1.3;

/** A frame at the highest rate that was held over one at the lowest: work that grows with the frames alone keeps it. */
function linearIn(rows: Rows, fleet: string): GoalOutcome {
  const goal = 'growth, in frames';
  const allowed = `a frame's p50 at most ${GROWTH_MAX} × from the lowest rate to saturation, which is stated`;
  const own = rows.filter(({ name, feed }) => name === 'scale:open-loop' && feed.startsWith(`${fleet}, `));
  const rated = own.filter(({ feed }) => feed.endsWith('frames/s'));
  const lowest = rated[0];
  if (lowest === undefined) return missing(goal, fleet, allowed, 'scale:open-loop');
  const stated = lowest.note.slice(lowest.note.indexOf(`${fleet}: `) + fleet.length + 2);
  const heldRate = Number(/up to (\d+) frames/.exec(stated)?.[1] ?? 0);
  const held = rated.find(({ feed }) => feed === `${fleet}, ${heldRate / 1_000}k frames/s`);
  if (held === undefined) return { goal, feed: fleet, allowed, measured: stated, isMet: false };
  const was = held.p50 / lowest.p50;
  return {
    goal,
    feed: fleet,
    allowed,
    measured: `${timeText(held.p50)} / ${timeText(lowest.p50)} = ${was.toFixed(2)} ×; ${stated}`,
    isMet: was <= GROWTH_MAX,
  };
}

/** The goals of the project, on every feed that was measured. */
export function outcomesOf(rows: Rows): GoalOutcome[] {
  const feeds = rows.filter(({ name }) => name === 'book-update').map(({ feed }) => feed);
  const paths = rows.filter(({ name }) => name === 'tick-to-trade').map(({ feed }) => feed);
  const wires = ['plain', 'tls'];
  const wire = 'wire to wire';
  return [
    ...feeds.flatMap((feed) => [
      atMost(rows, 'book update', feed, 'book-update', 'peer:cpp-scalar', 2.5),
      atMost(rows, 'book update, then', feed, 'book-update', 'peer:cpp-scalar', 2),
      lessThan(rows, 'book update', feed, 'book-update', 'peer:cpp-simdjson'),
      fasterThan(rows, 'book update', feed, 'book-update', 'peer:ccxt', 20),
      fasterThan(rows, 'book update, then', feed, 'book-update', 'peer:ccxt', 30),
    ]),
    ...paths.flatMap((feed) => [
      tickToTradeTimes(rows, feed),
      atMost(rows, 'tick to trade', feed, 'tick-to-trade', 'tick-to-trade:peer-bare', 4),
      fasterThan(rows, 'tick to trade', feed, 'tick-to-trade', 'tick-to-trade:peer-ccxt', 15),
    ]),
    ...wires.flatMap((feed) => [
      atMost(
        rows,
        `${wire}, turning, inline`,
        feed,
        'wire-to-wire',
        'peer:cpp-spin',
        feed === 'plain' ? 1.5 : 1.7,
      ),
      fasterThan(rows, `${wire}, turning, inline`, feed, 'wire-to-wire', 'peer:ccxt', 7),
      atMost(rows, `${wire}, nothing spins`, feed, 'wire-to-wire:sleep', 'peer:cpp-epoll', 1.2),
    ]),
    // Over plain connections alone: what TLS adds is the same for both.
    atMost(rows, `${wire}, worker and engine spin`, 'plain', 'wire-to-wire:worker-spin', 'wire-to-wire', 1.2),
    ...allocationOf(rows),
    pausesOf(rows),
    atMost(rows, 'growth', '100 instruments', 'scale', 'scale', GROWTH_MAX, '1 instrument'),
    linearIn(rows, '1 instrument'),
    linearIn(rows, '100 instruments'),
  ];
}

export function timeText(ns: number): string {
  if (ns < 10_000) return `${Math.round(ns).toLocaleString('en-US')} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toLocaleString('en-US', { maximumFractionDigits: 1 })} µs`;
  return `${(ns / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} ms`;
}
