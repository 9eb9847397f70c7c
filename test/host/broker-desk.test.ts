import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Instrument } from '../../engine/base/instrument.ts';
import { readEligibility } from '../../engine/broker/eligibility.ts';
import { ledgerDays, readEntries } from '../../engine/broker/ledger-files.ts';
import type { FillEntry } from '../../engine/broker/fill-entry.ts';
import { keepSettlement } from '../../engine/broker/settlement.ts';
import { loadConfig } from '../../engine/config/load-config.ts';
import { BrokerDesk } from '../../engine/host/broker-desk.ts';
import { BrokerEligibility } from '../../engine/metrics/catalog.ts';
import { createMetricsMemory, MetricsWriter } from '../../engine/metrics/cells.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import type { RestPort } from '../../engine/venue/account-rest.ts';
import type { FillRow } from '../../engine/venue/account-rows.ts';
import { Secret } from '../../engine/venue/credentials.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';
import { exampleFile } from '../config/example.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';
import { fixtureAnswer, INSTRUMENT_FIXTURES } from '../okx/okx-fixtures.ts';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const SECOND = 1e9;
const DAY = 86_400 * SECOND;
const FIELDS = INSTRUMENT_FIXTURES.flatMap((name) => parseInstruments(fixtureAnswer(name)).fields);
const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'].map(
  (instId, index) =>
    new Instrument(
      index,
      FIELDS.find((each) => each.instId === instId)!,
    ),
);
const LOST = new RestError(RestErrorCode.network, 'expected an answer', { method: 'GET', path: '/a' });

/** A sale of 0.001 BTC at 65000, with a fee of 0.0325. */
function fill(changes: Partial<FillRow> = {}): FillRow {
  return {
    instType: 'SPOT',
    instId: 'BTC-USDT',
    tradeId: '1',
    ordId: '11',
    clOrdId: 'c1',
    billId: '101',
    tag: 'OURCODE',
    side: 1,
    posSide: '',
    subType: '',
    fillPx: '65000',
    fillSz: '0.001',
    fee: '-0.0325',
    feeCcy: 'USDT',
    isMaker: true,
    fillIdxPx: '',
    fillTimeMs: NOW_MS,
    tsMs: NOW_MS,
    ...changes,
  };
}

class World {
  readonly directory = join(mkdtempSync(join(tmpdir(), 'okx-mm-desk-')), 'broker');
  readonly memory = createMetricsMemory(SAMPLE_DIMENSIONS);
  readonly writer = new MetricsWriter(this.memory);
  readonly lines: string[] = [];
  readonly asked: unknown[] = [];
  /** Since when fills were asked for. */
  readonly since: number[] = [];
  nowNs = 0;
  type = '0';
  uid: string | Error = '1001';
  fills: FillRow[] | Error | 'silent' = [];
  /** The other road: types and times that were asked for, and what it tells of the first. */
  readonly old: unknown[][] = [];
  oldFills: FillRow[] = [];
  desk!: BrokerDesk;

  start(): this {
    const told = (): Promise<unknown[]> => {
      const row = {
        type: this.type,
        brokerCode: 'OURCODE',
        affiliated: 'false',
        clientRebateRatio: '0',
        lastRebate: '',
      };
      return Promise.resolve([row]);
    };
    const account = {
      fetchAccountConfig: () =>
        this.uid instanceof Error
          ? Promise.reject(this.uid)
          : Promise.resolve({ uid: this.uid, level: 'Lv1' } as never),
      fetchOldFills: (instType: string, sinceMs: number) => {
        this.old.push([instType, sinceMs]);
        this.desk.onFillRows(this.oldFills);
        return Promise.resolve(this.oldFills);
      },
      fetchFills: (sinceMs: number) => {
        this.since.push(sinceMs);
        if (this.fills instanceof Error) return Promise.reject(this.fills);
        if (this.fills === 'silent') return new Promise<FillRow[]>(() => {});
        this.desk.onFillRows(this.fills);
        return Promise.resolve(this.fills);
      },
    };
    const get = (path: string, query: unknown): Promise<unknown[]> => {
      this.asked.push([path, query]);
      return told();
    };
    this.desk = new BrokerDesk({
      directory: this.directory,
      config: loadConfig(exampleFile('paper')).broker,
      tag: 'OURCODE',
      account,
      brokerRest: { get } as unknown as RestPort,
      apiKey: new Secret('the-key'),
      instruments: INSTRUMENTS,
      writer: this.writer,
      clock: { nowNs: () => this.nowNs, readNs: () => {}, wallMs: () => NOW_MS },
      venueMs: () => NOW_MS + this.nowNs / 1e6,
      log: (line) => void this.lines.push(line),
    });
    return this;
  }

