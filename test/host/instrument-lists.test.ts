import { describe, expect, it } from 'vitest';
import { ContractKind, InstrumentType } from '../../engine/base/instrument.ts';
import { InstrumentState } from '../../engine/base/instrument.ts';
import { loadInstruments } from '../../engine/host/instruments.ts';
import { blankState } from '../../engine/host/engine-state.ts';
import { codesOf, renamedState, renamesOf } from '../../engine/host/renames.ts';
import type { InstrumentConfig } from '../../engine/config/schema.ts';
import type { AccountPort } from '../../engine/host/engine-world.ts';
import { TinyAccount } from './tiny-account.ts';
import { testConfig } from './tiny-world.ts';

const CALL = 'BTC-USD-260626-100000-C';
const UM_CALL = 'BTC-USD_UM-260428-72000-C';

function configsOf(
  names: readonly string[],
  changes: Partial<InstrumentConfig> = { tradeMode: 'cross' },
): InstrumentConfig[] {
  const [first] = testConfig().instruments;
  return names.map((instId) => ({ ...first!, instId, ...changes }));
}

/** What was asked, in order: type and family. */
function portOf(account: TinyAccount): { port: AccountPort; asked: string[] } {
  const asked: string[] = [];
  const port = Object.fromEntries(
    Object.entries(account.answers).map(([name, answer]) => [
      name,
      async (...args: unknown[]) => {
        await Promise.resolve();
        if (name === 'fetchInstruments') asked.push(`${String(args[0])} ${String(args[1])}`.trim());
        return (answer as (...rest: unknown[]) => unknown)(...args);
      },
    ]),
  );
  return { port: port as unknown as AccountPort, asked };
}

