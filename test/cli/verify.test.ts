import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { ExitCode } from '../../engine/cli/exit-code.ts';
import { runVerify } from '../../engine/cli/verify-run.ts';
import type { VerifyReport } from '../../engine/cli/verify-report.ts';

const FEEDS = fileURLToPath(new URL('../fixtures/feeds/', import.meta.url));
const TODAY = join(FEEDS, 'okx-books-2026-08-24.jsonl');
const folder = mkdtempSync(join(tmpdir(), 'verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;

function fileOf(content: string | Buffer): string {
  const file = join(folder, `capture-${written++}`);
  writeFileSync(file, content);
  return file;
}

async function verify(...args: string[]): Promise<{ code: ExitCode; text: string; report: VerifyReport }> {
  const json = join(folder, `report-${written++}.json`);
  let text = '';
  const code = await runVerify([...args, '--json', json], (part) => {
    text += part;
  });
  return { code, text, report: JSON.parse(readFileSync(json, 'utf8')) };
}

/** The capture of 2026, line by line: the ack, the snapshot, six updates. */
function today(): string[] {
  return readFileSync(TODAY, 'utf8').trim().split('\n');
}

/** An update of today's shape with these fields. */
function push(fields: object): string {
  return JSON.stringify({
    arg: { channel: 'books', instId: 'BTC-USDT' },
    action: 'update',
    data: [{ asks: [], bids: [], ts: '1787612487000', checksum: 0, ...fields }],
  });
}

describe('captures that hold', () => {
  test('raw frames of today', async () => {
    const { code, text, report } = await verify(TODAY);
    expect(code).toBe(ExitCode.done);
    expect(report.ok).toBe(true);
    expect(report.results).toHaveLength(1);
    expect(report.results[0]).toMatchObject({
      instId: 'BTC-USDT',
      channel: 'books',
      frames: 7,
      updates: 6,
      checksums: { equal: 0, unequal: 0, zero: 7 },
      gaps: 0,
      resets: 0,
      crossed: 0,
      slowPath: 0,
      malformed: 0,
      bestBid: { price: '78722.2', size: '0.35528063' },
      bestAsk: { price: '78722.3', size: '0.44699492' },
    });
    expect(text).toContain('78722.2 × 0.35528063');
    expect(text).toContain('ok: every book verified');
  });

  test('lines with connection and time, checksums compared', async () => {
    const { code, report } = await verify(
      join(FEEDS, 'okx-books-2022-05-13.ws'),
      join(FEEDS, 'okx-books-l2-tbt-2021-07-22.ws'),
    );
    expect(code).toBe(ExitCode.done);
    const equal = report.files.map(({ file }) =>
      report.results.filter((row) => row.file === file).reduce((sum, row) => sum + row.checksums.equal, 0),
    );
    expect(equal).toEqual([290, 1_504]);
    expect(report.results.every((row) => row.checksums.unequal === 0 && row.slowPath === 0)).toBe(true);
  });

  test('checksums are over the texts as sent, not over the shortest ones', async () => {
    const sum = (text: string): number => crc32(text) | 0;
    const frame = (action: string, asks: string[][], bids: string[][], text: string): string =>
      JSON.stringify({
        arg: { channel: 'books', instId: 'BTC-USDT' },
        action,
        data: [{ asks, bids, ts: '1', checksum: sum(text) }],
      });
    const lines = [
      frame(
        'snapshot',
        [
          ['3366.80', '9.0'],
          ['3368', '8'],
        ],
        [['3366.1', '7.50']],
        '3366.1:7.50:3366.80:9.0:3368:8',
      ),
      frame('update', [['3368', '08']], [], '3366.1:7.50:3366.80:9.0:3368:08'),
      frame('update', [['3366.8', '9']], [['3366.1', '0']], '3366.8:9:3368:08'),
      frame('update', [['3366.80', '0.00']], [['3366.1', '7.5']], '3366.1:7.5:3368:08'),
    ];
    const { code, report } = await verify(fileOf(lines.join('\n')));
    expect(report.results[0]!.checksums).toEqual({ equal: 4, unequal: 0, zero: 0 });
    expect(code).toBe(ExitCode.done);
  });

  test('a recording, gzip, with trades in between', async () => {
    const whole = gunzipSync(readFileSync(join(FEEDS, 'btc-usdt-swap-2024-08-08-cut.ndjson.gz'))).toString();
    const rows = whole.split('\n').slice(0, 3_000);
    const { code, report } = await verify(fileOf(gzipSync(rows.join('\n'))));
    expect(code).toBe(ExitCode.done);
    const books = rows.filter((row) => row.includes('"action"')).length;
    expect(report.results[0]).toMatchObject({
      instId: 'BTC-USDT-SWAP',
      channel: 'books',
      frames: books,
      updates: books - 1,
    });
    expect(report.files[0]).toMatchObject({
      lines: 3_000,
      otherLines: 3_000 - books,
      malformed: 0,
      error: null,
    });
  });

  test('received frames behind a connection, and images beside the book', async () => {
    const [, snapshot] = today();
    const bbo =
      '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["78722.3","1","0","1"]],"bids":[["78722.2","2","0","1"]],"ts":"1787612486108","seqId":80274874801}]}';
    const lines = ['wss://h/p <-> 1.5', `wss://h/p <- 1.6: ${snapshot}`, `1.7: ${bbo}`, 'pong', ''];
    const { code, report } = await verify(fileOf(lines.join('\r\n')));
    expect(code).toBe(ExitCode.done);
    expect(report.results.map((row) => [row.channel, row.frames, row.updates])).toEqual([
      ['books', 1, 0],
      ['bbo-tbt', 1, 1],
    ]);
    expect(report.results[1]!.bestBid).toEqual({ price: '78722.2', size: '2' });
  });

  test('a reset, a keep-alive and a slow frame are told, and are no mismatch', async () => {
    const lines = today();
    const last = JSON.parse(lines.at(-1)!).data[0].seqId;
    lines.push(
      push({ seqId: last, prevSeqId: last }),
      push({ seqId: 7, prevSeqId: last, asks: [['78722.2', '1', '0', '1']] }),
    );
    lines.push(
      ` ${push({ seqId: 9, prevSeqId: 7, asks: [['78722.2', '0', '0', '0']] })}`.replace(
        '"action"',
        ' "action"',
      ),
    );
    const { code, report } = await verify(fileOf(lines.join('\n')));
    expect(code).toBe(ExitCode.done);
    expect(report.results[0]).toMatchObject({
      frames: 10,
      updates: 8,
      resets: 1,
      crossed: 1,
      slowPath: 1,
      gaps: 0,
    });
  });

  test('grids from an instruments answer', async () => {
    const row = {
      instType: 'SPOT',
      instId: 'BTC-USDT',
      baseCcy: 'BTC',
      quoteCcy: 'USDT',
      tickSz: '0.1',
      lotSz: '0.00000001',
      minSz: '0.00001',
      state: 'live',
      instIdCode: 1,
      ctVal: '',
      ctMult: '',
      maxLmtSz: '9999',
    };
    const answer = fileOf(gzipSync(JSON.stringify({ code: '0', msg: '', data: [row] })));
    expect((await verify(TODAY, '--instruments', answer)).code).toBe(ExitCode.done);
    const coarse = fileOf(JSON.stringify({ code: '0', msg: '', data: [{ ...row, tickSz: '1' }] }));
    const { code, report } = await verify(TODAY, '--instruments', coarse);
    expect([code, report.results[0]!.malformed]).toEqual([ExitCode.failed, 7]);
  });
});

describe('captures that do not', () => {
  test('a lost frame is a gap, and the book is gone from there', async () => {
    const lines = today();
    lines.splice(4, 1);
    const { code, text, report } = await verify(fileOf(lines.join('\n')));
    expect(code).toBe(ExitCode.failed);
    expect(report.ok).toBe(false);
    expect(report.results[0]).toMatchObject({ gaps: 1, updates: 2, isSynced: false, bestBid: null });
    expect(text).toContain('MISMATCH');
  });

  test('a size that was changed shows in the checksum', async () => {
    const text = readFileSync(join(FEEDS, 'okx-books-2022-05-13.ws'), 'utf8');
    const { code, report } = await verify(
      fileOf(text.replace('["30261","4","0","1"]', '["30261","5","0","1"]')),
    );
    expect(code).toBe(ExitCode.failed);
    expect(report.results.reduce((sum, row) => sum + row.checksums.unequal, 0)).toBeGreaterThan(0);
  });

  test('a malformed frame is counted where it belongs', async () => {
    const lines = today();
    lines[7] = lines[7]!.slice(0, -5);
    const { code, report } = await verify(fileOf(lines.join('\n')));
    expect(code).toBe(ExitCode.failed);
    expect(report.results[0]).toMatchObject({ frames: 7, malformed: 1 });
  });

  test('a frame of another channel that is broken is no capture of what was sent', async () => {
    const trade = '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"78722.2","sz":"1"}]}';
    expect((await verify(fileOf([...today(), trade, '1.7: pong'].join('\n')))).code).toBe(ExitCode.done);
    const { code, report } = await verify(fileOf([...today(), trade.slice(0, -3)].join('\n')));
    expect([code, report.files[0]!.malformed]).toEqual([ExitCode.failed, 1]);
  });

  test("a channel that is no text is somebody else's", async () => {
    const line = '{"arg":{"channel":{"toString":1},"instId":"BTC-USDT"},"data":[]}';
    const { code, report } = await verify(fileOf([...today(), line].join('\n')));
    expect([code, report.files[0]!.otherLines]).toEqual([ExitCode.done, 2]);
  });

  test('updates without any snapshot verify nothing', async () => {
    const { code, report } = await verify(fileOf(today().slice(2).join('\n')));
    expect(code).toBe(ExitCode.failed);
    expect(report.results[0]).toMatchObject({ updates: 0, unsynced: 6, isSynced: false });
  });

  test.each<[string, string | Buffer, string]>([
    ['empty', '', 'the file is empty'],
    ['binary', Buffer.from([1, 2, 0, 4, 5]), 'binary data'],
    ['cut-off gzip', gzipSync(today().join('\n')).subarray(0, 2_000), 'unexpected end of file'],
    ['another text', 'to be or not to be\n', 'expected depth frames, found none'],
    ['frames without depth', '{"event":"subscribe"}\n', 'expected depth frames, found none'],
  ])('%s', async (_, content, complaint) => {
    const { code, text, report } = await verify(fileOf(content));
    expect([code, report.ok]).toEqual([ExitCode.failed, false]);
    expect(text).toContain(complaint);
  });
});

describe('arguments', () => {
  test.each([
    [[], 'expected at least one FILE'],
    [['--json'], 'json'],
    [['--tick', '0.1', TODAY], '--tick'],
    [[join(folder, 'nowhere')], 'expected an existing file'],
    [[folder], 'expected a file'],
    [[TODAY, '--instruments', TODAY], 'expected an instruments answer'],
  ])('%j are refused', async (args, complaint) => {
    await expect(runVerify(args, () => undefined)).rejects.toThrow(complaint);
  });

  test('--help prints how the command is called', async () => {
    let text = '';
    const code = await runVerify(['--help'], (part) => {
      text += part;
    });
    expect([code, text.includes('usage: npm run -s verify')]).toEqual([ExitCode.done, true]);
  });
});
