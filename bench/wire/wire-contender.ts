import { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchResult } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { GENERATED_MOVES } from '../feeds/generated-feed.ts';
import { HeapMeter, collectGarbage } from '../heap-meter.ts';
import type { FarPlace } from './far-place.ts';
import type { WireParty } from './wire-party.ts';
import { urlOf } from './wire-security.ts';
import type { WireSecurity } from './wire-security.ts';

/** One row of wire to wire: who answers, and over what. */
export interface WireRow {
  readonly name: string;
  readonly security: WireSecurity;
  readonly note: string;
  /** Messages that answer a frame; the first is timed. */
  readonly batchesPerFrame: number;
  /** Whether it runs on this process's heap. */
  readonly hasHeap: boolean;
  connect(port: number, url: string): Promise<WireParty>;
}

/** Starts a far side of its own for a row. */
export interface FarMaker {
  readonly note: string;
  start(security: WireSecurity): Promise<FarPlace>;
}

/** Frames that are played before anything counts, at least. */
const WARM_UP_FRAMES_MIN = 25;

/** One row with both of its sides, and what its rounds gave. */
class WireContender {
  readonly row: WireRow;
  readonly #farMaker: FarMaker;
  readonly #latencies = new Histogram();
  readonly #service = new Histogram();
  readonly #heap = new HeapMeter();
  readonly #rates: number[] = [];
  #samples = 0;
  #checksum = '';
  #switches = 0;
  #farSwitches = 0;
  #far: FarPlace | undefined;
  #party: WireParty | undefined;

  constructor(row: WireRow, farMaker: FarMaker) {
    this.row = row;
    this.#farMaker = farMaker;
  }

  async open(): Promise<void> {
    this.#far = await this.#farMaker.start(this.row.security);
    const { port } = this.#far;
    this.#party = await this.row.connect(port, urlOf(this.row.security, port));
  }

  /** Its latencies are not kept; its prices make the checksum. */
  async warmUp(effort: Effort): Promise<void> {
    const { played } = await this.#play(effort, Math.max(WARM_UP_FRAMES_MIN, effort.wireFrames >> 1));
    this.#checksum = played.checksum;
  }

  async round(effort: Effort): Promise<void> {
    const { played, switches } = await this.#play(effort, effort.wireFrames);
    this.#switches += switches;
    this.#farSwitches += played.switches;
    for (const latencyNs of played.latenciesNs) this.#latencies.record(latencyNs);
    for (const latencyNs of played.serviceNs) this.#service.record(latencyNs);
    this.#samples += played.latenciesNs.length;
    this.#rates.push(played.rate);
  }

  async measureHeap(effort: Effort): Promise<void> {
    if (!this.row.hasHeap) return;
    collectGarbage();
    await this.#play(effort, effort.wireFrames, this.#heap);
  }

  async close(): Promise<void> {
    await this.#party?.close();
    await this.#far?.close();
  }

  async #play(effort: Effort, frames: number, heap?: HeapMeter) {
    const party = this.#party!;
    party.begin(heap);
    let switches = 0;
    try {
      const { batchesPerFrame } = this.row;
      const order = { frames, intervalUs: effort.wireIntervalUs, batchesPerFrame };
      const played = await this.#far!.play(order);
      switches = await party.end();
      return { played, switches };
    } catch (error) {
      await party.end().catch(() => 0);
      throw new Error(`${this.row.name} (${this.row.security}): ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  result(effort: Effort, calibrationNs: number): BenchResult {
    const rates = this.#rates.toSorted((a, b) => a - b);
    const service = percentilesOf(this.#service);
    return {
      name: this.row.name,
      feed: this.row.security,
      unit: 'ns',
      ...percentilesOf(this.#latencies),
      opsPerSecond: Math.round(rates[rates.length >> 1]!),
      bytesPerOp: this.#heap.bytesPerOp,
      checksum: this.#checksum,
      samples: this.#samples,
      calibrationNs,
      note:
        `${this.row.note}; ${this.#farMaker.note}; ${GENERATED_MOVES.name}, a frame every ${effort.wireIntervalUs} us, from ` +
        `the intended time; from the real time of writing: p50 ${service.p50}, p90 ${service.p90}, p99 ${service.p99}; ` +
        `ops/s is the rate played; taken off its core ${this.#switches} times, the far side ${this.#farSwitches}`,
    };
  }
}

/** In alternation, round by round. Idle parties sleep, so that whoever is measured has the cores to itself. */
export async function measureWire(
  rows: readonly WireRow[],
  farMaker: FarMaker,
  effort: Effort,
): Promise<BenchResult[]> {
  const calibration = new Calibration();
  const contenders = rows.map((row) => new WireContender(row, farMaker));
  try {
    await openAll(contenders);
    for (const contender of contenders) await contender.warmUp(effort);
    collectGarbage();
    for (let round = 0; round < effort.rounds; round++) {
      for (const contender of contenders) {
        calibration.sample();
        await contender.round(effort);
      }
    }
    for (const contender of contenders) await contender.measureHeap(effort);
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
  }
  return contenders.map((contender) => contender.result(effort, calibration.medianNs));
}

/** All have settled before the first failure is told, so that whoever is there can be closed. */
async function openAll(contenders: readonly WireContender[]): Promise<void> {
  const outcomes = await Promise.allSettled(contenders.map((contender) => contender.open()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
