import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { PortfolioConfig } from '../config/portfolio-schema.ts';
import type { PortfolioGroup } from '../loop/loop-options.ts';

/** The configured groups, by the engine's own numbers. A group without an instrument is refused with the configuration. */
export function portfolioOf(
  { groups }: PortfolioConfig,
  instruments: readonly Instrument[],
): readonly PortfolioGroup[] {
  return groups.map(({ coin, delta, skew, hedge }) => {
    const deltaCoinsMax = Number(delta);
    const members = instruments.filter(({ baseCcy }) => baseCcy === coin).map(({ index }) => index);
    const leg = instruments.find(({ instId }) => instId === hedge.instId);
    const terms = {
      leg: leg === undefined ? null : leg.index,
      bandCoins: hedge.bandRatio * deltaCoinsMax,
      targetCoins: hedge.targetRatio * deltaCoinsMax,
      passiveNs: hedge.passiveMs * NS_PER_MS,
      slippageBps: hedge.slippageBps,
      ordersPerMinute: hedge.ordersPerMinute,
      lossMax: hedge.lossMax,
    };
    return { coin, members, deltaCoinsMax, skew, hedge: hedge.isOn ? terms : null };
  });
}
