/* global uPlot */
/** Plots of parity: what really happened and what the models make of it, in the same colours throughout. */
'use strict';

(() => {
  const { axes, colour, line, devicePixelRatioOf, stillPlots } = globalThis.reportPlots;
  const REAL = 'buy';
  const MODEL = 'sell';

  /** Two curves over the same time: each has points of its own. */
  function both(height, real, model, column) {
    const tables = [real, model].map(({ timeMs, columns }) => [
      timeMs.map((ms) => ms / 1000),
      columns[column],
    ]);
    return {
      height,
      data: uPlot.join(tables, [[2], [2]]),
      series: [
        line('Real', REAL, { width: 2, spanGaps: true }),
        line('Model', MODEL, { width: 2, spanGaps: true }),
      ],
    };
  }

  /** ▲ bought, ▼ sold; those of the model hollow. */
  function fillMarks(fills) {
    return (plot) => {
      const { ctx, bbox } = plot;
      const { min, max } = plot.scales.x;
      const shown = fills.filter(([timeMs]) => timeMs / 1000 >= min && timeMs / 1000 <= max);
      const size = (shown.length > plot.width * 0.5 ? 3 : 5) * devicePixelRatioOf();
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      for (const [timeMs, , sign, price, isReal] of shown) {
        // Side by side, so that one does not hide the other.
        const x = plot.valToPos(timeMs / 1000, 'x', true) + (isReal ? -size : size) * 0.5;
        const y = plot.valToPos(price, 'y', true);
        ctx.beginPath();
        ctx.moveTo(x, y - sign * size);
        ctx.lineTo(x - size, y + sign * size * 0.8);
        ctx.lineTo(x + size, y + sign * size * 0.8);
        ctx.closePath();
        ctx.lineWidth = size / 3;
        ctx.strokeStyle = isReal ? colour('surface') : colour(MODEL);
        ctx.fillStyle = isReal ? colour(REAL) : colour('surface');
        ctx.fill();
        ctx.stroke();
      }
      ctx.restore();
    };
  }

  const timePlots = {
    profit: ({ series, modelSeries }) => both(300, series, modelSeries, 'total'),
    position: (data, { series, modelSeries }) => both(200, series, modelSeries, 'position'),
    price(data, { instId, series }) {
      return {
        height: 320,
        data: [series.timeMs.map((ms) => ms / 1000), series.columns.mid],
        series: [line('Middle', 'mid')],
        hooks: { draw: [fillMarks(data.fills.filter((fill) => fill[1] === instId))] },
      };
    },
  };

  /** Shares filled by what was in front: reality, the model of the configuration, and the best one. */
  function queue({ queue: trial }) {
    if (trial === null) return null;
    const places = trial.groups.map((group, index) => index);
    const label = (index) => {
      if (trial.groups[index] === undefined) return '–';
      const { frontMax } = trial.groups[index];
      return frontMax === 0 ? 'none' : `≤ ${Number(frontMax.toPrecision(2))}`;
    };
    const names = ['total', 'sell', 'spread'];
    const percent = (plot, value) => (value === null ? '–' : `${value.toFixed(1)} %`);
    return {
      data: [places, ...trial.lines.map(({ shares }) => shares.map((share) => share * 100))],
      series: trial.lines.map(({ name }, index) =>
        line(name, names[index], {
          width: index === 0 ? 2.5 : 1.5,
          dash: index === 2 ? [5, 4] : undefined,
          points: { show: true, size: 7 },
          value: percent,
        }),
      ),
      scales: {
        x: { time: false, range: [-0.4, places.length - 0.6] },
        y: { range: (plot, least, most) => [0, Math.max(1, most * 1.1)] },
      },
      axes: axes(false, [{ splits: () => places, values: () => places.map(label) }]),
      xLabel: label,
    };
  }

  globalThis.reportPlots.timePlots = timePlots;
  globalThis.reportPlots.stillPlots = {
    queue,
    'markouts-real': ({ markouts }) => stillPlots.markouts({ markouts: markouts.real }),
    'markouts-model': ({ markouts }) => stillPlots.markouts({ markouts: markouts.model }),
    'latencies-real': ({ latencies }) => stillPlots.latencies({ latencies: latencies.real }),
    'latencies-model': ({ latencies }) => stillPlots.latencies({ latencies: latencies.model }),
  };
})();
