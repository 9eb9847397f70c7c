/* global uPlot, document */
/** Plots over time: their data and their lines, by the name of their figure. */
'use strict';

(() => {
  const { colour, line, faded, devicePixelRatioOf } = globalThis.reportPlots;

  /** Fills on the price: ▲ bought, ▼ sold; hollow where we took. */
  function fillMarks(fills) {
    return (plot) => {
      const { ctx } = plot;
      const { min, max } = plot.scales.x;
      const shown = fills.filter(([timeMs]) => timeMs / 1000 >= min && timeMs / 1000 <= max);
      // Many of them would hide the price: they grow as one zooms in.
      const crowd = shown.length / plot.width;
      const size = (crowd > 0.7 ? 2.5 : crowd > 0.35 ? 3.5 : 5) * devicePixelRatioOf();
      ctx.save();
      ctx.beginPath();
      ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
      ctx.clip();
      for (const [timeMs, , sign, price, , isMaker] of shown) {
        const x = plot.valToPos(timeMs / 1000, 'x', true);
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

  globalThis.reportPlots.timePlots = timePlots;
})();
