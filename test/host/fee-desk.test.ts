import { describe, expect, it } from 'vitest';
import type { FeeRates } from '../../engine/base/fee-rates.ts';
import { Instrument } from '../../engine/base/instrument.ts';
import type { InstrumentFields } from '../../engine/base/instrument.ts';
import { FeeDesk, fetchFees } from '../../engine/host/fee-desk.ts';
import { MetricsWriter, createMetricsMemory } from '../../engine/metrics/cells.ts';
import { parseInstruments } from '../../engine/okx/instrument-rows.ts';
import type { TradeFees } from '../../engine/venue/account-rows.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';
import { INSTRUMENT_FIXTURES, fixtureAnswer } from '../okx/okx-fixtures.ts';

const ROWS = new Map<string, InstrumentFields>(
  INSTRUMENT_FIXTURES.flatMap((name) =>
    parseInstruments(fixtureAnswer(name)).fields.map((each) => [each.instId, each] as const),
  ),
);
const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP'].map(
  (instId, index) => new Instrument(index, { ...ROWS.get(instId)!, groupId: String(index + 4) }),
);
const HOUR = 3_600e9;

const rates = (makerRate: number, takerRate: number): FeeRates => ({ makerRate, takerRate });
const grouped = (...groups: [string, number, number][]): TradeFees => ({
  groups: groups.map(([groupId, maker, taker]) => ({ groupId, ...rates(maker, taker) })),
  all: undefined,
});

/** A venue that tells each type of instruments its fees, or does not answer. */
function venueOf(answers: Record<string, TradeFees | Error>) {
  const asked: string[] = [];
  return {
    answers,
    asked,
    fetchTradeFees: (instType: string): Promise<TradeFees> => {
      asked.push(instType);
      const answer = answers[instType]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

describe('the fees of the instruments', () => {
  it('are those of their groups, asked once for each type', async () => {
    const venue = venueOf({
      SPOT: grouped(['3', 1, 1], ['4', 0.0008, 0.001]),
      SWAP: grouped(['5', -0.00005, 0.0003], ['4', 1, 1]),
    });
    expect(await fetchFees(venue, [...INSTRUMENTS, INSTRUMENTS[1]!])).toEqual([
      rates(0.0008, 0.001),
      rates(-0.00005, 0.0003),
      rates(-0.00005, 0.0003),
    ]);
    expect(venue.asked).toEqual(['SPOT', 'SWAP']);
  });

  it('are those of all where a group is not named, else the dearest, and never none at all', async () => {
    const all = { groups: [{ groupId: '1', ...rates(9, 9) }], all: rates(0.0002, 0.0005) };
    const others = grouped(['1', 0.0001, 0.0007], ['2', 0.0002, 0.0005]);
    expect(await fetchFees(venueOf({ SPOT: all, SWAP: others }), INSTRUMENTS)).toEqual([
      rates(0.0002, 0.0005),
      rates(0.0002, 0.0007),
    ]);
    const none = { groups: [], all: undefined };
    await expect(fetchFees(venueOf({ SPOT: all, SWAP: none }), INSTRUMENTS)).rejects.toThrow(
      /expected the fees of BTC-USDT-SWAP, were not told/,
    );
  });

  it('know the group of an instrument from its row', () => {
    const row = { ...fixtureAnswer(INSTRUMENT_FIXTURES[0]!).data[0]!, groupId: '7' };
    expect(parseInstruments([row]).fields[0]!.groupId).toBe('7');
    expect(parseInstruments([{ ...row, groupId: '' }]).fields[0]!.groupId).toBeUndefined();
  });
});

describe('the fee desk', () => {
  function openDesk() {
    const venue = venueOf({ SPOT: grouped(['4', 0.0008, 0.001]), SWAP: grouped(['5', 0.0002, 0.0005]) });
    const memory = createMetricsMemory(SAMPLE_DIMENSIONS);
    const writer = new MetricsWriter(memory);
    const lines: string[] = [];
    const told: (readonly FeeRates[])[] = [];
    const desk = new FeeDesk({
      account: venue,
      instruments: INSTRUMENTS,
      fees: [rates(0.0008, 0.001), rates(0.0002, 0.0005)],
      nowNs: 0,
      writer,
      log: (line) => lines.push(line),
      onChanged: (fees) => told.push(fees),
    });
    const bps = (instrument: number, liquidity: number): number =>
      memory.cells[writer.cell('feeBps', instrument, liquidity)]!;
    return { venue, desk, lines, told, bps };
  }

  it('asks every hour, and tells of a change once', async () => {
    const { venue, desk, told, bps } = openDesk();
    await desk.onTimer(HOUR - 1);
    expect(venue.asked).toEqual([]);
    expect([bps(0, 0), bps(0, 1), bps(1, 0)]).toEqual([8, 10, 2]);
    await desk.onTimer(HOUR);
    await desk.onTimer(HOUR + 1);
    expect(venue.asked).toEqual(['SPOT', 'SWAP']);
    expect(told).toEqual([]);
    venue.answers['SWAP'] = grouped(['5', -0.0001, 0.0004]);
    await desk.onTimer(2 * HOUR);
    await desk.onTimer(3 * HOUR);
    expect(told).toEqual([[rates(0.0008, 0.001), rates(-0.0001, 0.0004)]]);
    expect(bps(1, 0)).toBeCloseTo(-1, 12);
  });

  it('goes on with what it knows where the venue does not answer, and asks again in a minute', async () => {
    const { venue, desk, lines, told } = openDesk();
    const answer = venue.answers['SPOT']!;
    venue.answers['SPOT'] = new RestError(RestErrorCode.malformed, 'no answer', { method: 'GET', path: '/' });
    await desk.onTimer(HOUR);
    await desk.onTimer(HOUR + 30e9);
    await desk.onTimer(HOUR + 60e9);
    expect(venue.asked).toEqual(['SPOT', 'SPOT']);
    venue.answers['SPOT'] = answer;
    await desk.onTimer(HOUR + 120e9);
    expect(lines).toEqual([
      expect.stringMatching(/^fees: .*taken to be what they were$/),
      'fees: answered again',
    ]);
    expect(told).toEqual([]);
  });

  it('tells nothing after it was closed', async () => {
    const { venue, desk, told } = openDesk();
    venue.answers['SWAP'] = grouped(['5', 0.5, 0.5]);
    const asking = desk.onTimer(HOUR);
    desk.close();
    await asking;
    await desk.onTimer(3 * HOUR);
    expect(told).toEqual([]);
    expect(venue.asked).toEqual(['SPOT', 'SWAP']);
  });
});
