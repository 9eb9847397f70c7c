/** What a quoter hears besides its own market: calibrated parameters, a changed configuration, the instrument that leads. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { EXPLAIN_DOUBLES, ExplainField, QuoteFallback } from '../../engine/base/explain-record.ts';
import { MODEL_DOUBLES } from '../../engine/base/model-record.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { MarketBells } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { RecordReader, RecordWriter } from '../../engine/handoff/record-slot.ts';
import { Quoter } from '../../workers/quoter-core.ts';
import { MODEL_NAMES } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { PLAIN_LADDER } from './markets.ts';
import { modelRow } from './model-rows.ts';

const GLFT: StrategyParameters = { ...PLAIN_LADDER, model: 'glft', spacing: 'model' };
const OWN = 0;
const LEAD = 1;

class World {
  readonly handoff = new Handoff(
    createHandoff({ instrumentCount: 2, workerCount: 1, marketLevels: 1, quoteLevels: 5 }),
  );
  readonly quote = new QuoteView(5);
  readonly explain = new Float64Array(EXPLAIN_DOUBLES);
  readonly #configuration = new ConfigurationWriter(this.handoff);
  readonly #markets = [OWN, LEAD].map((instrument) => new MarketWriter(this.handoff, instrument));
  readonly #bells = new MarketBells(this.handoff);
  readonly #reader = new QuoteReader(this.handoff, OWN);
  readonly #explanations = new RecordReader(
    this.handoff,
    this.handoff.layout.explainSlotAt(OWN),
    EXPLAIN_DOUBLES,
  );
  readonly #models = new RecordWriter(this.handoff, this.handoff.layout.modelSlotAt(OWN), MODEL_DOUBLES);
  readonly quoter: Quoter;
  nowNs = 2e9;

  constructor(parameters: StrategyParameters) {
    this.configure(parameters, 1);
    this.quoter = new Quoter(this.handoff, 0, new ManualClock());
  }

  configure(parameters: StrategyParameters, version: number): void {
    this.#configuration.publish({ strategies: [parameters, PLAIN_LADDER] }, version);
  }

  calibrate(row: Float64Array): void {
    this.#models.publish(row);
  }

  /** @param rings whose bell rings for it: the lead's followers hear of it, too */
  market(instrument: number, bid: number, rings: number = instrument): void {
    const writer = this.#markets[instrument]!;
    writer.begin();
    writer.bidTicks[0] = bid;
    writer.bidLots[0] = 5;
    writer.askTicks[0] = bid + 2;
    writer.askLots[0] = 5;
    writer.recvNs = this.nowNs;
    writer.positionLots = 0;
    writer.publish(1, 1, true, 1);
    this.#bells.ring(rings);
  }

  /** Passes once; whether there was a new quote of our own instrument. */
  pass(): boolean {
    this.quoter.pass();
    const isNew = this.#reader.read(this.quote);
    // With nothing left to quote its reasons follow, where they did not come with it.
    this.quoter.pass();
    if (isNew) expect(this.#explanations.read(this.explain)).toBe(true);
    return isNew;
  }
}

describe('a quoter', () => {
  let world: World;
  beforeEach(() => {
    world = new World(GLFT);
  });

  it('says why: versions, the model, and what stands in for it', () => {
    world.market(OWN, 9_999);
    expect(world.pass()).toBe(true);
    const { explain, quote } = world;
    expect(MODEL_NAMES[explain[ExplainField.model]!]).toBe('fixed');
    expect(explain[ExplainField.fallback]).toBe(QuoteFallback.notCalibrated);
    expect([quote.configVersion, quote.modelVersion, quote.bidRate]).toEqual([1, 0, 0]);
    expect(explain[ExplainField.marketVersion]).toBe(1);
    expect(explain[ExplainField.configVersion]).toBe(1);
    expect(explain[ExplainField.fairTicks]).toBe(10_000);
  });

  it('quotes by calibrated parameters from the market after they came, and tells the requote rule of them', () => {
    world.market(OWN, 9_999);
    world.pass();
    world.calibrate(modelRow({ version: 7, bidRate: 0.7, askAdverse: 1.5 }));
    expect(world.pass()).toBe(false);
    world.market(OWN, 9_999);
    expect(world.pass()).toBe(true);
    const { explain, quote } = world;
    expect(MODEL_NAMES[explain[ExplainField.model]!]).toBe('glft');
    expect([quote.modelVersion, explain[ExplainField.modelVersion]]).toEqual([7, 7]);
    expect([quote.bidRate, quote.bidDecay, quote.askRate, quote.askDecay]).toEqual([0.7, 0.25, 0.8, 0.25]);
    expect([quote.bidCostTicks, quote.askCostTicks]).toEqual([0, 1.5]);
    expect(quote.fairTicks - quote.bidTicks[0]!).toBeLessThan(6);
  });

  it('takes another configuration with the next market, under its version', () => {
    world.market(OWN, 9_999);
    world.pass();
    const before = world.quote.bidTicks[0]!;
    world.configure({ ...GLFT, halfSpreadBps: 20 }, 2);
    world.market(OWN, 9_999);
    expect(world.pass()).toBe(true);
    expect(world.quote.configVersion).toBe(2);
    expect(world.quote.bidTicks[0]).toBe(before - 15);
  });

  it('keeps γ where its parameters have not changed, and the model’s row where they have', () => {
    world.calibrate(modelRow());
    world.market(OWN, 9_999);
    world.pass();
    const gamma = world.explain[ExplainField.gamma]!;
    world.calibrate(modelRow({ version: 2, sigma: 5 }));
    world.configure(GLFT, 2);
    world.market(OWN, 9_999);
    world.pass();
    expect(world.explain[ExplainField.gamma]).toBe(gamma);
    world.configure({ ...GLFT, levels: 2 }, 3);
    world.market(OWN, 9_999);
    world.pass();
    expect(world.explain[ExplainField.sigma]).toBe(5);
    expect(world.explain[ExplainField.gamma]).toBeLessThan(gamma);
  });

  it('quotes again when only the instrument that leads has moved', () => {
    const lead = { ...GLFT.fair.lead, instrument: LEAD, weight: 1 };
    const fair = { ...GLFT.fair, lead };
    world = new World({ ...GLFT, fair });
    world.market(LEAD, 19_999, OWN);
    expect(world.pass()).toBe(false);
    world.market(OWN, 9_999);
    expect(world.pass()).toBe(true);
    world.nowNs += 1e8;
    world.market(LEAD, 20_009, OWN);
    expect(world.pass()).toBe(true);
    expect(world.quote.marketVersion).toBe(1);
    expect(world.quote.recvNs).toBe(world.nowNs);
    expect(world.pass()).toBe(false);
  });
});
