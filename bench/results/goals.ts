import type { BenchResult } from '../benchmark.ts';

/** One goal on one feed, with what it is measured against in the same run. */
export interface GoalOutcome {
  readonly goal: string;
  readonly feed: string;
  /** What is allowed, in words. */
  readonly allowed: string;
  /** The figures side by side. */
  readonly measured: string;
  /** undefined when a row that it takes was not measured. */
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

/** A row that says itself whether it holds: its figure, and what it misses. */
function judged(
  rows: Rows,
  goal: string,
  allowed: string,
  name: string,
  measure: (row: BenchResult) => string,
): GoalOutcome[] {
  const own = rows.filter((row) => row.name === name);
  if (own.length === 0) return [missing(goal, '', allowed, name)];
  return own.map((row) => ({
    goal,
    feed: row.feed,
    allowed,
    measured: row.failure === undefined ? measure(row) : `${measure(row)}: ${row.failure}`,
    isMet: row.failure === undefined,
  }));
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
      atMost(rows, `${wire}, worker and engine spin`, feed, 'wire-to-wire:worker-spin', 'wire-to-wire', 1.2),
      atMost(rows, `${wire}, nothing spins`, feed, 'wire-to-wire:sleep', 'peer:cpp-epoll', 1.2),
    ]),
    ...judged(
      rows,
      'allocation on the path',
      '0 B a turn, above the floor of an empty one',
      'allocation',
      ({ bytesPerOp }) => `${bytesPerOp} B`,
    ),
    ...judged(
      rows,
      'pauses',
      'no collection over 1 ms in ten minutes at 5,000 frames/s',
      'long-run',
      ({ note }) => pausesOf(note),
    ),
    atMost(rows, 'growth', '100 instruments', 'scale', 'scale', 1.3, '1 instrument'),
  ];
}

/** The part of the long run's note that is about pauses. */
function pausesOf(note: string): string {
  return /(\d+ s) at/.exec(note)?.[1] + `; ${/collections: (.*?); deoptimisations/.exec(note)?.[1] ?? ''}`;
}

export function timeText(ns: number): string {
  if (ns < 10_000) return `${Math.round(ns).toLocaleString('en-US')} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toLocaleString('en-US', { maximumFractionDigits: 1 })} µs`;
  return `${(ns / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} ms`;
}
