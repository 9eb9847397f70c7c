import { describe, expect, it } from 'vitest';
import { RecordingReader } from '../../engine/recording/recording-reader.ts';
import { zip, tarGz } from './archives.ts';
import { readAll, withFiles } from './recording-files.ts';

const T0 = 1_723_161_256_000;
const INST = 'BTC-USDT-SWAP';

/** A row received `ms` after T0, sent by the venue 5 ms before. */
function row(ms: number, fields: object): string {
  const recvNs = `${T0 + ms}000000`;
  return JSON.stringify({ recvNs, instId: INST, ...fields, ts: String(T0 + ms - 5) });
}

const ROWS = [
  JSON.stringify({ instId: INST, channel: 'instruments', tickSz: '0.1' }),
  row(0, {
    action: 'snapshot',
    asks: [
      ['101', '1', '1'],
      ['102', '2', '1'],
    ],
    bids: [['100', '3', '1']],
  }),
  row(10, { channel: 'mark-price', markPx: '100.5' }),
  row(20, { channel: 'funding-rate', fundingRate: '-0.0001', fundingTime: '1723190400000' }),
  row(30, {
    action: 'update',
    asks: [
      ['101', '0', '0'],
      ['101.5', '4', '2'],
    ],
    bids: [],
  }),
  row(40, { channel: 'trades', tradeId: '7', px: '100', sz: '1', side: 'sell' }),
  row(50, { action: 'update', asks: [], bids: [['99', '5', '1']] }),
  row(60, { channel: 'gap', reason: 'disconnected' }),
  row(70, { action: 'snapshot', asks: [['110', '1', '1']], bids: [['109', '1', '1']] }),
  row(80, { action: 'update', asks: [], bids: [['108', '1', '1']] }),
].join('\n');

const read = (text: string | Uint8Array, options: object = {}) =>
  withFiles({ file: text }, async ([path]) => readAll(await RecordingReader.open([path!], options)));

describe('a window of time', () => {
  it('begins with what was known there', async () => {
    const events = await read(ROWS, { fromMs: T0 + 40 });
    expect(events.map(({ kind }) => kind)).toEqual([
      'instrument',
      'snapshot',
      'mark',
      'funding',
      'trade',
      'update',
      'gap',
      'snapshot',
      'update',
    ]);
    const [instrument, snapshot, mark, funding, trade] = events;
    expect(instrument!.row!['tickSz']).toBe('0.1');
    expect(snapshot).toMatchObject({
      asks: [
        ['101.5', '4', '2'],
        ['102', '2', '1'],
      ],
      bids: [['100', '3', '1']],
      line: 0,
      timeNs: trade!.timeNs,
    });
    expect(mark).toMatchObject({ px: '100.5', timeNs: trade!.timeNs });
    expect(funding).toMatchObject({ px: '-0.0001', fundingTimeMs: 1_723_190_400_000 });
  });

  it('ends before its end', async () => {
    const events = await read(ROWS, { fromMs: T0, toMs: T0 + 30 });
    expect(events.map(({ kind }) => kind)).toEqual(['instrument', 'snapshot', 'mark', 'funding']);
  });

  it('in a gap knows no book', async () => {
    const events = await read(ROWS, { fromMs: T0 + 65 });
    expect(events.map(({ kind }) => kind)).toEqual(['instrument', 'mark', 'funding', 'snapshot', 'update']);
    expect(events.filter(({ kind }) => kind === 'snapshot')[0]!.asks).toEqual([['110', '1', '1']]);
  });

  it('that is empty is an error that says what there is', async () => {
    await expect(read(ROWS, { fromMs: T0 + 1_000 })).rejects.toThrow(
      'recording: expected events from 2024-08-08T23:54:17.000Z, found none; the files hold BTC-USDT-SWAP from 2024-08-08 on',
    );
  });

  it('gives an instrument row without a time that of the row behind it', async () => {
    const [instrument, snapshot] = await read(ROWS);
    expect(instrument!.timeNs).toBe(snapshot!.timeNs);
    expect(instrument!.recvNs).toBe(snapshot!.recvNs);
  });
});

