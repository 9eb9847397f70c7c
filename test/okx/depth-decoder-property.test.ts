import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DEPTH_CHANNEL_NAMES, DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';
import { depthFrames } from './depth-frames.ts';
import { decodePlainly, type PlainInstrument } from './depth-plain-decoder.ts';
import { testInstrument } from './depth-test-instrument.ts';

const RUNS = 200_000;
const ACTIONS = ['snapshot', 'update', 'image'];
const KINDS = ['depth', 'other', 'malformed', 'unknownInstrument'];

const INSTRUMENTS: readonly PlainInstrument[] = [
  { instId: 'BTC-USDT', tickSz: '0.1', lotSz: '0.00000001' },
  { instId: 'BTC-USDT-SWAP', tickSz: '0.1', lotSz: '0.01' },
  { instId: 'BTC-USD-260925-60000-C', tickSz: '0.0005', lotSz: '1' },
  { instId: 'COARSE-USDT', tickSz: '5', lotSz: '10' },
  { instId: 'FINE-USDT', tickSz: '0.00000001', lotSz: '0.25' },
  { instId: 'WHOLE-USDT', tickSz: '1', lotSz: '1' },
];

/** What follows a frame in the receive buffer: a decoder that reads past the end would find it plausible. */
const AFTER = Buffer.from('0","0"]],"ts":"1","seqId":1}]}}]}');

test(
  `the byte scanner equals JSON.parse on ${RUNS} generated and damaged frames`,
  { timeout: 120_000 },
  () => {
    const instruments = INSTRUMENTS.map((row, index) =>
      testInstrument(index, row.instId, row.tickSz, row.lotSz),
    );
    const decoder = new DepthDecoder(instruments);
    const frame = new DepthFrame();
    const memory = Buffer.alloc(1 << 16);
    const seen = {
      depth: 0,
      other: 0,
      malformed: 0,
      unknownInstrument: 0,
      fast: 0,
      slow: 0,
      farAsks: 0,
      several: 0,
    };

    const check = (bytes: Buffer): void => {
      const start = bytes.length % 7;
      const end = start + bytes.copy(memory, start);
      AFTER.copy(memory, end);
      const expected = decodePlainly(bytes, INSTRUMENTS);
      const result = decoder.decode(memory, start, end, frame);
      if (KINDS[result] !== expected.kind) throw new Error(`${KINDS[result]} instead of ${expected.kind}`);
      seen[expected.kind]++;
      if (expected.kind !== 'depth') return;
      if (frame.isSlowPath) seen.slow++;
      else seen.fast++;
      if (frame.entryCount !== expected.entries.length) throw new Error(`entryCount ${frame.entryCount}`);
      if (expected.entries.length > 1) seen.several++;
      for (let entry = 0; entry < expected.entries.length; entry++) {
        if (entry > 0 && decoder.decode(memory, start, end, frame, entry) !== DepthResult.depth) {
          throw new Error(`entry ${entry} refused`);
        }
        const { asks, bids, ...rest } = expected.entries[entry]!;
        seen.farAsks += rest.farAsks;
        const got = [
          [frame.instrument, DEPTH_CHANNEL_NAMES[frame.channel], ACTIONS[frame.action]],
          [frame.tsMs, frame.seqId, frame.prevSeqId, frame.checksum, frame.farAskCount],
          [...frame.askTicks.subarray(0, frame.askCount)],
          [...frame.askLots.subarray(0, frame.askCount)],
          [...frame.bidTicks.subarray(0, frame.bidCount)],
          [...frame.bidLots.subarray(0, frame.bidCount)],
        ];
        const wanted = [
          [expected.instrument, expected.channel, expected.action],
          [rest.tsMs, rest.seqId, rest.prevSeqId, rest.checksum, rest.farAsks],
          asks.map((row) => row[0]),
          asks.map((row) => row[1]),
          bids.map((row) => row[0]),
          bids.map((row) => row[1]),
        ];
        // Compared as text: expect() on each of 200,000 frames would take longer than everything else.
        if (JSON.stringify(got) !== JSON.stringify(wanted)) {
          throw new Error(`${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
        }
      }
    };

    fc.assert(fc.property(depthFrames(INSTRUMENTS), check), { numRuns: RUNS });

    // Enough of every kind, or the generator has stopped testing what it is for.
    expect(seen.fast).toBeGreaterThan(RUNS / 20);
    expect(seen.slow).toBeGreaterThan(RUNS / 40);
    expect(seen.malformed).toBeGreaterThan(RUNS / 20);
    expect(seen.other).toBeGreaterThan(RUNS / 40);
    expect(seen.unknownInstrument).toBeGreaterThan(RUNS / 400);
    expect(seen.several).toBeGreaterThan(RUNS / 400);
    expect(seen.farAsks).toBeGreaterThan(0);
    expect(decoder.slowFrames).toBe(seen.slow);
    expect(decoder.malformedFrames).toBe(seen.malformed);
    expect(decoder.unknownFrames).toBe(seen.unknownInstrument);
  },
);
