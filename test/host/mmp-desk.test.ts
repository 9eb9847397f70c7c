import { describe, expect, it } from 'vitest';
import { Instrument } from '../../engine/base/instrument.ts';
import type { Config } from '../../engine/config/schema.ts';
import { MmpDesk, prepareMmp } from '../../engine/host/mmp-desk.ts';
import type { AccountPort } from '../../engine/host/engine-world.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { RestErrorCode } from '../../engine/venue/rest-error.ts';
import { TinyAccount, restError } from './tiny-account.ts';
import { testConfig } from './tiny-world.ts';

const ROWS = new Map(parseInstruments(recordedInstruments()).fields.map((each) => [each.instId, each]));
const NAMES = ['BTC-USDT-SWAP', 'BTC-USD-261225-80000-C', 'BTC-USD-261225-80000-P'];
const INSTRUMENTS = NAMES.map((instId, index) => new Instrument(index, ROWS.get(instId)!));
const ON = { isOn: true, timeIntervalMs: 5_000, frozenMs: 0, qtyLimit: '100' };

function configOf(mmp: object = ON, other: object = mmp): Config {
  const config = testConfig();
  const [first] = config.instruments;
  const instruments = NAMES.map((instId, index) => ({
    ...first!,
    instId,
    ...(index === 0 ? {} : { mmp: { ...first!.mmp, ...(index === 1 ? mmp : other) } }),
  }));
  return { ...config, instruments };
}

function portOf(account: TinyAccount): { port: AccountPort; asked: string[] } {
  const asked: string[] = [];
  const port = Object.fromEntries(
    (Object.keys(account.answers) as (keyof AccountPort)[]).map((name) => [
      name,
      async (...args: unknown[]) => {
        await Promise.resolve();
        asked.push(name);
        return (account.answers[name] as (...rest: unknown[]) => unknown)(...args);
      },
    ]),
  );
  return { port: port as unknown as AccountPort, asked };
}

const pass = (): Promise<void> => Promise.resolve();

describe('market maker protection at the start', () => {
  it('is set once a family, proven, and left as it is where it is as wanted', async () => {
    const account = new TinyAccount(() => 0);
    const { port, asked } = portOf(account);
    await prepareMmp(port, configOf(), INSTRUMENTS, false, pass);
    expect(asked.splice(0)).toEqual(['fetchMmpConfig', 'setMmpConfig', 'fetchMmpConfig']);
    expect(account.mmp.get('BTC-USD')).toMatchObject({ timeIntervalMs: 5_000, frozenMs: 0, qtyLimit: '100' });
    await prepareMmp(port, configOf(), INSTRUMENTS, false, pass);
    expect(asked.splice(0)).toEqual(['fetchMmpConfig']);
    account.mmp.set('BTC-USD', { ...account.mmp.get('BTC-USD')!, isFrozen: true });
    await prepareMmp(port, configOf(), INSTRUMENTS, true, pass);
    expect(asked.splice(0), 'an operator has not said so yet').toEqual(['fetchMmpConfig']);
    await prepareMmp(port, configOf(), INSTRUMENTS, false, pass);
    expect(asked.splice(0)).toEqual(['fetchMmpConfig', 'resetMmp']);
  });

  it('asks nothing where it is off', async () => {
    const { port, asked } = portOf(new TinyAccount(() => 0));
    await prepareMmp(port, configOf({ isOn: false }), INSTRUMENTS, false, pass);
    expect(asked).toEqual([]);
  });

  it('refuses to start without it, and says why', async () => {
    const account = new TinyAccount(() => 0);
    const { port } = portOf(account);
    const prepared = (config: Config): Promise<void> => prepareMmp(port, config, INSTRUMENTS, false, pass);
    await expect(prepared(configOf(ON, { ...ON, qtyLimit: '50' }))).rejects.toThrow(
      'instruments[2].mmp: expected the same as of the other options of BTC-USD',
    );
    account.answers.setMmpConfig = () => undefined;
    await expect(prepared(configOf())).rejects.toThrow('has none; quotes would not be protected');
    account.answers.setMmpConfig = () => {
      throw restError(RestErrorCode.rejected, '51035');
    };
    await expect(prepared(configOf())).rejects.toThrow("needs account level 4 and OKX's permission");
    account.answers.fetchMmpConfig = () => {
      throw restError(RestErrorCode.timeout);
    };
    await expect(prepared(configOf())).rejects.toMatchObject({ code: RestErrorCode.timeout });
  });
});

it('resets and cancels by family, and goes on when the venue refuses', async () => {
  const account = new TinyAccount(() => 0);
  const { port, asked } = portOf(account);
  const lines: string[] = [];
  const desk = new MmpDesk(port, configOf(), INSTRUMENTS, (line) => lines.push(line));
  account.mmp.set('BTC-USD', { ...ON, instFamily: 'BTC-USD', isFrozen: true, frozenUntilMs: 0 });
  await desk.reset();
  expect(account.mmp.get('BTC-USD')!.isFrozen).toBe(false);
  await desk.cancelAll();
  expect(account.massCancels).toEqual(['BTC-USD']);
  expect(asked).toEqual(['resetMmp', 'massCancel']);
  account.answers.massCancel = () => {
    throw restError(RestErrorCode.rejected, '51411');
  };
  await desk.cancelAll();
  expect(lines).toEqual([expect.stringContaining('mmp: mass-cancel of BTC-USD: ')]);
});
