import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { FillEntry } from '../../engine/broker/fill-entry.ts';
import { appendEntries, brokerDirectory } from '../../engine/broker/ledger-files.ts';
import { keepReport } from '../../engine/broker/report-store.ts';
import { readSettlement } from '../../engine/broker/settlement.ts';
import { reconciledRows, run as runLedger } from '../../engine/cli/broker-ledger.ts';
import { run as runReconcile } from '../../engine/cli/broker-reconcile.ts';
import { groupRows, Grouping } from '../../engine/cli/broker-rows.ts';
import { brokerScope, dayRange } from '../../engine/cli/broker-scope.ts';
import { run, usageOf } from '../../engine/cli/broker.ts';
import { CommandError } from '../../engine/cli/command-error.ts';
import { ExitCode } from '../../engine/cli/exit-code.ts';
import { reportRange, reportTime } from '../../engine/cli/report-days.ts';
import { accountState } from '../../engine/cli/state-directory.ts';
import { exampleWith } from '../config/example.ts';
import { entry } from '../broker/entries.ts';

const HEAD =
  'brokerCode,level,uid,instId,ordId,clOrdId,spotTradeAmt,derivativeTradeAmt,fee,netFee,settlementFee,brokerRebate,suBrokerRebate,userRebate,affiliated,ts';
const DAY_MS = 86_400_000;
const DAY = Date.parse('2026-11-21T00:00:00Z');
const COLUMNS =
  'day,account,instId,ordId,clOrdId,tag,volume,fee,expectedRebate,reportedRebate,difference,reason';