describe('files of several days', () => {
  const day = (ms: number): string =>
    [
      row(ms, { channel: 'instruments', tickSz: '0.1' }),
      row(ms, { action: 'snapshot', asks: [[String(ms), '1', '1']], bids: [] }),
      row(ms + 10, { action: 'update', asks: [['7', '1', '1']], bids: [] }),
    ].join('\n');
  const days = { a: day(0), b: day(1_000), c: day(2_000) };

  it('before the window are not read', async () => {
    await withFiles({ ...days, a: `${day(0)}\n{` }, async (paths) => {
      const events = await readAll(await RecordingReader.open(paths, { fromMs: T0 + 1_005 }));
      expect(events.map(({ kind }) => kind)).toEqual([
        'instrument',
        'snapshot',
        'update',
        'instrument',
        'snapshot',
        'update',
      ]);
      expect(events[1]!.asks).toEqual([['1000', '1', '1']]);
      await expect(RecordingReader.open(paths).then(readAll)).rejects.toMatchObject({ code: 'TRUNCATED' });
    });
  });

  it('that hold a book twice are refused', async () => {
    const late = day(5).replace('"snapshot"', '"update"');
    await withFiles({ ...days, d: late }, async (paths) => {
      await expect(RecordingReader.open(paths).then(readAll)).rejects.toMatchObject({ code: 'OVERLAPPING' });
      const reader = await RecordingReader.open(paths, { isPartial: true });
      const files = (await readAll(reader)).map(({ file }) => file.at(-1)).join('');
      // The second file takes over from the first, whose rest is left out.
      expect(files).toBe('aadddbbbccc');
      expect(reader.cuts.map(({ code }) => code)).toEqual(['OVERLAPPING']);
    });
  });
});

describe('partial recordings', () => {
  const updates = ROWS.split('\n').slice(4).join('\n');

  it('begin at the next snapshot', async () => {
    await expect(read(updates)).rejects.toMatchObject({ code: 'NO_SNAPSHOT', line: 1 });
    const events = await read(updates, { isPartial: true });
    expect(events.map(({ kind }) => kind)).toEqual(['trade', 'gap', 'snapshot', 'update']);
  });
});

describe("OKX's historical files", () => {
  const book = (instId: string): string =>
    [
      { instId, action: 'snapshot', ts: '1762560000007', asks: [['2', '1', '4']], bids: [['1', '1', '9']] },
      { instId, action: 'update', ts: '1762560000107', asks: [['2', '0', '0']], bids: [] },
    ]
      .map((each) => JSON.stringify(each))
      .join('\n');
  const name = (instId: string): string => `${instId}-L2orderbook-400lv-2025-11-08.data`;

  it('order books, a day of an instrument in a tar.gz', async () => {
    const events = await read(tarGz({ [name('BTC-USDT')]: book('BTC-USDT') }));
    expect(events.map(({ kind, tsMs, recvNs }) => ({ kind, tsMs, recvNs }))).toEqual([
      { kind: 'snapshot', tsMs: 1_762_560_000_007, recvNs: -1 },
      { kind: 'update', tsMs: 1_762_560_000_107, recvNs: -1 },
    ]);
  });

  it('of several instruments want one to be named', async () => {
    const ids = ['BTC-USDT-251226', 'BTC-USDT-260327'];
    const archive = tarGz(Object.fromEntries(ids.map((instId) => [name(instId), book(instId)])));
    await expect(read(archive)).rejects.toMatchObject({ code: 'MIXED_INSTRUMENTS' });
    const events = await read(archive, { instIds: [ids[1]!] });
    expect(events.map(({ instId }) => instId)).toEqual([ids[1], ids[1]]);
  });

  it('trades, a CSV in a zip', async () => {
    const csv =
      'instrument_name,trade_id,side,price,size,created_time,source\nBTC-USDT-SWAP,1566502282,sell,104503.0,30.14,1748707200008,0\n';
    const [trade] = await read(zip('BTC-USDT-SWAP-trades-2025-06-01.csv', csv, true));
    expect(trade).toMatchObject({
      kind: 'trade',
      instId: 'BTC-USDT-SWAP',
      tradeId: '1566502282',
      side: 'sell',
      px: '104503.0',
      sz: '30.14',
      tsMs: 1_748_707_200_008,
    });
  });

  it('trades of before 2024, which their file names', async () => {
    const header = Buffer.concat([
      Buffer.from('trade_id/'),
      // The second language in GBK, as the old files have it.
      Buffer.from([0xbd, 0xbb, 0xd2, 0xd7]),
      Buffer.from(
        'id,side/x,size/x,price/x,created_time/x\n719977054,BUY,0.00527188,84760.0,1682434103856\n',
      ),
    ]);
    await withFiles({ 'BTC-USDT-trades-2023-04-25.csv': header }, async (paths) => {
      const [trade] = await readAll(await RecordingReader.open(paths));
      expect(trade).toMatchObject({ instId: 'BTC-USDT', side: 'buy', px: '84760.0', sz: '0.00527188' });
    });
    await expect(read(header)).rejects.toThrow('expected a column instrument_name, or a file name such as');
  });

  it('books and trades of the same millisecond: the file that is named first goes first', async () => {
    const csv = 'instrument_name,trade_id,side,price,size,created_time\nBTC-USDT,1,buy,2,1,1762560000107\n';
    const files = {
      'trades.zip': zip('t.csv', csv),
      'books.tar.gz': tarGz({ [name('BTC-USDT')]: book('BTC-USDT') }),
    };
    const events = await withFiles(files, async (paths) => readAll(await RecordingReader.open(paths)));
    expect(events.map(({ kind }) => kind)).toEqual(['snapshot', 'trade', 'update']);
  });
});
