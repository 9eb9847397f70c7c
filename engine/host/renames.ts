/**
 * Instruments that the venue calls otherwise than it did: they keep their code (OKX change log 2026-01-15), so that what a
 * run before has written down is found again under the new name.
 */
import type { Instrument } from '../base/instrument.ts';
import type { EngineState } from './engine-state.ts';

/** By which names a later run may know these instruments: the venue's, and the configuration's where it is older. */
export function codesOf(
  instruments: readonly Instrument[],
  names: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    instruments.flatMap(({ instId, instIdCode, index }) =>
      [instId, names[index] ?? instId].map((name) => [name, instIdCode]),
    ),
  );
}

/** From the former names to the present ones; empty most of the time. */
export function renamesOf(
  state: EngineState | undefined,
  instruments: readonly Instrument[],
): ReadonlyMap<string, string> {
  const renames = new Map<string, string>();
  for (const [name, code] of Object.entries(state?.codes ?? {})) {
    const now = instruments.find(({ instIdCode }) => instIdCode === code);
    const isTaken = instruments.some(({ instId }) => instId === name);
    if (now !== undefined && now.instId !== name && !isTaken) renames.set(name, now.instId);
  }
  return renames;
}

/** The state as if the instruments had always been called what they are called now. */
export function renamedState(state: EngineState, renames: ReadonlyMap<string, string>): EngineState {
  if (renames.size === 0) return state;
  const named = <Row extends { readonly instId: string }>(row: Row): Row => ({
    ...row,
    instId: renames.get(row.instId) ?? row.instId,
  });
  return {
    ...state,
    kill: state.kill.map(named),
    ledger: state.ledger.map(named),
    trades: state.trades.map(named),
    loss:
      state.loss === null
        ? null
        : {
            ...state.loss,
            instruments: state.loss.instruments.map(named),
          },
  };
}
