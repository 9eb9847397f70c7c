import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { PortfolioConfig } from '../config/portfolio-schema.ts';
import type { PortfolioGroup } from '../loop/loop-options.ts';
import { HostError } from './host-error.ts';

/**
 * The configured groups, by the engine's own numbers. A coin's instruments are those whose underlying, or whose base
 * currency, it is: their rows say so.
 *
 * @param names of the instruments in the configuration, which may be older than the venue's
 * @throws HostError when a coin is not traded, or a group is to be hedged where it is not traded
 */
export function portfolioOf(
  { groups }: PortfolioConfig,
  instruments: readonly Instrument[],
  names: readonly string[] = instruments.map(({ instId }) => instId),
): readonly PortfolioGroup[] {
  return groups.map(({ coin, delta, skew, hedge }, group) => {
    const deltaCoinsMax = Number(delta);
    const members = instruments.filter(({ baseCcy }) => baseCcy === coin).map(({ index }) => index);
    const at = `portfolio.groups[${group}]`;
    if (members.length === 0) {
      refuse(`${at}.coin: expected the coin of one of the instruments, was "${coin}"; remove the group`);
    }
    const legs = members.filter((index) => instruments[index]!.option === null);
    const leg = legs.find((index) => names[index] === hedge.instId);
    if (hedge.instId !== undefined && leg === undefined) {
      const known = legs.map((index) => names[index]).join(', ');
      refuse(
        `${at}.hedge.instId: expected one of ${known}, was "${hedge.instId}"; change it, or leave it out`,
      );
    }
    const terms = {
      leg: leg ?? null,
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

function refuse(message: string): never {
  throw new HostError('INSTRUMENT_REFUSED', message);
}
