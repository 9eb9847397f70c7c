/**
 * Contracts that have expired since a run before traded them, and are listed no more: the engine goes on without them, so
 * that one that is over keeps nothing else from being traded. While the venue lists it as expired it is loaded, for the
 * price of its end may still be told. A name that no run has ever traded is a mistake, and is refused where it is loaded.
 */
import type { Instrument } from '../base/instrument.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { EngineState } from './engine-state.ts';
import { HostError } from './host-error.ts';
import { findInstruments } from './instrument-lists.ts';
import type { InstrumentSource } from './instrument-lists.ts';

/** When contracts end, by the venue's clock and by every name a later run may know them by; others have no entry. */
export function endsOf(
  instruments: readonly Instrument[],
  names: readonly string[],
): Readonly<Record<string, Milliseconds>> {
  return Object.fromEntries(
    instruments
      .filter(({ expiryMs }) => Number.isFinite(expiryMs))
      .flatMap(({ instId, expiryMs, index }) =>
        [instId, names[index] ?? instId].map((name) => [name, expiryMs]),
      ),
  );
}

/** Of the configured instruments, those that have ended by now and that the venue does not list any more. */
export async function endedOf(
  account: InstrumentSource,
  config: Pick<Config, 'instruments'>,
  state: Pick<EngineState, 'ends'> | undefined,
  venueMs: Milliseconds,
): Promise<string[]> {
  const ends = state?.ends ?? {};
  const over = config.instruments.filter(({ instId }) => (ends[instId] ?? Infinity) <= venueMs);
  if (over.length === 0) return [];
  const wanted = over.map(({ instId }) => ({ instId, isMargin: false, isCash: false }));
  const found = await findInstruments(account, wanted);
  return over.map(({ instId }) => instId).filter((instId) => !found.fields.has(instId));
}

/**
 * The configuration without these: neither quoted, nor a lead, nor where a group is hedged.
 *
 * @throws HostError when nothing is left to trade
 */
export function withoutEnded(config: Config, ended: readonly string[]): Config {
  if (ended.length === 0) return config;
  const instruments = config.instruments
    .filter(({ instId }) => !ended.includes(instId))
    .map((each) => {
      const { instrument = '' } = each.strategy.fair.lead;
      if (!ended.includes(instrument)) return each;
      const { instrument: _, ...lead } = each.strategy.fair.lead;
      return {
        ...each,
        strategy: { ...each.strategy, fair: { ...each.strategy.fair, lead: { ...lead, weight: 0 } } },
      };
    });
  if (instruments.length === 0) {
    throw new HostError(
      'INSTRUMENT_REFUSED',
      `instruments: expected one that has not expired, were only ${ended.join(', ')}; configure others`,
    );
  }
  const groups = config.portfolio.groups.map((group) => {
    const { instId, ...hedge } = group.hedge;
    return instId === undefined || !ended.includes(instId) ? group : { ...group, hedge };
  });
  return { ...config, instruments, portfolio: { ...config.portfolio, groups } };
}
