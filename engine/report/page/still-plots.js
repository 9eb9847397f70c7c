/* global uPlot */
/** Plots of distributions, by the name of their figure. Null where there is nothing to show. */
'use strict';

(() => {
  const { colour, shortNumber, axes, line, devicePixelRatioOf } = globalThis.reportPlots;

  /** Options of the other plots. */
  const stillPlots = {
    markouts({ markouts }) {
      const horizons = Object.keys(markouts).sort((one, two) => Number(one) - Number(two));
      const rows = horizons.map((horizon) => markouts[horizon]);
      if (rows.every(({ n }) => n === 0)) return null;
      const places = horizons.map((_, index) => index);
      return {
        data: [
          places,
          rows.map(({ bps }) => bps),
          rows.map(({ buyBps }) => buyBps),
          rows.map(({ sellBps }) => sellBps),
        ],
        series: [
          line('All', 'total', { width: 2, points: { show: true, size: 7 } }),
          line('Buys', 'buy', { width: 1, dash: [4, 4] }),
          line('Sells', 'sell', { width: 1, dash: [4, 4] }),
        ],
        scales: {
          x: { time: false, range: [-0.4, horizons.length - 0.6] },
          y: { range: () => withErrors(rows) },
        },
        axes: axes(false, [
          { splits: () => places, values: () => horizons.map((horizon) => `${horizon} s`) },
        ]),
        xLabel: (index) => (horizons[index] === undefined ? '–' : `${horizons[index]} s`),
        hooks: { draw: [errorBars(rows), zeroLine] },
      };
    },
    distance({ quotedDistance }) {
      const { edges, bid, ask } = quotedDistance;
      let count = edges.length;
      while (count > 1 && bid[count - 1] === 0 && ask[count - 1] === 0) count--;
      if (bid.every((share) => share === 0) && ask.every((share) => share === 0)) return null;
      const places = edges.slice(0, count).map((_, index) => index);
      const percent = (shares) => shares.slice(0, count).map((share) => share * 100);
      const bars = (align) => uPlot.paths.bars({ size: [0.42, 40], align });
      const label = (index) =>
        index < edges.length - 1 ? `${edges[index]}–${edges[index + 1]}` : `${edges[index]}+`;
      return {
        data: [places, percent(bid), percent(ask)],
        series: [
          line('Bid', 'buy', { paths: bars(-1), fill: colour('buy'), width: 0 }),
          line('Ask', 'sell', { paths: bars(1), fill: colour('sell'), width: 0 }),
        ],
        scales: {
          x: { time: false, range: [-0.6, count - 0.4] },
          y: { range: (plot, least, most) => [0, most * 1.1] },
        },
        axes: axes(false, [
          {
            splits: () => places,
            values: () =>
              places.map((place) => (place % Math.ceil(count / 7) === 0 ? String(edges[place]) : '')),
          },
        ]),
        xLabel: (index) => (index === null || index === undefined ? '–' : `${label(index)} bps`),
      };
    },
    latencies({ latencies }) {
      const names = Object.keys(latencies).filter((name) => latencies[name].maxMs > 0);
      if (names.length === 0) return null;
      // Each begins with nothing just below its least value: a constant one is a step, too.
      const justBelow = (name) => latencies[name].ms[0] * 0.999;
      const points = names.flatMap((name) => [justBelow(name), ...latencies[name].ms]);
      const all = [...new Set(points.filter((ms) => ms > 0))].sort((one, two) => one - two);
      const colours = {
        place: 'buy',
        amend: 'inventory',
        cancel: 'sell',
        gateway: 'funding',
        feed: 'spread',
        fill: 'total',
      };
      const share = (name, ms) => {
        const { ms: values, shares } = latencies[name];
        if (ms < values[0]) return ms === justBelow(name) ? 0 : null;
        let index = 0;
        while (index < values.length - 1 && values[index + 1] <= ms) index++;
        if (index === values.length - 1) return values[index] === ms ? 100 : null;
        const part = (ms - values[index]) / (values[index + 1] - values[index] || 1);
        return 100 * (shares[index] + part * (shares[index + 1] - shares[index]));
      };
      return {
        data: [all, ...names.map((name) => all.map((ms) => share(name, ms)))],
        series: names.map((name) =>
          line(name[0].toUpperCase() + name.slice(1), colours[name] || 'mid', {
            value: (plot, value) => (value === null ? '–' : `${value.toFixed(1)} %`),
          }),
        ),
        scales: { x: { time: false, distr: 3, log: 10 }, y: { range: [0, 100] } },
        axes: axes(false, [
          {
            values: (plot, values) =>
              values.map((value) => (value === null || !isPower(value) ? '' : shortNumber(value))),
          },
        ]),
        xLabel: (index) => (all[index] === undefined ? '–' : `${shortNumber(all[index])} ms`),
      };
    },
  };

  function isPower(value) {
    const digits = Math.log10(value);
    const rest = value / 10 ** Math.floor(digits + 1e-9);
    return [1, 2, 5].some((digit) => Math.abs(rest - digit) < 1e-6);
  }

  /** What the mean and its error need: a side with a single fill may leave the plot. */
  function withErrors(rows) {
    let low = 0;
    let high = 0;
    for (const { bps, standardErrorBps } of rows) {
      if (bps === null) continue;
      low = Math.min(low, bps - (standardErrorBps ?? 0));
      high = Math.max(high, bps + (standardErrorBps ?? 0));
    }
    const room = (high - low || 1) * 0.08;
    return [low - room, high + room];
  }

  function errorBars(rows) {
    return (plot) => {
      const { ctx } = plot;
      ctx.save();
      ctx.strokeStyle = colour('total');
      ctx.lineWidth = devicePixelRatioOf();
      rows.forEach(({ bps, standardErrorBps }, index) => {
        if (bps === null || standardErrorBps === null) return;
        const x = Math.round(plot.valToPos(index, 'x', true));
        const from = plot.valToPos(bps - standardErrorBps, 'y', true);
        const to = plot.valToPos(bps + standardErrorBps, 'y', true);
        const half = 5 * devicePixelRatioOf();
        ctx.beginPath();
        ctx.moveTo(x, from);
        ctx.lineTo(x, to);
        ctx.moveTo(x - half, from);
        ctx.lineTo(x + half, from);
        ctx.moveTo(x - half, to);
        ctx.lineTo(x + half, to);
        ctx.stroke();
      });
      ctx.restore();
    };
  }

  function zeroLine(plot) {
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(0, 'y', true));
    ctx.save();
    ctx.strokeStyle = colour('soft');
    ctx.lineWidth = devicePixelRatioOf();
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  globalThis.reportPlots.stillPlots = stillPlots;
})();
