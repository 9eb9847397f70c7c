import { expect, it } from 'vitest';
import { EXPLAIN_DOUBLES, ExplainField, FairPart } from '../../../engine/base/explain-record.ts';
import { ManualClock } from '../../../engine/base/clock.ts';
import { ConfigurationWriter } from '../../../engine/handoff/configuration-slot.ts';
import { MarketBells } from '../../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../../engine/handoff/market-slot.ts';
import { RecordReader } from '../../../engine/handoff/record-slot.ts';
import { InlineQuoter } from '../../../workers/inline.ts';
import type { StrategyParameters } from '../../../workers/strategy/parameters.ts';
import { PLAIN_LADDER } from '../markets.ts';

const BEFORE: StrategyParameters = {
  ...PLAIN_LADDER,
  fair: {
    ...PLAIN_LADDER.fair,
    bookImbalance: { kind: 'static', levels: 1, withinBps: 0, weightBps: 1 },
    standardiseSeconds: 60,
  },
};

/** What the book's imbalance adds after two minutes of a swinging book and one more market, with changes in between. */
function imbalanceAfter(changed: StrategyParameters): number {
  const dimensions = { instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: 8 };
  const handoff = new Handoff(createHandoff(dimensions));
  const configuration = new ConfigurationWriter(handoff);
  configuration.publish({ strategies: [BEFORE] }, 1);
  const quoter = new InlineQuoter(handoff, new ManualClock());
  const writer = new MarketWriter(handoff, 0);
  const bells = new MarketBells(handoff);
  const publish = (atS: number, bidLots: number): void => {
    writer.begin();
    writer.bidTicks[0] = 10_000;
    writer.bidLots[0] = bidLots;
    writer.askTicks[0] = 10_001;
    writer.askLots[0] = 10;
    writer.recvNs = (1_000 + atS) * 1e9;
    writer.positionLots = 0;
    writer.publish(1, 1, true, 1);
    bells.ring(0);
    expect(quoter.turn()).toBe(1);
  };
  for (let step = 0; step < 1_200; step++) publish(step / 10, step % 2 === 0 ? 5 : 20);
  configuration.publish({ strategies: [changed] }, 2);
  publish(120, 20);
  const explain = new Float64Array(EXPLAIN_DOUBLES);
  const { layout } = handoff;
  expect(new RecordReader(handoff, layout.explainSlotAt(0), EXPLAIN_DOUBLES).read(explain)).toBe(true);
  expect(explain[ExplainField.configVersion]).toBe(2);
  return explain[ExplainField.parts + FairPart.bookImbalance]!;
}

it('what signals have learnt outlasts a change of other parameters, and begins anew with a change of theirs', () => {
  const kept = imbalanceAfter(BEFORE);
  expect(kept).toBeCloseTo(1, 1);
  expect(imbalanceAfter({ ...BEFORE, levels: 1, halfSpreadBps: 9 })).toBe(kept);
  expect(imbalanceAfter({ ...BEFORE, fair: { ...BEFORE.fair, capBps: 4 } })).toBeCloseTo(0, 10);
});
