/* global document */
/** Plots of a calibration: how often sweeps reach how far, on a scale of powers, and the straight lines fitted to that. */
'use strict';

(() => {
  const { axes, line, shortNumber } = globalThis.reportPlots;
  const { instruments } = JSON.parse(document.getElementById('data').textContent);

  function survival({ bps, bid, ask, bidFit, askFit }, endBps) {
    const count = bps.filter((each) => each <= endBps).length;
    if (count < 2) return null;
    const upTo = (values) => values.slice(0, count);
    const seen = { width: 0, points: { show: true, size: 6 } };
    return {
      height: 300,
      data: [bps, bid, ask, bidFit, askFit].map(upTo),
      series: [
        line('Bids hit', 'buy', seen),
        line('Asks hit', 'sell', seen),
        line('Bids, fitted', 'buy', { width: 2 }),
        line('Asks, fitted', 'sell', { width: 2 }),
      ],
      scales: { x: { time: false }, y: { distr: 3, log: 10 } },
      axes: axes(false, [
        {},
        { values: (plot, values) => values.map((value) => (value === null ? '' : shortNumber(value))) },
      ]),
      xLabel: (index) => (bps[index] === undefined ? '–' : `${shortNumber(bps[index])} bps`),
    };
  }

  globalThis.reportPlots.timePlots = {};
  globalThis.reportPlots.stillPlots = Object.fromEntries(
    instruments.flatMap((each, index) => [
      [`near-${index}`, () => survival(each, each.nearBps)],
      [`far-${index}`, () => survival(each, Infinity)],
    ]),
  );
})();
