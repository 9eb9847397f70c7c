import type { AccountPort } from './engine-world.ts';

/** The calls about algo orders. */
export type AlgoPort = Pick<
  AccountPort,
  'placeAlgo' | 'amendAlgo' | 'cancelAlgos' | 'fetchAlgosPending' | 'fetchStopsTriggered' | 'fetchAlgo'
>;

/** Final states: nothing more comes of it. */
export const ALGO_FINAL: readonly string[] = ['effective', 'canceled', 'order_failed', 'partially_failed'];

/** Refusals of an amend or a cancel that say: it is not there any more. */
export const ALGO_GONE: readonly string[] = ['51400', '51503', '51410', '51509'];
