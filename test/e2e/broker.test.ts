import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExactDecimal } from '../../engine/broker/exact-decimal.ts';
import { EngineProcess, newState, Scratch, exampleConfig } from './engine-process.ts';
import { ROOT, RunningProcess, until } from './running-process.ts';
import { KEY, KEYS_ENV, PASSPHRASE, SECRET, VenueProcess } from './venue-process.ts';
import type { VenueFill } from './venue-process.ts';

/** Commission, from the engine's fills to a reconciled report, by the commands that an operator has. */

const OKX_MM = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');
const TAG = 'E2ETAG01';
const FILLS_MIN = 8;

const scratch = new Scratch();
const state = newState();
const today = (): string => new Date().toISOString().slice(0, 10);
let venue: VenueProcess;
let configFile = '';
let fills: VenueFill[] = [];
let said = '';

interface Row {
  readonly ordId: string;
  readonly tag: string;
  readonly volume: string;
  readonly fee: string;
  readonly expectedRebate: string;
  readonly reportedRebate: string;
  readonly difference: string;
  readonly reason: string;
}

async function broker(
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; text: string }> {
  const process_ = new RunningProcess(
    process.execPath,
    [OKX_MM, 'broker', ...args, '--config', configFile, '--state', state],
    { env: KEYS_ENV },
  );
  const { code } = await process_.ended(60_000);
  said += process_.output;
  return { code, out: process_.stdout, text: process_.output };
}

const rowsOf = (out: string): Row[] =>
  out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Row);

const sum = (texts: readonly string[]): string =>
  texts.reduce((total, text) => total.plus(ExactDecimal.of(text)), ExactDecimal.zero).toString();

beforeAll(async () => {
  venue = await VenueProcess.start();
  configFile = scratch.write({ ...exampleConfig(venue.config), tag: TAG });
  const engine = new EngineProcess(['--config', configFile, '--state', state], { env: KEYS_ENV });
  await engine.quotesEverything(30_000);
  await until(
    'some fills',
    async () => ((await venue.fills()).length >= FILLS_MIN ? true : undefined),
    60_000,
    500,
  );
  engine.process.kill('SIGTERM');
  expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
  said += engine.process.output;
  fills = await venue.fills();
}, 120_000);

afterAll(async () => {
  await venue.stop();
  await RunningProcess.endAll();
  scratch.remove();
});

describe('commission', () => {
  it('has every fill of the account in its ledger when the engine has ended, exact, and for its owner only', async () => {
    const { code, out } = await broker('ledger', '--json');
    expect(code).toBe(0);
    const rows = rowsOf(out);
    expect(rows.map((row) => Object.keys(row).join())).toEqual(
      rows.map(
        () =>
          'day,account,instId,ordId,clOrdId,tag,volume,fee,expectedRebate,reportedRebate,difference,reason',
      ),
    );
    expect(rows.map(({ ordId }) => ordId).toSorted()).toEqual(
      [...new Set(fills.map(({ ordId }) => ordId))].toSorted(),
    );
    expect(new Set(rows.map(({ tag }) => tag))).toEqual(new Set([TAG]));
    // The venue's fees are in USDT here, but for purchases of spot.
    const inDollars = fills.filter(({ feeCcy }) => feeCcy === 'USDT');
    const known = new Set(inDollars.map(({ ordId }) => ordId));
    expect(sum(rows.filter(({ ordId }) => known.has(ordId)).map(({ fee }) => fee))).toBe(
      sum(inDollars.map(({ fee }) => fee)),
    );
    const file = join(state, 'broker', `fills-${today()}.ndjson`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(KEY);
  });

  it('adds up by instrument to the same', async () => {
    const all = rowsOf((await broker('ledger', '--json')).out);
    const groups = rowsOf((await broker('ledger', '--by', 'instrument', '--json')).out) as unknown as Record<
      string,
      string
    >[];
    const total = groups.at(-1)!;
    expect(total['group']).toBe('total');
    expect(total['orders']).toBe(String(all.length));
    for (const name of ['volume', 'fee', 'expectedRebate'] as const) {
      expect(total[name]).toBe(sum(all.map((row) => row[name])));
      expect(total[name]).toBe(sum(groups.slice(0, -1).map((row) => row[name]!)));
    }
  });

  it('is reconciled with a report in which an order is missing, one capped, one of another fee, and one too many', async () => {
    await venue.fault({ kind: 'rebates', missing: 1, capped: 1, fee: 1, extra: 1 });
    const rebates = await broker('rebates', '--day', today());
    expect(rebates.code, rebates.text).toBe(0);
    const { code, out, text } = await broker('reconcile', '--day', today(), '--all', '--json');
    expect(code, text).toBe(1);
    const rows = rowsOf(out);
    const counts = new Map<string, number>();
    for (const { reason } of rows) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    for (const reason of ['missing', 'capped', 'fee differs', 'extra'])
      expect(counts.get(reason), reason).toBe(1);
    const others = [...counts.keys()].filter(
      (reason) => !['missing', 'capped', 'fee differs', 'extra'].includes(reason),
    );
    expect(
      others.every((reason) => ['matched', 'rounding'].includes(reason)),
      text,
    ).toBe(true);
    expect(sum(rows.map(({ difference }) => difference))).toBe(
      ExactDecimal.of(sum(rows.map((row) => row.reportedRebate)))
        .minus(ExactDecimal.of(sum(rows.map((row) => row.expectedRebate))))
        .toString(),
    );
  }, 90_000);

  it('has nothing to be looked at once the venue tells it right', async () => {
    await venue.fault({ kind: 'rebates' });
    const rebates = await broker('rebates', '--day', today());
    expect(rebates.code, rebates.text).toBe(0);
    const { code, text } = await broker('reconcile');
    expect(code, text).toBe(0);
  }, 90_000);

  it('says whether the account brings rebates, and what to do where it does not', async () => {
    expect((await broker('eligibility')).code).toBe(0);
    await venue.fault({ kind: 'rebates', isExpired: true });
    const { code, out } = await broker('eligibility', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      type: '1',
      advice: expect.stringContaining('renew it with OKX'),
    });
  });

  it('says what is wrong with what it is asked for, and shows no secret', async () => {
    const wrong = await broker('ledger', '--by', 'moon');
    expect([wrong.code, wrong.text]).toEqual([
      2,
      expect.stringContaining('--by: expected one of order, key'),
    ]);
    expect((await broker('everything')).text).toContain(
      'expected one of ledger, rebates, reconcile, eligibility',
    );
    expect((await broker('reconcile', '--day', '2026-02-30')).text).toContain(
      '--day: expected a day such as',
    );
    for (const secret of [KEY, SECRET, PASSPHRASE]) expect(said).not.toContain(secret);
  });
});