describe('instruments by their rows', () => {
  it('asks one list after the other until all names are found, options by family', async () => {
    const account = new TinyAccount(() => 0);
    account.tickBands = ['BTC-USD', 'BTC-USD_UM', 'ETH-USD'].map((instFamily) => ({
      instFamily,
      bands: [
        { minPx: '0', maxPx: '0.005', tickSz: '0.0001' },
        { minPx: '0.005', maxPx: '', tickSz: '0.0005' },
      ],
    }));
    const { port, asked } = portOf(account);
    const [swap] = await loadInstruments(port, configsOf(['BTC-USD_UM-SWAP']));
    expect(asked.splice(0)).toEqual(['SWAP']);
    expect(swap).toMatchObject({
      type: InstrumentType.swap,
      isUsdMargined: true,
      settleCcy: 'USD',
      baseCcy: 'BTC',
    });

    await loadInstruments(port, configsOf(['BTC-USDT'], { tradeMode: 'cash' }));
    expect(asked.splice(0)).toEqual(['SPOT']);

    const [future, call] = await loadInstruments(port, configsOf(['BTC-USD-260501', CALL]));
    expect(asked.splice(0)).toEqual(['SWAP', 'SPOT', 'FUTURES', 'OPTION BTC-USD']);
    expect(future).toMatchObject({ expiryMs: 1_777_622_400_000, isFuturesSettled: true });
    expect(future!.kind).toBe(ContractKind.inverse);
    expect(call).toMatchObject({
      kind: ContractKind.linear,
      quoteCcy: 'BTC',
      settleCcy: 'BTC',
      settlesInBase: true,
      countsByUnderlying: true,
      underlying: 'BTC-USD',
      option: { isCall: true, strike: 100_000 },
      contractValue: 0.01,
    });
    expect(call!.bands.down(57)).toBe(55);
    expect(call!.bands.up(57)).toBe(60);
    expect(call!.bands.up(49)).toBe(49);
  });

  it('passes over a band that is finer than the tick of the row, and starts all the same', async () => {
    const account = new TinyAccount(() => 0);
    const bands = [
      { minPx: '0', maxPx: '0.005', tickSz: '0.00003' },
      { minPx: '0.005', maxPx: '', tickSz: '0.0005' },
    ];
    account.tickBands = [{ instFamily: 'BTC-USD', bands }];
    const [call] = await loadInstruments(portOf(account).port, configsOf([CALL]));
    expect(call!.tick.value).toBe(0.0001);
    expect([call!.bands.down(57), call!.bands.down(7)]).toEqual([55, 5]);
  });

  it('gives options that settle in dollars a price in dollars', async () => {
    const account = new TinyAccount(() => 0);
    account.tickBands = [{ instFamily: 'BTC-USD_UM', bands: [] }];
    const [call] = await loadInstruments(portOf(account).port, configsOf([UM_CALL]));
    expect(call).toMatchObject({ quoteCcy: 'USD', settlesInBase: false, isUsdMargined: true });
    expect(call!.bands.isPlain).toBe(true);
  });

  it('knows what a quote currency is worth, or says what to set', async () => {
    const account = new TinyAccount(() => 0);
    account.indexPrices.set('BTC-USDT', 64_000);
    account.indexPrices.set('USDT-SGD', 1.25);
    const cash = (names: string[], changes: Partial<InstrumentConfig> = {}): InstrumentConfig[] =>
      configsOf(names, { tradeMode: 'cash', ...changes });
    const { port } = portOf(account);
    const [inBitcoin, inSgd, inDollars] = await loadInstruments(
      port,
      cash(['ETH-BTC', 'USDT-SGD', 'BTC-USDC']),
    );
    expect(inBitcoin!.fields.usdRate).toBe(64_000);
    expect(inSgd!.fields.usdRate).toBe(0.8);
    expect(inDollars!.fields.usdRate).toBeUndefined();
    const euros = cash(['BTC-EUR']);
    await expect(loadInstruments(port, euros)).rejects.toThrow(
      'instruments[0].limits.quoteUsd: expected what one EUR is worth in dollars',
    );
    euros[0] = { ...euros[0]!, limits: { ...euros[0]!.limits, quoteUsd: 1.1 } };
    expect((await loadInstruments(port, euros))[0]!.fields.usdRate).toBe(1.1);
  });

  it('finds what the venue has renamed by its code, and what was written down under the former name', async () => {
    const account = new TinyAccount(() => 0);
    const { port } = portOf(account);
    const configs = configsOf(['FORMER-USDT-SWAP']);
    await expect(loadInstruments(port, configs)).rejects.toThrow('"FORMER-USDT-SWAP": this account cannot');
    const [today] = await loadInstruments(port, configsOf(['BTC-USDT-SWAP']));
    const codes = { 'FORMER-USDT-SWAP': today!.instIdCode };
    const [renamed] = await loadInstruments(port, configs, codes);
    expect(renamed!.instId).toBe('BTC-USDT-SWAP');

    const trade = { instId: 'FORMER-USDT-SWAP', tradeId: 1, tsMs: 1, hasFee: true };
    const state = { ...blankState([], 0), codes, trades: [trade] };
    const renames = renamesOf(state, [renamed!]);
    expect([...renames]).toEqual([['FORMER-USDT-SWAP', 'BTC-USDT-SWAP']]);
    expect(renamedState(state, renames).trades).toEqual([{ ...trade, instId: 'BTC-USDT-SWAP' }]);
    // The configuration still has the former name: the next start needs it, too.
    expect(codesOf([renamed!], ['FORMER-USDT-SWAP'])).toEqual({
      'FORMER-USDT-SWAP': renamed!.instIdCode,
      'BTC-USDT-SWAP': renamed!.instIdCode,
    });
  });

  it('takes the new name where the former one is still listed, expired', async () => {
    const account = new TinyAccount(() => 0);
    const { port } = portOf(account);
    const configs = configsOf(['BTC-USDT-SWAP']);
    const [former] = await loadInstruments(port, configs);
    account.changes.set('BTC-USDT-SWAP', { state: 'expired' });
    const alone = await loadInstruments(port, configs);
    expect(alone[0], 'without another it is what it is').toMatchObject({ instId: 'BTC-USDT-SWAP' });
    account.changes.set('ETH-USDT-SWAP', { instId: 'BTCX-USDT-SWAP', instIdCode: former!.instIdCode });
    const [now] = await loadInstruments(port, configs);
    expect(now).toMatchObject({ instId: 'BTCX-USDT-SWAP', state: InstrumentState.live });
  });

  it('loads what is suspended, and what takes post-only orders alone', async () => {
    const account = new TinyAccount(() => 0);
    account.changes.set('BTC-USDT-SWAP', { state: 'rebase' });
    account.changes.set('ETH-USDT-SWAP', { state: 'post_only' });
    const loaded = await loadInstruments(portOf(account).port, configsOf(['BTC-USDT-SWAP', 'ETH-USDT-SWAP']));
    expect(loaded.map(({ state }) => state)).toEqual([InstrumentState.rebase, InstrumentState.postOnly]);
  });
});
