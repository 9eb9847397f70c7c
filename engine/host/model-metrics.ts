import type { Instrument } from '../base/instrument.ts';
import { CalibrationGate, ModelField } from '../base/model-record.ts';
import { Side } from '../base/side.ts';
import type { MetricsWriter } from '../metrics/cells.ts';

type Reading = readonly [cell: number, read: (model: Float64Array) => number];

/** The calibrated model of one instrument as metrics. What is not known is not shown. */
export class ModelMetrics {
  readonly #writer: MetricsWriter;
  readonly #readings: readonly Reading[];

  constructor(writer: MetricsWriter, { index }: Instrument) {
    this.#writer = writer;
    const field =
      (at: ModelField) =>
      (model: Float64Array): number =>
        model[at]!;
    const sides = [
      [Side.buy, ModelField.bidRate, ModelField.bidDecay, ModelField.bidSweeps, ModelField.bidAdverse],
      [Side.sell, ModelField.askRate, ModelField.askDecay, ModelField.askSweeps, ModelField.askAdverse],
    ] as const;
    this.#readings = [
      [writer.cell('modelVersion', index), field(ModelField.version)],
      [writer.cell('modelAge', index), field(ModelField.timeNs)],
      [writer.cell('modelTrusted', index), field(ModelField.isTrusted)],
      [writer.cell('modelSigma', index), (model) => model[ModelField.sigma]! || NaN],
      [writer.cell('modelQuality', index), field(ModelField.rSquared)],
      [writer.cell('modelDistance', index), field(ModelField.ksDistance)],
      [writer.cell('queueEfficiency', index), field(ModelField.queueEfficiency)],
      ...Object.values(CalibrationGate).map((bit, gate): Reading => [
        writer.cell('modelGateFailed', index, gate),
        (model) => ((model[ModelField.gatesFailed]! & bit) === 0 ? 0 : 1),
      ]),
      ...sides.flatMap(([side, rate, decay, sweeps, adverse]): Reading[] => [
        [writer.cell('modelRate', index, side), field(rate)],
        [writer.cell('modelDecay', index, side), field(decay)],
        [writer.cell('modelSweeps', index, side), field(sweeps)],
        [writer.cell('modelAdverse', index, side), field(adverse)],
      ]),
    ];
  }

  show(model: Float64Array): void {
    for (const [cell, read] of this.#readings) this.#writer.set(cell, read(model));
  }
}
