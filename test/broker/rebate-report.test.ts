import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { csvLine, csvRows } from '../../engine/broker/csv-rows.ts';
import { parseReport } from '../../engine/broker/rebate-report.ts';
import { reportText } from '../../engine/broker/report-bytes.ts';

const HEAD =
  'brokerCode,level,uid,instId,ordId,clOrdId,spotTradeAmt,derivativeTradeAmt,fee,netFee,settlementFee,brokerRebate,suBrokerRebate,userRebate,affiliated,ts';
const ROW = 'OURCODE,VIP1,1001,BTC-USDT,11,c11,100,0,-0.05,-0.05,-0.04,0.02,0.001,0.002,true,1795255200000';

describe('a rebate report', () => {
  it('is read by the names of its columns', () => {
    const { rows, decimals } = parseReport(`${HEAD}\n${ROW}\n`, 'a.csv');
    expect(decimals).toBe(6);
    const [row] = rows;
    expect(row).toMatchObject({
      brokerCode: 'OURCODE',
      level: 'VIP1',
      uid: '1001',
      instId: 'BTC-USDT',
      ordId: '11',
      clOrdId: 'c11',
      isAffiliated: true,
      tsMs: 1_795_255_200_000,
    });
    const amounts = [
      row!.volume,
      row!.fee,
      row!.netFee!,
      row!.settlementFee!,
      row!.brokerRebate,
      row!.subBrokerRebate,
      row!.userRebate,
    ];
    expect(amounts.map(String)).toEqual(['100', '-0.05', '-0.05', '-0.04', '0.02', '0.001', '0.002']);
  });

  it('may have its columns in another order, with others between, quotes, a byte order mark and line ends of Windows', () => {
    const text =
      '\uFEFF"ts","newColumn","brokerRebate","ordId","fee"\r\n"1795255200000","a, ""b""\nc","0.5","\t3059871234567890432","-1"\r\n';
    const { rows } = parseReport(text, 'a.csv');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      ordId: '3059871234567890432',
      uid: '',
      clOrdId: '',
      level: '',
      tsMs: 1_795_255_200_000,
    });
    expect(rows[0]!.brokerRebate.toString()).toBe('0.5');
    expect(rows[0]!.settlementFee).toBeUndefined();
  });

  it('may be of before uid and clOrdId were told, with the names of then', () => {
    const head =
      'BrokerCode,Level,InstId,OrderId,SpotTradeAmt,DerivativeTradeAmt,Fee,BrokerRebate,NetFee,SettlementFee,SubBrokerRebate,UserRebate,Affiliate,TS';
    const { rows } = parseReport(
      `${head}\nOURCODE,Lv1,BTC-USDT-SWAP,12,0,50,-0.02,0.01,-0.02,-0.02,0.003,0,false,1595000000000`,
      'old.csv',
    );
    expect(rows[0]).toMatchObject({ ordId: '12', uid: '', clOrdId: '', isAffiliated: false });
    expect([rows[0]!.volume, rows[0]!.subBrokerRebate].map(String)).toEqual(['50', '0.003']);
  });

  it.each(['', `${HEAD}\n`, '\uFEFF'])('of a day without trades is empty', (text) => {
    expect(parseReport(text, 'a.csv').rows).toEqual([]);
  });

  it.each([
    [
      `a,b\n1,2`,
      /a\.csv: expected the columns ordId and brokerRebate, was without ordId, brokerRebate: a, b;/,
    ],
    [`${HEAD}\n${ROW.replace('0.02', '0,02')}`, /a\.csv, line 2: expected/],
    [
      `${HEAD}\n${ROW.replace(',11,', ',1.1e18,')}`,
      /line 2: expected ordId to be the number of an order, was "1\.1e18"/,
    ],
    [`${HEAD}\n${ROW}\n${ROW.replace('-0.05', 'x')}`, /line 3: expected fee to be a decimal, was "x"/],
    [
      `${HEAD}\n${ROW}\n${ROW.slice(0, 50)}`,
      /line 3: expected 16 columns as in its first line, were \d+; download/,
    ],
    [
      `${HEAD}\n${ROW.replace('1795255200000', '1795255200000000')}`,
      /line 2: expected ts to be milliseconds/,
    ],
    [`<html>Access denied</html>`, /expected the columns/],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseReport(text, 'a.csv')).toThrow(message);
  });
});

/** A zip file of one entry, by the specification's letter: local header, data, directory, end. */
function zipOf(text: string, method: 0 | 8): Buffer {
  const raw = Buffer.from(text);
  const data = method === 8 ? deflateRawSync(raw) : raw;
  const name = Buffer.from('RebateDetails.csv');
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(method, 8);
  local.writeUInt32LE(data.length, 18);
  local.writeUInt32LE(raw.length, 22);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt32LE(raw.length, 24);
  central.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + data.length, 16);
  return Buffer.concat([local, name, data, central, name, end]);
}

describe('the bytes of a report', () => {
  const text = `${HEAD}\n${ROW}\n`;

  it.each([
    ['plain', Buffer.from(text)],
    ['gzip', gzipSync(text)],
    ['a zip file that packs it', zipOf(text, 8)],
    ['a zip file that stores it', zipOf(text, 0)],
  ])('may be %s', (_, bytes) => {
    expect(reportText(bytes)).toBe(text);
  });

  it('that are cut off anywhere are refused, or give a part of the text: never something else', () => {
    for (const whole of [gzipSync(text), zipOf(text, 8)]) {
      for (let length = 4; length < whole.length; length++) {
        expect(() => reportText(whole.subarray(0, length))).toThrow(/rebate report: expected CSV/);
      }
    }
  });

  it('of an Excel file are refused', () => {
    const excel = Buffer.from('d0cf11e0a1b11ae1', 'hex');
    expect(() => reportText(excel)).toThrow(/was an Excel file of the old kind; download it again/);
  });
});

describe('CSV', () => {
  it('comes back as it was written, whatever is in it but what a spreadsheet would reckon with', () => {
    const cells = ['plain', 'a,b', 'a "quote"', 'two\nlines', '', '-1.5', '=1+1'];
    expect([...csvRows(`${csvLine(cells)}\n${csvLine(cells)}`)]).toEqual(
      Array.from({ length: 2 }, () => ['plain', 'a,b', 'a "quote"', 'two\nlines', '', '-1.5', "'=1+1"]),
    );
  });
});
