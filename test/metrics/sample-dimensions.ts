import type { MetricsDimensions } from '../../engine/metrics/catalog.ts';

/** Two instruments, two connections, two workers: enough that a wrong stride or index shows. */
export const SAMPLE_DIMENSIONS: MetricsDimensions = {
  instruments: [
    {
      name: 'BTC-USDT',
      coin: 'BTC',
      tickSz: '0.1',
      lotSz: '0.00000001',
      lotValue: 1e-8,
      isInverse: false,
      settleCcy: 'USDT',
    },
    {
      name: 'BTC-USD-SWAP',
      coin: 'BTC',
      tickSz: '0.1',
      lotSz: '1',
      lotValue: 100,
      isInverse: true,
      settleCcy: 'BTC',
    },
  ],
  connections: ['public', 'trade'],
  workers: 2,
  bookStates: ['empty', 'synced', 'broken'],
  orderStates: ['free', 'pendingPlace', 'live', 'unknown'],
  gateReasons: ['pass', 'noTag', 'sizeMax'],
  rejectDecisions: ['drop', 'retryLater', 'reprice', 'halt'],
  killTriggers: [
    'none',
    'operator',
    'loss',
    'margin',
    'switchLapsed',
    'liquidated',
    'tagMismatch',
    'privateStale',
    'protection',
    'mmp',
    'venueStatus',
  ],
  killLevels: ['quoting', 'wider', 'reduceOnly', 'paused', 'halted'],
  build: { version: '0.1.0', node: 'v20.20.2', venue: 'paper', run: '12345678' },
};