let folder: string;
let state: string;
let config: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'okx-mm-broker-'));
  state = join(folder, 'state');
  config = join(folder, 'my.yaml');
  writeFileSync(
    config,
    exampleWith('broker.subBrokers', [
      { uid: '1002', share: 0.25 },
      { code: 'SUBCODE', share: 0.5 },
    ]),
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const TAG = 'PAPERTAG';
const trade = (tradeId: string, changes: Partial<FillEntry> = {}): FillEntry =>
  entry({ tag: TAG, tradeId, ordId: `1${tradeId}`, ...changes });
const line = (ordId: string, rebate: string, tsMs = DAY + 36_000_000): string =>
  `${TAG},Lv1,1001,BTC-USDT,${ordId},,100,0,-0.05,-0.05,-0.05,${rebate},0,0,false,${tsMs}`;

function keep(day: number, lines: readonly string[]): void {
  const name = new Date(DAY + day * DAY_MS).toISOString().slice(0, 10);
  const beginMs = DAY + day * DAY_MS;
  const time = { beginMs, endMs: beginMs + DAY_MS, fetchedMs: beginMs + 3 * DAY_MS };
  keepReport(brokerDirectory(state), [name, name], [HEAD, ...lines].join('\n'), time);
}

const write = (entries: readonly FillEntry[], account = ''): Promise<void> =>
  appendEntries(brokerDirectory(accountState(state, account)), entries);
const args = (...more: readonly string[]): string[] => ['--config', config, '--state', state, ...more];

describe('broker ledger', () => {
  it('writes the columns that other programs read, amounts to the last digit', async () => {
    await write([trade('1'), trade('2', { fee: '-0.0500000000001', feeValue: '-0.0500000000001' })]);
    const file = join(folder, 'out', 'rows.csv');
    expect(await runLedger(args('--csv', file))).toBe(ExitCode.done);
    expect(readFileSync(file, 'utf8').split('\n')).toEqual([
      COLUMNS,
      `2026-11-21,1001,BTC-USDT,11,c11,${TAG},100,-0.05,0.025,,,pending`,
      `2026-11-21,1001,BTC-USDT,12,c11,${TAG},100,-0.0500000000001,0.02500000000005,,,pending`,
      '',
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('adds up by key, account, instrument, day and sub-broker, and the last row is all of it', async () => {
    await write([
      trade('1'),
      trade('2', { account: '1002', key: 'bbbbbbbb' }),
      trade('3', { instId: 'ETH-USDT', timeMs: DAY + DAY_MS }),
    ]);
    const scope = brokerScope({ config, state, account: '' });
    const [found] = reconciledRows(scope, dayRange({}));
    const { subBrokers } = scope.accounts[0]!.config.broker;
    const groups = (by: Grouping): string[][] =>
      groupRows(found!.rows, by, () => subBrokers).map((row) => [
        row['group']!,
        row['orders']!,
        row['expectedRebate']!,
      ]);
    const all = ['total', '3', '0.075'];
    expect(groups(Grouping.key)).toEqual([['aaaaaaaa', '2', '0.05'], ['bbbbbbbb', '1', '0.025'], all]);
    expect(groups(Grouping.account)).toEqual([['1001', '2', '0.05'], ['1002', '1', '0.025'], all]);
    expect(groups(Grouping.instrument)).toEqual([['BTC-USDT', '2', '0.05'], ['ETH-USDT', '1', '0.025'], all]);
    expect(groups(Grouping.day)).toEqual([['2026-11-21', '2', '0.05'], ['2026-11-22', '1', '0.025'], all]);
    // A quarter of the 0.025 of account 1002.
    const split = groupRows(found!.rows, Grouping.subBroker, () => subBrokers);
    expect(split.map((row) => [row['group'], row['subBrokerRebate'], row['ownRebate']])).toEqual([
      ['1002', '0.00625', '0.01875'],
      ['own', '0', '0.05'],
      ['total', '0.00625', '0.06875'],
    ]);
    // Two of one code with shares of their own are two: a half of 0.05, a quarter of 0.025.
    const two = groupRows(found!.rows, Grouping.subBroker, () => [
      { code: TAG, uid: '1001', share: 0.5 },
      { code: TAG, uid: '1002', share: 0.25 },
    ]);
    expect(two.map((row) => [row['group'], row['subBrokerRebate']])).toEqual([
      [`${TAG} 1001`, '0.025'],
      [`${TAG} 1002`, '0.00625'],
      ['total', '0.03125'],
    ]);
  });

  it('shows what was reported where a report is kept, and only the days that were asked for', async () => {
    await write([trade('1'), trade('2', { timeMs: DAY - 1 })]);
    keep(0, [line('11', '0.025')]);
    const file = join(folder, 'rows.csv');
    await runLedger(args('--day', '2026-11-21', '--csv', file));
    expect(readFileSync(file, 'utf8').split('\n').slice(1, -1)).toEqual([
      `2026-11-21,1001,BTC-USDT,11,c11,${TAG},100,-0.05,0.025,0.025,0,matched`,
    ]);
  });

  it('has the days of the configuration', async () => {
    writeFileSync(config, exampleWith('broker.dayOffsetHours', 8));
    await write([
      trade('1', { timeMs: DAY + 16 * 3_600_000 }),
      trade('2', { timeMs: DAY + 16 * 3_600_000 - 1 }),
    ]);
    const [found] = reconciledRows(brokerScope({ config, state, account: '' }), dayRange({}));
    expect(found!.rows.map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-22']);
  });

  it('says where it looked for a ledger that is not there', async () => {
    await expect(runLedger(args())).rejects.toThrow(/state\/broker: expected a ledger of fills, was none/);
  });

  it('has the ledgers of all accounts of a configuration, or of one of them', async () => {
    const fleet = join(folder, 'fleet.yaml');
    const accounts = ['desk-1', 'desk-2'].map((name) => ({ name, credentialsFile: `/none/${name}` }));
    writeFileSync(fleet, `${exampleWith('broker.isMarketMaker', false)}\n${stringify({ accounts })}`);
    await write([trade('1')], 'desk-1');
    await write([trade('2', { account: '1002' })], 'desk-2');
    const names = (account: string): string[] => {
      const found = reconciledRows(brokerScope({ config: fleet, state, account }), dayRange({}));
      return found.flatMap(({ account: { name }, rows }) => rows.map((row) => `${name} ${row.account}`));
    };
    expect(names('')).toEqual(['desk-1 1001', 'desk-2 1002']);
    expect(names('desk-2')).toEqual(['desk-2 1002']);
    // A report of before uids were told has the orders of both, and one of neither: told of once.
    keep(
      0,
      [line('11', '0.025'), line('12', '0.025'), line('99', '0.5')].map((row) => row.replace(',1001,', ',,')),
    );
    const found = reconciledRows(brokerScope({ config: fleet, state, account: '' }), dayRange({}));
    expect(found.map(({ rows }) => rows.map(({ ordId, reason }) => `${ordId} ${reason}`))).toEqual([
      ['11 matched', '99 extra'],
      ['12 matched'],
    ]);
  });
});

describe('groups', () => {
  it('add up: what is expected, less what is pending, and what was reported differ by the difference', async () => {
    await write([trade('1'), trade('2', { timeMs: DAY + DAY_MS })]);
    keep(0, [line('11', '0.02')]);
    const [found] = reconciledRows(brokerScope({ config, state, account: '' }), dayRange({}));
    const total = groupRows(found!.rows, Grouping.account, () => []).at(-1)!;
    expect(total).toMatchObject({
      expectedRebate: '0.05',
      pendingRebate: '0.025',
      reportedRebate: '0.02',
      difference: '-0.005',
    });
  });
});

describe('broker reconcile', () => {
  it('ends with 0 when all is explained, a late order too, and with 1 when one has to be looked at', async () => {
    await write([trade('1'), trade('2')]);
    keep(0, [line('11', '0.025')]);
    keep(1, [line('12', '0.025', DAY + DAY_MS + 5)]);
    const file = join(folder, 'rows.csv');
    expect(await runReconcile(args('--all', '--csv', file))).toBe(ExitCode.done);
    expect(readFileSync(file, 'utf8')).toMatch(/,matched\n.*,12,.*,0\.025,0\.025,0,late\n$/);
    keep(1, []);
    expect(await runReconcile(args('--csv', file))).toBe(ExitCode.failed);
    expect(readFileSync(file, 'utf8').split('\n').slice(1, -1)).toEqual([
      `2026-11-21,1001,BTC-USDT,12,c11,${TAG},100,-0.05,0.025,0,-0.025,missing`,
    ]);
  });

  it('leaves its sums for the engine to show', async () => {
    await write([trade('1'), trade('2')]);
    keep(0, [line('11', '0.02')]);
    await runReconcile(args('--csv', join(folder, 'rows.csv')));
    expect(readSettlement(brokerDirectory(state))).toMatchObject({
      fromDay: '2026-11-21',
      toDay: '2026-11-21',
      expected: '0.05',
      reported: '0.02',
      difference: '-0.03',
      open: 2,
    });
  });

  it('takes reports as files, and says what is wrong with one', async () => {
    await write([trade('1')]);
    const [good, bad] = [join(folder, 'good.csv'), join(folder, 'bad.csv')];
    writeFileSync(good, [HEAD, line('11', '0.025')].join('\n'));
    writeFileSync(bad, 'a,b\n1,2\n');
    expect(await runReconcile(args('--report', good))).toBe(ExitCode.done);
    await expect(runReconcile(args('--report', bad))).rejects.toThrow(
      /bad\.csv: expected the columns ordId and brokerRebate/,
    );
    await expect(runReconcile(args('--report', join(folder, 'none')))).rejects.toThrow(
      /--report: expected a file that can be read: ENOENT/,
    );
    await expect(runReconcile(args())).rejects.toThrow(
      /expected a rebate report, was none; download one by broker rebates/,
    );
  });
});

describe('the time of a report', () => {
  const hours = (count: number): number => count * 3_600_000;
  const [yesterday, day] = ['2026-11-20', '2026-11-21'];

  it.each([
    // The day of UTC+8 that began at 16:00 UTC of the 21st is the 22nd: yesterday was the 21st.
    [DAY + hours(20), 8, day],
    [DAY + hours(15), 8, yesterday],
    // Five hours behind UTC, at 02:00 UTC of the 22nd, the 21st still goes on.
    [DAY + hours(26), -5, yesterday],
    [DAY + hours(1), 0, yesterday],
  ])(
    'where none is named is the last whole day of the ledger: at %d, %d hours apart',
    (nowMs, offset, expected) => {
      expect(reportRange({}, nowMs, offset)).toEqual({ fromDay: expected, toDay: expected });
    },
  );

  it('ends when it was made, however late it is downloaded', () => {
    const range = { fromDay: day, toDay: day };
    const whole = { beginMs: DAY, endMs: DAY + DAY_MS };
    const made = (createdMs: number, nowMs: number): unknown =>
      reportTime(range, { beginMs: DAY, createdMs }, 0, nowMs);
    expect(made(DAY + hours(10), DAY + hours(40))).toEqual({ ...whole, fetchedMs: DAY + hours(10) });
    expect(made(DAY + hours(30), DAY + hours(40))).toEqual({ ...whole, fetchedMs: DAY + hours(40) });
    expect(made(0, DAY + hours(40))).toEqual({ ...whole, fetchedMs: DAY + hours(40) });
  });

  it('is that of the days that were asked for, or it is refused', () => {
    const range = { fromDay: yesterday, toDay: day };
    const link = { createdMs: DAY + 2 * DAY_MS };
    expect(
      reportTime(range, { ...link, beginMs: DAY - DAY_MS - hours(8) }, 8, DAY + 2 * DAY_MS),
    ).toMatchObject({
      beginMs: DAY - DAY_MS - hours(8),
      endMs: DAY + DAY_MS - hours(8),
    });
    expect(() => reportTime(range, { ...link, beginMs: DAY - DAY_MS - hours(8) }, 0, DAY)).toThrow(
      /begin at 16:00 UTC, was 0; set it to 8/,
    );
    expect(() => reportTime(range, { ...link, beginMs: DAY }, 0, DAY)).toThrow(
      /expected days from 2026-11-20 on, was one from 2026-11-21 on/,
    );
  });
});

describe('broker', () => {
  it.each([
    ['ledger', '--day', '2026-13-01'],
    ['ledger', '--day', '2026-11-21', '--from', '2026-11-20'],
    ['ledger', '--from', '2026-11-22', '--to', '2026-11-21'],
    ['ledger', 'more'],
    ['ledger', '--nothing'],
    ['rebates', '--from', '2026-01-01', '--to', '2026-11-01'],
    ['rebates', '--wait', 'long'],
    ['reconcile', '--by', 'order'],
  ])('%s %s %s is answered with the usage of the subcommand', async (...argv) => {
    const error = await run(argv).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CommandError);
    expect((error as CommandError).exitCode).toBe(ExitCode.usage);
    expect((error as CommandError).message).toContain(`npm run -s okx-mm -- broker ${argv[0]}`);
  });

  it('asks no embedded venue, which ends with its engine', async () => {
    await expect(run(['eligibility', ...args()])).rejects.toThrow(/was the embedded paper venue; give rest/);
  });

  it('says more of a subcommand', async () => {
    expect(await usageOf(['reconcile'])).toContain('price of coin');
    expect(await usageOf([])).toContain('broker SUBCOMMAND');
  });
});
