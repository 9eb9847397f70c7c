import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runBacktest } from '../../engine/backtest/run-backtest.ts';
import { loadConfig } from '../../engine/config/load-config.ts';
import { packageRoot } from '../../engine/config/package-root.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { Checksum } from '../checksum.ts';
import { percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { RECORDED_CUT } from '../feeds/recorded-feed.ts';
import { PlainBook } from '../peers/plain-book.ts';

const CONFIG = join(packageRoot(), 'engine', 'config', 'backtest.yaml');
/** Market seconds of an effort that is not judged, by its operations. */
const OPS_PER_SECOND = 100;

/** What one pass over the recording gave. */
interface Pass {
  readonly events: number;
  /** Of the market. */
  readonly seconds: number;
  readonly checksum: string;
}

interface Row {
  readonly name: string;
  readonly note: string;
  run(toMs: number | undefined): Promise<Pass>;
}

/** Everything of the command but writing its files. */
const whole: Row = {
  name: 'backtest',
  note: 'engine, quoter, venue with queues, wires and report, from the file to the result',
  async run(toMs) {
    const { events, seconds, fills, orders, profit } = await runBacktest({
      config: loadConfig(CONFIG),
      files: [RECORDED_CUT],
      ...(toMs === undefined ? {} : { toMs }),
    });
    const checksum = new Checksum();
    for (const count of [events, fills, orders.place, orders.amend, orders.cancel]) checksum.addNumber(count);
    checksum.addNumber(Math.round(profit.total * 1e6));
    return { events, seconds, checksum: checksum.text };
  },
};

interface RecordedRow {
  readonly recvNs: string;
  readonly action?: string;
  readonly asks?: readonly (readonly string[])[];
  readonly bids?: readonly (readonly string[])[];
}

/** What any program must do that looks at all of it: parse each row, keep the book, look at its best prices. */
const plain: Row = {
  name: 'backtest:plain',
  note: 'the same rows by JSON.parse into two sorted arrays, and nothing else: no engine, no orders',
  run(toMs) {
    const book = new PlainBook();
    const checksum = new Checksum();
    let events = 0;
    let firstMs = 0;
    let lastMs = 0;
    for (const line of gunzipSync(readFileSync(RECORDED_CUT)).toString().split('\n')) {
      if (line === '') continue;
      const { recvNs, action, asks, bids } = JSON.parse(line) as RecordedRow;
      const recvMs = Number(recvNs) / 1e6;
      if (toMs !== undefined && recvMs >= toMs) break;
      firstMs ||= recvMs;
      lastMs = recvMs;
      events++;
      if (action === undefined || asks === undefined || bids === undefined) continue;
      const message = { asks, bids, seqId: events, prevSeqId: book.seqId };
      book.apply({ arg: { channel: 'books', instId: '' }, action, data: [message] });
      checksum.addNumber(Math.round((book.asks[0]![0] + book.bids[0]![0]) * 10));
    }
    return Promise.resolve({ events, seconds: (lastMs - firstMs) / 1_000, checksum: checksum.text });
  },
};

/** Until when an effort plays, or to the end. */
function endOf(effort: Effort): number | undefined {
  if (effort.isJudged) return undefined;
  const [first] = gunzipSync(readFileSync(RECORDED_CUT)).toString('utf8', 0, 100).split(',');
  return Number(/\d{19}/.exec(first!)![0]) / 1e6 + (effort.roundOps / OPS_PER_SECOND) * 1_000;
}

export const backtest: Benchmark = {
  name: 'backtest',
  about: 'one recorded event of a backtest, beside a plain program that only reads the same file',
  usesFeeds: false,
  async run({ effort }: BenchContext): Promise<BenchResult[]> {
    const calibration = new Calibration();
    const rows = [whole, plain].map((row) => ({
      row,
      latencies: new Histogram(),
      pass: null as Pass | null,
    }));
    const toMs = endOf(effort);
    for (let round = 0; round <= effort.rounds; round++) {
      for (const each of rows) {
        calibration.sample();
        const startMs = performance.now();
        each.pass = await each.row.run(toMs);
        const ns = ((performance.now() - startMs) * 1e6) / each.pass.events;
        // The first pass teaches the compiler.
        if (round > 0) each.latencies.record(ns);
      }
    }
    return rows.map(({ row, latencies, pass }) => ({
      name: row.name,
      feed: 'recorded',
      unit: 'ns',
      ...percentilesOf(latencies),
      opsPerSecond: Math.round(1e9 / latencies.mean),
      bytesPerOp: -1,
      checksum: pass!.checksum,
      samples: latencies.count,
      calibrationNs: calibration.medianNs,
      note: `mean of a pass: ${pass!.events} events, ${speedText(pass!, latencies.mean)}; ${row.note}`,
    }));
  },
};

function speedText({ events, seconds }: Pass, meanNs: number): string {
  return `${Math.round((seconds * 1e9) / (events * meanNs))} times as fast as the market was`;
}
