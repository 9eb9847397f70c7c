import { definitionOf, METRIC_IDS } from '../../engine/metrics/catalog.ts';
import { MetricsWriter } from '../../engine/metrics/cells.ts';
import { Exposition } from '../../monitoring/exposition.ts';
import type { ParsedFamily } from './prometheus-text.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import { SampleEngine } from './sample-engine.ts';
import { describe, expect, test } from 'vitest';

async function scrape(engine: SampleEngine): Promise<Map<string, ParsedFamily>> {
  return parsePrometheusText(await new Exposition(engine.memory, engine.clock).render());
}

function valueOf(
  families: Map<string, ParsedFamily>,
  name: string,
  labels: Record<string, string> = {},
): number {
  const family = [...families.values()].find(({ name: own }) => name === own || name.startsWith(`${own}_`));
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const found = family?.samples.filter(
    (sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
  );
  return found?.length === 1 ? found[0].value : Number.NaN;
}

describe('Exposition', () => {
  test('is strictly valid and has every metric of the catalogue with its type, from the first moment', async () => {
    const families = await scrape(new SampleEngine());
    expect([...families.keys()].sort()).toEqual(METRIC_IDS.map((id) => definitionOf(id).name).sort());
    for (const id of METRIC_IDS)
      expect(families.get(definitionOf(id).name)!.type).toBe(definitionOf(id).kind);
  });

  test('every metric of a quoting engine has samples with exactly its labels', async () => {
    const engine = new SampleEngine();
    engine.makeReady();
    engine.writer.set(engine.writer.cell('clockOffset'), -0.004);
    for (const id of ['involuntarySwitches', 'coreWait', 'steal'] as const) {
      engine.writer.set(engine.writer.cell(id), 1);
    }
    for (const id of ['accountLossMax', 'accountDrawdownMax', 'marginRatioMin', 'doubtAge'] as const) {
      engine.writer.set(engine.writer.cell(id), 1);
    }
    const { writer } = engine;
    for (const id of [
      'brokerEligibilityAge',
      'brokerOpen',
      'brokerReconciled',
      'oauthAccessEnd',
      'oauthRefreshEnd',
    ] as const)
      writer.set(writer.cell(id), 1);
    writer.set(writer.cell('brokerSettled', 0), 1);
    for (const id of [
      'modelTrusted',
      'modelSigma',
      'modelQuality',
      'modelDistance',
      'queueEfficiency',
    ] as const)
      writer.set(writer.cell(id, 0), 1);
    for (const id of [
      'fairPart',
      'modelRate',
      'modelDecay',
      'modelSweeps',
      'modelAdverse',
      'feeBps',
    ] as const)
      writer.set(writer.cell(id, 0, 1), 1);
    for (const id of ['versionModel', 'versionConfig'] as const) writer.set(writer.cell(id, 0, 1), 1);
    const families = await scrape(engine);
    const labelSets = METRIC_IDS.map((id) => {
      const { samples } = families.get(definitionOf(id).name)!;
      const sets = samples.map(({ labels }) => Object.keys(labels).filter((label) => label !== 'le'));
      return [id, [...new Set(sets.map((labels) => labels.sort().join()))]];
    });
    expect(labelSets).toEqual(METRIC_IDS.map((id) => [id, [[...definitionOf(id).labels].sort().join()]]));
    expect(valueOf(families, 'okxmm_clock_offset_seconds')).toBe(-0.004);
  });

  test('counts, states, ages and histograms come out of the cells', async () => {
    const engine = new SampleEngine();
    engine.makeReady();
    const { writer } = engine;
    writer.increment(writer.cell('fills', 1, 0, 1), 3);
    writer.increment(writer.cell('venueRejects', 2), 7);
    writer.set(writer.cell('killReason'), 2);
    writer.set(writer.cell('killLevel'), 4);
    writer.set(writer.cell('killActive', 2), 1);
    writer.increment(writer.cell('killRaised', 3), 2);
    writer.increment(writer.cell('auditFindings', 1), 4);
    new MetricsWriter(engine.memory, 1).increment(
      new MetricsWriter(engine.memory, 1).cell('workerQuotes'),
      11,
    );
    const histogram = writer.histogram('stageLatency', 6);
    for (const value of [500, 1500, 3_000_000_000]) histogram.record(value);
    engine.clock.advanceNs(2_500_000_000);

    const families = await scrape(engine);
    const fill = { instrument: 'BTC-USD-SWAP', side: 'buy', liquidity: 'taker' };
    expect(valueOf(families, 'okxmm_fills_total', fill)).toBe(3);
    expect(valueOf(families, 'okxmm_venue_rejects_total', { decision: 'reprice' })).toBe(7);
    expect(valueOf(families, 'okxmm_worker_quotes_total', { worker: '1' })).toBe(11);
    expect(valueOf(families, 'okxmm_worker_quotes_total', { worker: '0' })).toBe(0);
    expect(valueOf(families, 'okxmm_kill_reason', { trigger: 'loss' })).toBe(1);
    expect(valueOf(families, 'okxmm_kill_reason', { trigger: 'none' })).toBe(0);
    expect(valueOf(families, 'okxmm_kill_level')).toBe(4);
    expect(valueOf(families, 'okxmm_kill_active', { trigger: 'loss' })).toBe(1);
    expect(valueOf(families, 'okxmm_kill_active', { trigger: 'margin' })).toBe(0);
    expect(valueOf(families, 'okxmm_kill_raised_total', { trigger: 'margin' })).toBe(2);
    expect(valueOf(families, 'okxmm_audit_findings_total', { finding: 'missingOrder' })).toBe(4);
    expect(valueOf(families, 'okxmm_switch_left_seconds'), 'a deadline').toBe(6.5);
    expect(valueOf(families, 'okxmm_engine_state', { engine_state: 'quoting' })).toBe(1);
    expect(valueOf(families, 'okxmm_engine_heartbeat_age_seconds')).toBe(2.5);
    expect(valueOf(families, 'okxmm_session_silence_seconds', { connection: 'trade' })).toBe(2.5);
    const stage = 'okxmm_stage_latency_seconds';
    expect(valueOf(families, `${stage}_bucket`, { stage: 'encoded', le: '0.000001' })).toBe(1);
    expect(valueOf(families, `${stage}_bucket`, { stage: 'encoded', le: '0.000002' })).toBe(2);
    expect(valueOf(families, `${stage}_bucket`, { stage: 'encoded', le: '0.524288' })).toBe(2);
    expect(valueOf(families, `${stage}_bucket`, { stage: 'encoded', le: '+Inf' })).toBe(3);
    expect(valueOf(families, `${stage}_count`, { stage: 'encoded' })).toBe(3);
    expect(valueOf(families, `${stage}_sum`, { stage: 'encoded' })).toBeCloseTo(3.000002, 9);
    expect(valueOf(families, `${stage}_count`, { stage: 'sent' })).toBe(0);
  });

  test('the board comes out as gauges, prices exactly as their text', async () => {
    const engine = new SampleEngine();
    engine.makeReady();
    const families = await scrape(engine);
    const spot = { instrument: 'BTC-USDT' };
    const inverse = { instrument: 'BTC-USD-SWAP' };
    expect(valueOf(families, 'okxmm_book_best_price', { ...spot, side: 'sell' })).toBe(65000.3);
    expect(valueOf(families, 'okxmm_quote_best_price', { ...spot, side: 'buy' })).toBe(64999);
    expect(valueOf(families, 'okxmm_quote_fair_price', spot)).toBeCloseTo(65000.225, 9);
    expect(valueOf(families, 'okxmm_book_state', { ...spot, book_state: 'synced' })).toBe(1);
    expect(valueOf(families, 'okxmm_book_state', { ...spot, book_state: 'broken' })).toBe(0);
    expect(valueOf(families, 'okxmm_book_quotable', spot)).toBe(1);
    expect(valueOf(families, 'okxmm_open_orders', { ...spot, side: 'buy' })).toBe(1);
    expect(valueOf(families, 'okxmm_open_orders', { ...spot, side: 'sell' })).toBe(0);
    expect(valueOf(families, 'okxmm_exposure_lots', { ...spot, side: 'sell' })).toBe(5_000_000);
    expect(valueOf(families, 'okxmm_position_lots', inverse)).toBe(-3);
    expect(valueOf(families, 'okxmm_position_notional_quote', inverse)).toBe(-300);
    expect(valueOf(families, 'okxmm_position_notional_quote', spot)).toBeCloseTo(650.002, 9);
    expect(valueOf(families, 'okxmm_pnl_quote', { ...spot, kind: 'realised' })).toBe(12.5);
    expect(valueOf(families, 'okxmm_pnl_quote', { ...spot, kind: 'unrealised' })).toBe(-2.25);
    expect(valueOf(families, 'okxmm_pnl_quote', { ...spot, kind: 'fees' })).toBe(-0.75);
    expect(valueOf(families, 'okxmm_pnl_quote', { ...spot, kind: 'funding' })).toBe(-0.5);
    expect(valueOf(families, 'okxmm_instrument_loss_quote', spot)).toBe(4.5);
    expect(valueOf(families, 'okxmm_instrument_loss_max_quote', spot)).toBe(250);
    expect(valueOf(families, 'okxmm_liquidation_distance_ratio', inverse)).toBe(0.025);
    expect(valueOf(families, 'okxmm_liquidation_distance_ratio', spot)).toBe(Number.NaN);
    expect(valueOf(families, 'okxmm_fair_price_move_ratio', spot)).toBe(0.0012);
    expect(valueOf(families, 'okxmm_markout_loss_ratio', spot)).toBe(-0.00015);
    expect(valueOf(families, 'okxmm_instrument_kill_level', spot)).toBe(0);
  });

  test('what is not known is absent, not zero', async () => {
    const engine = new SampleEngine();
    engine.board.begin(0);
    engine.board.setBook(0, 0, false, 0, 0, 0, 0);
    engine.board.setPosition(5, 0, 0, 0, 0, 0, 0);
    engine.board.publish(0);
    const families = await scrape(engine);
    const absent = [
      'okxmm_engine_heartbeat_age_seconds',
      'okxmm_book_age_seconds',
      'okxmm_book_best_price',
      'okxmm_quote_best_price',
      'okxmm_quote_fair_price',
      'okxmm_position_notional_quote',
    ];
    expect(absent.flatMap((name) => families.get(name)!.samples)).toEqual([]);
    expect(families.get('okxmm_position_lots')!.samples).toHaveLength(1);
  });

  test('a second scrape within a second gets the same text, a later one a new text', async () => {
    const engine = new SampleEngine();
    const exposition = new Exposition(engine.memory, engine.clock);
    const turns = engine.writer.cell('turns');
    const turnsSeen = async (): Promise<number> =>
      valueOf(parsePrometheusText(await exposition.render()), 'okxmm_turns_total');
    engine.writer.increment(turns);
    expect(await turnsSeen()).toBe(1);
    engine.writer.increment(turns);
    engine.clock.advanceNs(999_999_999);
    expect(await turnsSeen()).toBe(1);
    engine.clock.advanceNs(1);
    expect(await turnsSeen()).toBe(2);
  });
});
