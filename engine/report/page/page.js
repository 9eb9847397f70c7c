/* global uPlot, document, window */
/** What the report's page does: draws its plots, keeps those over time together, and changes theme and instrument. */
'use strict';

(() => {
  const { axes, isNarrow, timePlots, stillPlots } = globalThis.reportPlots;
  const data = JSON.parse(document.getElementById('data').textContent);
  const root = document.documentElement;
  const timed = new Map();
  const still = new Map();
  let chosen = 0;
  let isZooming = false;
  /** What is looked at now, in seconds; null is everything. */
  let range = null;

  // Everything that any plot over time has.
  const whole = (() => {
    const { timeMs } = data.series;
    return timeMs.length === 0 ? [0, 1] : [timeMs[0] / 1000, timeMs[timeMs.length - 1] / 1000];
  })();

  // ---------------------------------------------------------------------------------------------------- plots

  function widthOf(figure) {
    const style = window.getComputedStyle(figure);
    return Math.max(200, figure.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
  }

  function heightOf(height) {
    return isNarrow() ? Math.round(Math.min(height, 280) * 0.9) : height;
  }

  function draw(figure, options, extra) {
    figure.querySelectorAll('.uplot, .empty').forEach((element) => element.remove());
    const { data: points, series, hooks, xLabel, height = 240, ...rest } = options;
    const x = xLabel === undefined ? {} : { label: 'At', value: (plot, value, at, index) => xLabel(index) };
    return new uPlot(
      {
        width: widthOf(figure),
        height: heightOf(height),
        tzDate: (second) => uPlot.tzDate(new Date(second * 1000), 'Etc/UTC'),
        padding: [8, isNarrow() ? 22 : 30, 0, 0],
        legend: { markers: { width: 0, fill: (plot, index) => plot.series[index].stroke(plot, index) } },
        ...rest,
        ...extra,
        series: [{ ...x, ...extra.x }, ...series],
        hooks: { ...hooks, ...extra.hooks },
      },
      points,
      figure,
    );
  }

  function drawTimed(name) {
    const figure = document.querySelector(`[data-plot="${name}"]`);
    if (figure === null) return;
    timed.get(name)?.destroy();
    figure.querySelectorAll('.tip').forEach((element) => element.remove());
    const options = timePlots[name](data, data.instruments[chosen], figure);
    const plot = draw(figure, options, {
      axes: axes(true),
      scales: { x: { time: true, range: rangeOf } },
      cursor: {
        sync: {
          key: 'time',
          setSeries: false,
          filters: { pub: (type) => type !== 'mouseup' && type !== 'mousedown' },
        },
        drag: { x: true, y: false, dist: 8 },
        bind: { dblclick: () => () => show(...whole) },
        points: { size: 6 },
      },
      x: { value: '{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}' },
      hooks: { setScale: [onScale], setSelect: [], ready: [pinch] },
    });
    timed.set(name, plot);
  }

  function drawStill(name) {
    const figure = document.querySelector(`[data-plot="${name}"]`);
    still.get(name)?.destroy();
    still.delete(name);
    const options = stillPlots[name](data);
    if (options === null) {
      if (figure.querySelector('.empty') === null) {
        const empty = document.createElement('p');
        empty.className = 'empty';
        empty.textContent = 'Nothing to show: the run was too short, or nothing happened.';
        figure.append(empty);
      }
      return;
    }
    still.set(name, draw(figure, options, { cursor: { drag: { x: false, y: false } }, hooks: {} }));
  }

  function drawAll() {
    for (const name of Object.keys(timePlots)) drawTimed(name);
    for (const name of Object.keys(stillPlots)) drawStill(name);
  }

  // ----------------------------------------------------------------------------------------------------- zoom

  /** What was asked for is taken; what uPlot finds by itself, the ends of a plot's own data, is what is looked at now. */
  function rangeOf(plot, from, to) {
    const times = plot.data[0];
    const isOwn = from === times[0] && to === times[times.length - 1];
    return isOwn || from === null ? (range ?? whole) : [from, to];
  }

  /** One plot was dragged across: all show the same. */
  function onScale(plot, key) {
    if (key !== 'x' || isZooming) return;
    const { min, max } = plot.scales.x;
    if (min === null || max === null) return;
    const [from, to] = range ?? whole;
    if (min === from && max === to) return;
    show(min, max);
  }

  function show(from, to) {
    const [first, last] = whole;
    const span = Math.max(0.05, Math.min(to - from, last - first));
    const start = Math.max(first, Math.min(from, last - span));
    range = span >= last - first ? null : [start, start + span];
    isZooming = true;
    for (const plot of timed.values()) {
      const [min, max] = range ?? whole;
      plot.setScale('x', { min, max });
    }
    isZooming = false;
  }

  function zoom(what) {
    const [from, to] = range ?? whole;
    const span = to - from;
    if (what === 'all') show(...whole);
    if (what === 'in') show(from + span / 4, to - span / 4);
    if (what === 'out') show(from - span / 2, to + span / 2);
    if (what === 'back') show(from - span / 2, to - span / 2);
    if (what === 'on') show(from + span / 2, to + span / 2);
  }

  /** Two fingers zoom and move; one scrolls the page. */
  function pinch(plot) {
    const { over } = plot;
    let start = null;
    const timesOf = (event) => {
      const { left, width } = over.getBoundingClientRect();
      const places = [...event.touches].slice(0, 2).map(({ clientX }) => (clientX - left) / width);
      return places.sort((one, two) => one - two);
    };
    over.addEventListener(
      'touchstart',
      (event) => {
        start = null;
        if (event.touches.length !== 2) return;
        const [from, to] = range ?? whole;
        const [one, two] = timesOf(event);
        start = { one: from + one * (to - from), two: from + two * (to - from) };
        event.preventDefault();
      },
      { passive: false },
    );
    over.addEventListener(
      'touchmove',
      (event) => {
        if (start === null || event.touches.length !== 2) return;
        event.preventDefault();
        const [one, two] = timesOf(event);
        if (two - one < 0.02) return;
        const span = (start.two - start.one) / (two - one);
        show(start.one - one * span, start.one - one * span + span);
      },
      { passive: false },
    );
  }

  // ----------------------------------------------------------------------------------------------------- page

  function choose(index) {
    chosen = index;
    const { instId, unit } = data.instruments[index];
    document.querySelectorAll('[data-instrument]').forEach((button) => {
      button.setAttribute('aria-selected', String(Number(button.dataset.instrument) === index));
    });
    document.querySelector('[data-name="instrument"]').textContent = instId;
    document.querySelector('[data-name="position"]').textContent = `${instId}, ${unit}`;
    drawTimed('price');
    drawTimed('position');
  }

  function setTheme(name) {
    root.dataset.theme = name;
    drawAll();
  }

  function resize() {
    for (const plots of [timed, still]) {
      for (const [, plot] of plots) {
        const figure = plot.root.parentElement;
        const width = widthOf(figure);
        if (Math.abs(width - plot.width) > 1) plot.setSize({ width, height: plot.height });
      }
    }
  }

  document.querySelectorAll('[data-zoom]').forEach((button) => {
    button.addEventListener('click', () => zoom(button.dataset.zoom));
  });
  document.querySelectorAll('[data-instrument]').forEach((button) => {
    button.addEventListener('click', () => choose(Number(button.dataset.instrument)));
  });
  document.querySelector('.theme').addEventListener('click', () => {
    setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark');
  });
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', () => setTheme(dark.matches ? 'dark' : 'light'));
  root.dataset.theme = dark.matches ? 'dark' : 'light';
  if (data.instruments.length > 0) {
    drawAll();
  }
  // A page of markets only has no fills, and nothing to choose by them.
  if (data.instruments.length > 0 && data.fills !== undefined) {
    const fillsOf = ({ instId }) => data.fills.filter((fill) => fill[1] === instId).length;
    const most = Math.max(...data.instruments.map(fillsOf));
    choose(data.instruments.findIndex((each) => fillsOf(each) === most));
  }
  let pending = 0;
  window.addEventListener('resize', () => {
    window.cancelAnimationFrame(pending);
    pending = window.requestAnimationFrame(resize);
  });
})();
