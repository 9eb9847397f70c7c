/**
 * What the way of one market to its quote and back allocates with the given model, in bytes a pass: run compiled, in a
 * process of its own with --expose-gc and a young generation that no pass count here fills, so that nothing is
 * collected in between.
 */
import { getHeapStatistics } from 'node:v8';
import { SystemClock } from '../../engine/base/clock.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { MarketBells, QuoteBell } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { MODEL_DOUBLES } from '../../engine/base/model-record.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { RecordWriter } from '../../engine/handoff/record-slot.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import type { ModelName } from '../../workers/strategy/parameters.ts';
import { PLAIN_LADDER } from './markets.ts';
import { modelRow } from './model-rows.ts';

const INSTRUMENTS = 3;
const LEVELS = 10;
const PASSES = 300_000;

const handoff = new Handoff(
  createHandoff({ instrumentCount: INSTRUMENTS, workerCount: 1, marketLevels: LEVELS, quoteLevels: 5 }),
);
const instruments = Array.from({ length: INSTRUMENTS }, (_, instrument) => instrument);
const clock = new SystemClock();
const model = process.argv[2] as ModelName;
const parameters = instruments.map(() => ({ ...PLAIN_LADDER, model, spacing: 'model' as const }));
new ConfigurationWriter(handoff).publish({ strategies: parameters }, 1);
const quoter = new InlineQuoter(handoff, clock);
// Made an hour from now: fresh for as long as this runs.
const row = modelRow({ sigma: 20, decay: 0.2, timeNs: clock.nowNs() + 3.6e12 });
for (const instrument of instruments) {
  const slotAt = handoff.layout.modelSlotAt(instrument);
  new RecordWriter(handoff, slotAt, MODEL_DOUBLES).publish(row);
}
const bells = new MarketBells(handoff);
const bell = new QuoteBell(handoff);
const writers = instruments.map((instrument) => new MarketWriter(handoff, instrument));
const readers = instruments.map((instrument) => new QuoteReader(handoff, instrument));
const quote = new QuoteView(5);

function publish(pass: number): void {
  const instrument = pass % INSTRUMENTS;
  const writer = writers[instrument];
  writer.begin();
  for (let level = 0; level < LEVELS; level++) {
    writer.bidTicks[level] = 650_000 + (pass & 1_023) - level;
    writer.bidLots[level] = 1 + ((pass * 7 + level) & 4_095);
    writer.askTicks[level] = 650_001 + (pass & 1_023) + level;
    writer.askLots[level] = 1 + ((pass * 11 + level) & 4_095);
  }
  writer.seqId = 8e10 + pass;
  writer.tsMs = 1.7e12 + pass;
  writer.recvNs = clock.nowNs();
  writer.positionLots = (pass & 127) - 64;
  writer.publish(LEVELS, LEVELS, true, 1);
  bells.ring(instrument);
}

function takeQuotes(): number {
  let checksum = 0;
  for (let instrument = bell.take(); instrument !== -1; instrument = bell.take()) {
    if (readers[instrument].read(quote)) checksum += quote.bidTicks[0] + quote.askCount;
  }
  return checksum;
}

function run(passes: number): number {
  let checksum = 0;
  for (let pass = 0; pass < passes; pass++) {
    publish(pass);
    quoter.turn();
    checksum += takeQuotes();
  }
  return checksum;
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}

// Twice over the measured stretch, too: the first time, compilers and the statistics themselves still allocate.
run(PASSES);
let bytesPerPass = 0;
let passNs = 0;
let checksum = 0;
for (let round = 0; round < 2; round++) {
  globalThis.gc!();
  const beforeBytes = usedBytes();
  const beforeNs = clock.nowNs();
  checksum = run(PASSES);
  passNs = (clock.nowNs() - beforeNs) / PASSES;
  bytesPerPass = (usedBytes() - beforeBytes) / PASSES;
}
console.log(JSON.stringify({ bytesPerPass, passNs, checksum }));
