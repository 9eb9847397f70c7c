/* global uPlot, document, getComputedStyle */
/**
 * The plots of the report, on uPlot. Colours come from the page's style, so that light and dark are one place's business.
 * A plain script: it is carried inside the page.
 */
'use strict';

(() => {
  /** Of the page's style. */
  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  function shortNumber(value) {
    if (value === null || value === undefined) return '–';
    const size = Math.abs(value);
    if (size === 0) return '0';
    if (size >= 1e9) return `${trimmed(value / 1e9, 2)}bn`;
    if (size >= 1e6) return `${trimmed(value / 1e6, 2)}m`;
    if (size >= 1e5) return `${trimmed(value / 1e3, 1)}k`;
    if (size >= 1e-5) return trimmed(value, size >= 1 ? 2 : Math.min(8, 2 + Math.ceil(-Math.log10(size))));
    return value.toExponential(1);
  }

  function trimmed(value, decimals) {
    return value
      .toFixed(decimals)
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '')
      .replace('-', '−');
  }

  /** Labels of an axis: as many decimals as its step needs. */
  function axisNumbers(plot, values) {
    const step = values.length > 1 ? Math.abs(values[1] - values[0]) : 1;
    let decimals = 0;
    while (decimals < 8 && Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) > 1e-6)
      decimals++;
    const largest = Math.max(...values.map(Math.abs));
    return values.map((value) => {
      if (largest >= 1e6 && step >= 1e4) return `${trimmed(value / 1e6, 2)}m`;
      return value.toFixed(decimals).replace('-', '−');
    });
  }

  const TIME_LABEL_ROOM = 68;

  /** The width of the labels of an axis, by the longest of them. */
  function labelRoom(plot, values) {
    const longest = (values || []).reduce((most, text) => Math.max(most, String(text).length), 3);
    return 14 + longest * 7;
  }

  /** Times of the day; the date where it begins or changes. */
  function axisTimes(plot, splits, axis, space, step) {
    let dayBefore = '';
    return splits.map((second) => {
      if (second === null) return '';
      const [day, time] = new Date(second * 1000).toISOString().split('T');
      const shown =
        step < 1 ? time.slice(0, 12).replace(/0+$/, '') : step < 60 ? time.slice(0, 8) : time.slice(0, 5);
      const isNewDay = day !== dayBefore;
      dayBefore = day;
      if (step >= 86_400) return day.slice(5);
      return isNewDay ? `${shown}\n${day}` : shown;
    });
  }

  function axes(isTime, overrides) {
    const line = { stroke: colour('soft'), font: '12px system-ui, sans-serif' };
    return [
      {
        ...line,
        grid: { stroke: colour('grid'), width: 1 },
        ticks: { stroke: colour('grid'), size: 4 },
        space: isTime ? 86 : 50,
        ...(isTime ? { values: axisTimes, size: 44 } : { size: 30 }),
        ...overrides?.[0],
      },
      {
        ...line,
        grid: { stroke: colour('grid'), width: 1 },
        ticks: { show: false },
        // Plots over time share their axis: what is above each other is at the same time.
        size: isTime ? TIME_LABEL_ROOM : labelRoom,
        space: 28,
        gap: 4,
        values: axisNumbers,
        ...overrides?.[1],
      },
    ];
  }

  function line(label, name, more) {
    return {
      label,
      stroke: colour(name),
      width: 1.5,
      points: { show: false },
      value: (plot, value) => shortNumber(value),
      ...more,
    };
  }

  /** Fills on the price: ▲ bought, ▼ sold; hollow where we took. */
  function fillMarks(fills) {
    return (plot) => {
      const { ctx } = plot;
      const size = 5 * devicePixelRatioOf();
      const { min, max } = plot.scales.x;
      ctx.save();
      ctx.beginPath();
      ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
      ctx.clip();
      for (const [timeMs, , sign, price, , isMaker] of fills) {
        const second = timeMs / 1000;
        if (second < min || second > max) continue;
        const x = plot.valToPos(second, 'x', true);
        const y = plot.valToPos(price, 'y', true);
        ctx.beginPath();
        ctx.moveTo(x, y - sign * size);
        ctx.lineTo(x - size, y + sign * size * 0.8);
        ctx.lineTo(x + size, y + sign * size * 0.8);
        ctx.closePath();
        ctx.lineWidth = size / 4;
        ctx.strokeStyle = isMaker ? colour('surface') : colour(sign > 0 ? 'buy' : 'sell');
        ctx.fillStyle = isMaker ? colour(sign > 0 ? 'buy' : 'sell') : colour('surface');
        ctx.fill();
        ctx.stroke();
      }
      ctx.restore();
    };
  }

  function devicePixelRatioOf() {
    return uPlot.pxRatio || 1;
  }

  /** Says which fill the cursor is at. */
  function fillTip(figure, fills) {
    const tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    figure.append(tip);
    return (plot) => {
      const { left, top } = plot.cursor;
      let nearest = null;
      let distance = 14 * 14;
      if (left >= 0) {
        for (const fill of fills) {
          const dx = plot.valToPos(fill[0] / 1000, 'x') - left;
          const dy = plot.valToPos(fill[3], 'y') - top;
          if (dx * dx + dy * dy < distance) {
            distance = dx * dx + dy * dy;
            nearest = fill;
          }
        }
      }
      tip.hidden = nearest === null;
      if (nearest === null) return;
      const [timeMs, , sign, price, size, isMaker] = nearest;
      const at = new Date(timeMs).toISOString().slice(11, 23);
      tip.textContent = `${at}  ${sign > 0 ? 'bought' : 'sold'} ${size} at ${price}, ${isMaker ? 'maker' : 'taker'}`;
      const over = plot.over;
      const x = over.offsetLeft + plot.root.offsetLeft + plot.valToPos(timeMs / 1000, 'x');
      tip.style.left = `${Math.max(4, Math.min(x + 10, figure.clientWidth - tip.offsetWidth - 8))}px`;
      tip.style.top = `${plot.root.offsetTop + over.offsetTop + plot.valToPos(price, 'y') + 12}px`;
    };
  }

  /** Options of the plots over time, by the name of their figure: their data and their lines. */
  const timePlots = {
    profit(data) {
      const { columns, timeMs } = data.series;
      const hasFunding = columns.funding.some((value) => value !== 0);
      const names = ['total', 'spread', 'inventory', 'fees', ...(hasFunding ? ['funding'] : [])];
      return {
        height: 280,
        data: [timeMs.map(seconds), ...names.map((name) => columns[name])],
        series: names.map((name) =>
          line(name[0].toUpperCase() + name.slice(1), name, { width: name === 'total' ? 2.5 : 1.25 }),
        ),
      };
    },
    price(data, instrument, figure) {
      const { instId, series } = instrument;
      const { mid, bid, ask } = series.columns;
      const fills = data.fills.filter((fill) => fill[1] === instId);
      return {
        height: 400,
        data: [series.timeMs.map(seconds), mid, bid, ask],
        series: [
          line('Middle', 'mid', { value: (plot, value) => price(value) }),
          line('Our bid', 'buy', { width: 1, value: (plot, value) => price(value) }),
          line('Our ask', 'sell', { width: 1, value: (plot, value) => price(value) }),
        ],
        hooks: { draw: [fillMarks(fills)], setCursor: [fillTip(figure, fills)] },
      };
    },
    position(data, instrument) {
      const { timeMs, columns } = instrument.series;
      return {
        height: 170,
        data: [timeMs.map(seconds), columns.position],
        series: [line('Position', 'inventory', { fill: faded('inventory') })],
      };
    },
    value(data) {
      const { timeMs, columns } = data.series;
      return {
        height: 170,
        data: [timeMs.map(seconds), columns.positionValue],
        series: [line('Value', 'inventory', { fill: faded('inventory') })],
      };
    },
    drawdown(data) {
      const { timeMs, columns } = data.series;
      return {
        height: 150,
        data: [timeMs.map(seconds), columns.drawdown.map((value) => (value === null ? null : -value))],
        series: [line('Below the peak', 'loss', { fill: faded('loss') })],
      };
    },
    orders(data) {
      const { timeMs, columns } = data.series;
      return {
        height: 150,
        data: [timeMs.map(seconds), columns.ordersPerSecond],
        series: [line('Commands', 'total', { width: 1, fill: faded('total') })],
      };
    },
  };

  function seconds(timeMs) {
    return timeMs / 1000;
  }

  function price(value) {
    return value === null || value === undefined ? '–' : String(Number(value.toPrecision(10)));
  }

  function faded(name) {
    return `${colour(name)}22`;
  }

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

  globalThis.reportPlots = { axes, timePlots, stillPlots };
})();
