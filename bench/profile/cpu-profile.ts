/**
 * What a .cpuprofile says, in the words of this project: time by room, by function, and as folded stacks.
 */
import { fileURLToPath } from 'node:url';
import { siteText } from '../heap-profile.ts';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** As V8 writes it: a tree by ids, the leaf of each sample, and the microseconds from the sample before. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A part of all the time that was sampled. */
export interface Share {
  readonly what: string;
  /** Of all, from 0 to 1. */
  readonly share: number;
}

/** A stack's node with its time, for a flame graph. */
export interface Flame {
  readonly what: string;
  readonly room: string;
  /** Microseconds, with those above it. */
  totalUs: number;
  readonly children: Map<string, Flame>;
}

export interface ProfileSummary {
  readonly totalUs: number;
  readonly rooms: readonly Share[];
  readonly functions: readonly Share[];
  readonly flame: Flame;
  /** Stacks with their microseconds, `a;b;c 120` a line: what flame graph tools read. */
  readonly folded: string;
}

/** Starting and stopping the profiler is in the profile, and no part of what is profiled. */
const PROFILER = 'node:inspector';

/**
 * Compiled files are below dist/, in folders that are the rooms.
 *
 * @testonly The summary uses it.
 */
export function roomOf({ url, functionName }: CallFrame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(built in)';
  if (url.startsWith('node:')) return 'node';
  const path = url.startsWith('file:') ? fileURLToPath(url) : url;
  const inside = /\/dist\/(.+)$/.exec(path)?.[1];
  if (inside === undefined) return path.includes('/node_modules/') ? 'packages' : 'elsewhere';
  const parts = inside.split('/');
  if (parts[0] !== 'engine') return parts[0]!;
  return parts.length > 2 ? `engine/${parts[1]}` : 'engine/loop';
}

/** @throws Error when there is no sample */
export function summarise(profile: CpuProfile): ProfileSummary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map<number, number>();
  for (const { id, children } of profile.nodes) for (const child of children ?? []) parents.set(child, id);
  const flame: Flame = { what: 'all', room: '', totalUs: 0, children: new Map() };
  const rooms = new Map<string, number>();
  const functions = new Map<string, number>();
  const folded = new Map<string, number>();
  for (const [index, leaf] of profile.samples.entries()) {
    // A delta is the time before its sample: what was sampled last ran for it. Negative ones are the profiler's clock.
    const us = Math.max(0, profile.timeDeltas[index] ?? 0);
    const frames: CallFrame[] = [];
    for (let id: number | undefined = leaf; id !== undefined; id = parents.get(id)) {
      frames.push(nodes.get(id)!.callFrame);
    }
    frames.reverse();
    const own = frames.at(-1)!;
    if (isIdle(own) || frames.some(({ url }) => url === PROFILER)) continue;
    const stack = frames.filter(({ functionName }) => functionName !== '(root)');
    add(rooms, roomOf(own), us);
    add(functions, `${siteText(own)}`, us);
    add(folded, stack.map(({ functionName }) => functionName || '(anonymous)').join(';'), us);
    grow(flame, stack, us);
  }
  if (flame.totalUs === 0) throw new Error('profile: expected samples, there are none');
  return {
    totalUs: flame.totalUs,
    rooms: sharesOf(rooms, flame.totalUs),
    functions: sharesOf(functions, flame.totalUs),
    flame,
    folded: [...folded].map(([stack, us]) => `${stack} ${us}`).join('\n'),
  };
}

function isIdle({ functionName }: CallFrame): boolean {
  return functionName === '(idle)' || functionName === '(root)';
}

function add(times: Map<string, number>, what: string, us: number): void {
  times.set(what, (times.get(what) ?? 0) + us);
}

function grow(root: Flame, stack: readonly CallFrame[], us: number): void {
  let flame = root;
  flame.totalUs += us;
  for (const frame of stack) {
    const what = frame.functionName || '(anonymous)';
    let child = flame.children.get(what);
    if (child === undefined) {
      child = { what, room: roomOf(frame), totalUs: 0, children: new Map() };
      flame.children.set(what, child);
    }
    child.totalUs += us;
    flame = child;
  }
}

function sharesOf(times: ReadonlyMap<string, number>, totalUs: number): Share[] {
  return [...times]
    .map(([what, us]) => ({ what, share: us / totalUs }))
    .toSorted((a, b) => b.share - a.share);
}