  async timer(afterNs = SECOND): Promise<void> {
    this.nowNs += afterNs;
    await this.desk.onTimer(this.nowNs);
  }

  entries(): FillEntry[] {
    return [...readEntries(this.directory, '2026-01-01', '2026-12-31')];
  }

  value(
    id:
      | 'brokerVolume'
      | 'brokerFees'
      | 'brokerMakerRebates'
      | 'brokerExpected'
      | 'brokerForeign'
      | 'brokerFills'
      | 'brokerUnpriced',
    instrument = 0,
  ): number {
    return this.writer.valueOf(this.writer.cell(id, instrument));
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => {
  rmSync(join(world.directory, '..'), { recursive: true, force: true });
});

describe('the desk of commission', () => {
  it('brings every fill that is told to disk once, and to the metrics', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill(), fill({ tradeId: '2', fee: '0.01' })]);
    await world.timer();
    world.desk.onFillRows([fill(), fill({ tradeId: '3', tag: '' })]);
    await world.timer(5 * SECOND);
    expect(world.entries().map(({ tradeId, account, level }) => [tradeId, account, level])).toEqual([
      ['1', '1001', 'Lv1'],
      ['2', '1001', 'Lv1'],
      ['3', '1001', 'Lv1'],
    ]);
    // 2 x 65 USDT, of which 0.0325 was paid and 0.01 received; half of what was paid is expected.
    expect(world.value('brokerVolume')).toBeCloseTo(130, 9);
    expect(world.value('brokerFees')).toBeCloseTo(0.0325, 12);
    expect(world.value('brokerMakerRebates')).toBeCloseTo(0.01, 12);
    expect(world.value('brokerExpected')).toBeCloseTo(0.01625, 12);
    expect([world.value('brokerFills'), world.value('brokerForeign')]).toEqual([3, 1]);
  });

  it('names the key by a hash only', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill()]);
    await world.timer();
    expect(world.entries()[0]!.key).toMatch(/^[0-9a-f]{8}$/);
    const [day] = ledgerDays(world.directory);
    expect(readFileSync(join(world.directory, `fills-${day}.ndjson`), 'utf8')).not.toContain('the-key');
  });

  it('has fills wait until it knows whose they are', async () => {
    world.uid = LOST;
    world.start();
    await world.timer();
    world.desk.onFillRows([fill()]);
    await world.timer();
    expect(world.entries()).toEqual([]);
    world.uid = '1001';
    await world.timer(2 * SECOND);
    await world.timer();
    expect(world.entries()).toHaveLength(1);
  });

  it('keeps fills without a value of what is not configured', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ instId: 'DOGE-USDT' })]);
    await world.timer();
    expect(world.entries()[0]).toMatchObject({ instId: 'DOGE-USDT', volume: '', feeValue: '' });
  });

  it('asks once a day whether rebates are paid, says what changed, and keeps it', async () => {
    world.start();
    await world.timer();
    expect(world.asked).toEqual([['/api/v5/broker/fd/if-rebate', { apiKey: 'the-key', brokerType: 'api' }]]);
    expect(world.lines).toEqual(['commission: rebates are paid']);
    await world.timer(DAY / 2);
    expect(world.asked).toHaveLength(1);
    world.type = '1';
    await world.timer(DAY);
    expect(world.asked).toHaveLength(2);
    expect(world.lines[1]).toMatch(/^commission: the broker's standing has expired: .*; renew it with OKX/);
    expect(world.writer.valueOf(world.writer.cell('brokerEligibility'))).toBe(BrokerEligibility.expired);
    expect(readEligibility(world.directory).map(({ type }) => type)).toEqual(['0', '1']);
    // Nothing is expected of what comes now.
    world.desk.onFillRows([fill()]);
    expect(world.value('brokerExpected')).toBe(0);
  });

  it('asks for what was traded while nobody looked, from the last entry on', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ fillTimeMs: NOW_MS - 600_000 })]);
    await world.desk.close();
    const next = new World();
    rmSync(join(next.directory, '..'), { recursive: true });
    Object.assign(next, { directory: world.directory });
    next.fills = [
      fill({ fillTimeMs: NOW_MS - 600_000 }),
      fill({ tradeId: '2', fillTimeMs: NOW_MS - 300_000 }),
    ];
    next.start();
    await next.timer();
    await next.timer(10 * SECOND);
    expect(next.since).toEqual([NOW_MS - 600_000 - 60_000]);
    await next.timer(10 * SECOND);
    expect(next.entries().map(({ tradeId }) => tradeId)).toEqual(['1', '2']);
  });

  it('asks from the last entry on disk, although a recovery told newer fills first, and leaves no gap if it dies before', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ fillTimeMs: NOW_MS - 600_000 })]);
    await world.timer();
    // It dies here: fill 2 was told, and never came to disk. The next one is told of fill 3 by its recovery, and dies too.
    const recovered = fill({ tradeId: '3', fillTimeMs: NOW_MS - 1_000 });
    world.start();
    await world.timer();
    world.desk.onFillRows([recovered]);
    await world.timer(6 * SECOND);
    expect(world.entries().map(({ tradeId }) => tradeId)).toEqual(['1']);
    world.fills = [fill({ tradeId: '2', fillTimeMs: NOW_MS - 300_000 }), recovered];
    world.start();
    await world.timer();
    world.desk.onFillRows([recovered]);
    await world.timer(10 * SECOND);
    expect(world.since.at(-1)).toBe(NOW_MS - 600_000 - 60_000);
    await world.timer(5 * SECOND);
    expect(
      world
        .entries()
        .map(({ tradeId }) => tradeId)
        .toSorted(),
    ).toEqual(['1', '2', '3']);
  });

  it('that ends before it has asked what came before leaves no gap either', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ fillTimeMs: NOW_MS - 600_000 })]);
    await world.timer();
    const recovered = fill({ tradeId: '3', fillTimeMs: NOW_MS - 1_000 });
    world.start();
    await world.timer();
    world.desk.onFillRows([recovered]);
    world.fills = LOST;
    await world.desk.close();
    expect(world.entries()).toHaveLength(1);
    world.fills = [fill({ tradeId: '2', fillTimeMs: NOW_MS - 300_000 }), recovered];
    world.start();
    await world.timer();
    await world.desk.close();
    expect(world.since.at(-1)).toBe(NOW_MS - 600_000 - 60_000);
    expect(world.entries()).toHaveLength(3);
  });

  it('starts beside a ledger that cannot be read, says so, and keeps what is traded', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill()]);
    await world.timer();
    const [day] = ledgerDays(world.directory);
    writeFileSync(join(world.directory, `fills-${day}.ndjson`), '{"timeMs":1}\n');
    world.start();
    expect(world.lines.at(-1)).toMatch(
      /^commission: .*line 1: expected an entry of the ledger.*kept all the same$/,
    );
    world.fills = [fill({ tradeId: '2' })];
    await world.timer();
    await world.timer(10 * SECOND);
    await world.timer(5 * SECOND);
    expect(readFileSync(join(world.directory, `fills-${day}.ndjson`), 'utf8')).toContain('"tradeId":"2"');
  });

  it('does not keep a stop waiting for a venue that says nothing', async () => {
    vi.useFakeTimers();
    try {
      world.fills = 'silent';
      world.start();
      const closed = world.desk.close();
      await vi.advanceTimersByTimeAsync(10_000);
      await expect(closed).resolves.toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets no mistake of its own out', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ fillTimeMs: Number.NaN, tsMs: Number.NaN }), null as unknown as FillRow]);
    expect(world.lines.at(-1)).toMatch(/^commission: a mistake of this program: .*; trading goes on$/);
    expect(world.writer.valueOf(world.writer.cell('brokerFailing'))).toBe(1);
    await world.desk.close();
  });

  it('asks by the other road for what is older than three days, and says what no road tells', async () => {
    const ago = (days: number): number => NOW_MS - days * 86_400_000;
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ fillTimeMs: ago(5) })]);
    await world.timer();
    world.oldFills = [fill({ tradeId: '2', fillTimeMs: ago(4) })];
    world.start();
    await world.timer();
    await world.timer(10 * SECOND);
    expect(world.old).toEqual([
      ['SPOT', ago(5) - 60_000],
      ['SWAP', ago(5) - 60_000],
    ]);
    expect(world.since).toEqual([NOW_MS + 13_000 - 71 * 3_600_000]);
    await world.timer(10 * SECOND);
    expect(world.entries().map(({ tradeId }) => tradeId)).toEqual(['1', '2']);
    expect(world.lines.filter((line) => line.includes('is missing'))).toEqual([]);
  });

  it('says what was traded longer ago than the venue tells', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill({ fillTimeMs: NOW_MS - 200 * 86_400_000 })]);
    await world.timer();
    world.start();
    await world.timer();
    await world.timer(10 * SECOND);
    expect(world.lines.at(-1)).toMatch(/the ledger ends on 2026-05-05T12:00:00.000Z, .* is missing$/);
    expect(world.old[0]).toEqual(['SPOT', NOW_MS + 13_000 - 89 * 86_400_000]);
  });

  it('asks again for what it could not be told, and says so once', async () => {
    world.start();
    await world.timer();
    world.desk.onFillRows([fill()]);
    await world.timer();
    world.fills = LOST;
    world.start();
    await world.timer();
    for (let each = 0; each < 3; each++) await world.timer(10 * SECOND);
    expect(world.since).toHaveLength(3);
    expect(world.lines.filter((line) => line.includes('is asked for again'))).toHaveLength(1);
    world.fills = [fill({ tradeId: '2' })];
    await world.timer(10 * SECOND);
    await world.timer(10 * SECOND);
    expect(world.since).toHaveLength(4);
    expect(world.entries()).toHaveLength(2);
  });

  it('asks a last time when it ends, also of an engine that knew nothing yet, and a venue that is gone ends it too', async () => {
    world.fills = [fill()];
    world.start();
    await world.desk.close();
    expect(world.entries()).toHaveLength(1);
    await world.desk.close();
    expect(world.since).toHaveLength(1);
    world.fills = LOST;
    world.start();
    await world.desk.close();
    expect(world.entries()).toHaveLength(1);
  });

  it('goes on without the disk, says so once, and writes when it can', async () => {
    world.start();
    await world.timer();
    rmSync(world.directory, { recursive: true, force: true });
    writeFileSync(world.directory, 'in the way');
    world.desk.onFillRows([fill()]);
    await world.timer(5 * SECOND);
    await world.timer(5 * SECOND);
    expect(world.lines.filter((line) => line.includes('could not be written'))).toHaveLength(1);
    expect(world.writer.valueOf(world.writer.cell('brokerFailing'))).toBe(1);
    rmSync(world.directory);
    await world.timer(5 * SECOND);
    expect(world.entries()).toHaveLength(1);
    expect(world.lines.at(-1)).toBe('commission: written again');
    expect(world.writer.valueOf(world.writer.cell('brokerFailing'))).toBe(0);
  });

  it('shows what a reconciliation came to', async () => {
    mkdirSync(world.directory);
    world.start();
    await world.timer();
    await keepSettlement(world.directory, {
      madeMs: 5_000,
      fromDay: '',
      toDay: '',
      expected: '2',
      reported: '1.5',
      difference: '-0.5',
      open: 3,
    });
    await world.timer(31 * SECOND);
    const cells = [0, 1, 2].map((settlement) =>
      world.writer.valueOf(world.writer.cell('brokerSettled', settlement)),
    );
    expect(cells).toEqual([2, 1.5, -0.5]);
    expect(world.writer.valueOf(world.writer.cell('brokerOpen'))).toBe(3);
    expect(world.writer.valueOf(world.writer.cell('brokerReconciled'))).toBe(5);
  });
});
