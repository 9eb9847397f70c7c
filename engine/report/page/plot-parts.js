/* global uPlot, document, window, getComputedStyle */
/**
 * What the plots of the report share. Colours come from the page's style, so that light and dark are one place's business.
 * Plain scripts: they are carried inside the page, in the order of page-assets.ts.
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

  /** Seconds between the labels of a time axis: finer than uPlot's own, for phones. */
  const TIME_STEPS = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800,
    3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600, 2_419_200,
  ];

  const isNarrow = () => window.innerWidth < 700;
  const timeLabelRoom = () => (isNarrow() ? 58 : 68);

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
        space: isTime ? (isNarrow() ? 64 : 86) : 50,
        ...(isTime ? { values: axisTimes, size: 44, incrs: TIME_STEPS } : { size: 30 }),
        ...overrides?.[0],
      },
      {
        ...line,
        grid: { stroke: colour('grid'), width: 1 },
        ticks: { show: false },
        // Plots over time share their axis: what is above each other is at the same time.
        size: isTime ? timeLabelRoom : labelRoom,
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

  function devicePixelRatioOf() {
    return uPlot.pxRatio || 1;
  }

  function faded(name) {
    return `${colour(name)}22`;
  }

  globalThis.reportPlots = { isNarrow, colour, shortNumber, axes, line, faded, devicePixelRatioOf };
})();
