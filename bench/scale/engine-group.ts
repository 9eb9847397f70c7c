import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Histogram } from '../../engine/metrics/histogram.ts';

/** Instruments of each engine. */
export const FLEET_SIZE = 10;

export type EngineOrder =
  | { readonly kind: 'open'; readonly frames: number; readonly warmUpFrames: number }
  | { readonly kind: 'play'; readonly rate: number; readonly frames: number };

export type EngineReport =
  | { readonly kind: 'ready'; readonly checksum: string }
  | { readonly kind: 'played'; readonly rate: number; readonly cells: Float64Array };

/** What all engines of a group gave together. */
export interface GroupOutcome {
  readonly latencies: Histogram;
  /** Frames a second of all. */
  readonly rate: number;
}

/** Several engines side by side, each in a process of its own. */
export class EngineGroup {
  readonly checksum: string;
  readonly #children: readonly ChildProcess[];

  private constructor(children: readonly ChildProcess[], checksum: string) {
    this.#children = children;
    this.checksum = checksum;
  }

  static async open(count: number, frames: number, warmUpFrames: number): Promise<EngineGroup> {
    const children = Array.from({ length: count }, () =>
      fork(engineFile(), [], { execArgv: ['--expose-gc'], serialization: 'advanced' }),
    );
    try {
      const reports = await tell(children, { kind: 'open', frames, warmUpFrames });
      const checksums = reports.map((outcome) => (outcome.kind === 'ready' ? outcome.checksum : ''));
      return new EngineGroup(children, [...new Set(checksums)].join(' '));
    } catch (error) {
      for (const child of children) child.kill();
      throw error;
    }
  }

  /** All at once. @param rate frames a second of each engine; Infinity for as fast as it goes */
  async play(rate: number, frames: number): Promise<GroupOutcome> {
    const latencies = new Histogram();
    let total = 0;
    for (const outcome of await tell(this.#children, { kind: 'play', rate, frames })) {
      if (outcome.kind !== 'played') throw new Error('scale: expected an engine that has played');
      latencies.merge(new Histogram(outcome.cells));
      total += outcome.rate;
    }
    return { latencies, rate: total };
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(
        (child) =>
          new Promise((resolve) => {
            child.once('exit', resolve);
            child.disconnect();
          }),
      ),
    );
  }
}

function tell(children: readonly ChildProcess[], order: EngineOrder): Promise<EngineReport[]> {
  return Promise.all(
    children.map(
      (child) =>
        new Promise<EngineReport>((resolve, reject) => {
          child.once('message', resolve);
          child.once('exit', (code) =>
            reject(new Error(`scale: an engine ended by itself with code ${code}`)),
          );
          child.send(order);
        }),
    ),
  );
}

/** The compiled engine: beside this file, or in dist/ when this file runs as TypeScript (tests). */
function engineFile(): string {
  const url = import.meta.url.endsWith('.ts')
    ? new URL('../../dist/bench/scale/engine-process.js', import.meta.url)
    : new URL('./engine-process.js', import.meta.url);
  const file = fileURLToPath(url);
  if (!existsSync(file)) throw new Error(`scale: expected ${file}, was missing; run npm run build`);
  return file;
}
