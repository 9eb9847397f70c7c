/**
 * Who is compared, and by what keys of one configuration each is made: everything else, limits and fees above all, is the
 * same for all of them.
 */
import type { Parameters } from '../../engine/backtest/sweep-space.ts';

export interface Contestant {
  readonly name: string;
  readonly about: string;
  readonly keys: Parameters;
}

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'glft',
    about: 'the default: GLFT in closed form, calibrated while it runs',
    keys: { 'strategy.model': 'glft' },
  },
  { name: 'glft-exact', about: 'GLFT by its eigenvector table', keys: { 'strategy.model': 'glft-exact' } },
  {
    name: 'avellaneda-stoikov',
    about: 'Avellaneda and Stoikov',
    keys: { 'strategy.model': 'avellaneda-stoikov' },
  },
  {
    name: 'volatility',
    about: 'half spread and skew by volatility alone',
    keys: { 'strategy.model': 'volatility' },
  },
  {
    name: 'fixed',
    about: 'the fixed ladder, at the distances of the configuration',
    keys: { 'strategy.model': 'fixed' },
  },
  {
    name: 'fixed-wide',
    about: 'the same, 4 bps away: beyond the fee of a regular account',
    keys: { 'strategy.model': 'fixed', 'strategy.halfSpreadBps': '4' },
  },
  {
    name: 'okx-sample',
    about:
      "OKX's published sample: levels at fixed percentages of the best prices, inventory changing their number",
    keys: { 'strategy.model': 'okx-sample' },
  },
  {
    name: 'okx-sample-10',
    about: 'the same with the step of its published parameters, 0.1 %',
    keys: { 'strategy.model': 'okx-sample', 'strategy.levelStepBps': '10' },
  },
];
