import { ExplainField } from '../../engine/base/explain-record.ts';
import { ModelField } from '../../engine/base/model-record.ts';
import { QuoteCell } from './ladder/quote-cells.ts';
import { CurveCell } from './models/distance-curve.ts';
import type { FittedModel } from './models/fitted-model.ts';
import type { StrategyParameters } from './parameters.ts';

const BPS = 1e-4;

/** @hot Why a quote is what it is: all but versions, times, the parts of the fair price and the levels. */
export function explainHead(
  explain: Float64Array,
  cells: Float64Array,
  model: FittedModel,
  parameters: StrategyParameters,
): void {
  const { row, costs, isCurve } = model;
  const lots = Math.max(1, parameters.lots);
  explain[ExplainField.model] = model.model;
  explain[ExplainField.fallback] = model.fallback;
  explain[ExplainField.midTicks] = cells[QuoteCell.mid];
  explain[ExplainField.referenceTicks] = cells[QuoteCell.reference];
  explain[ExplainField.fairTicks] = cells[QuoteCell.fair];
  explain[ExplainField.sigma] = row[ModelField.sigma];
  explain[ExplainField.bidRate] = row[ModelField.bidRate];
  explain[ExplainField.bidDecay] = row[ModelField.bidDecay];
  explain[ExplainField.askRate] = row[ModelField.askRate];
  explain[ExplainField.askDecay] = row[ModelField.askDecay];
  explain[ExplainField.gatesFailed] = row[ModelField.gatesFailed];
  explain[ExplainField.gamma] = model.gamma[0];
  explain[ExplainField.inventory] = cells[QuoteCell.position] / lots;
  explain[ExplainField.groupInventory] = (cells[QuoteCell.inventory] - cells[QuoteCell.position]) / lots;
  explain[ExplainField.bidAdverse] = costs[1];
  explain[ExplainField.askAdverse] = costs[2];
  explain[ExplainField.feeTicks] = costs[0];
  explain[ExplainField.countedInventory] = cells[QuoteCell.units];
  const bidHalf = cells[QuoteCell.bidHalf];
  const askHalf = cells[QuoteCell.askHalf];
  explain[ExplainField.bidHalfTicks] = bidHalf;
  explain[ExplainField.askHalfTicks] = askHalf;
  // The middle between both first levels as the model wants them, less what their half spreads differ by.
  const middle = (cells[QuoteCell.bidFirst] - cells[QuoteCell.askFirst]) / 2;
  explain[ExplainField.shiftTicks] = middle - cells[QuoteCell.fair] + (bidHalf - askHalf) / 2;
  if (isCurve) {
    const curve = model.curve.cells;
    explain[ExplainField.halfTicks] = (curve[CurveCell.bidHalfFree] + curve[CurveCell.askHalfFree]) / 2;
    explain[ExplainField.skewTicks] = curve[CurveCell.skew];
    explain[ExplainField.driftInventory] = curve[CurveCell.shift];
    return;
  }
  const { skewBpsAtMax, positionLotsMax } = parameters;
  const isShifted = parameters.model === 'fixed';
  explain[ExplainField.halfTicks] = explain[ExplainField.halfLimitedTicks];
  explain[ExplainField.skewTicks] = isShifted
    ? (cells[QuoteCell.fair] * skewBpsAtMax * BPS * lots) / positionLotsMax
    : 0;
  explain[ExplainField.driftInventory] = 0;
}
