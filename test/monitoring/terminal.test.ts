import { describe, expect, test } from 'vitest';
import { StatusReader } from '../../monitoring/status.ts';
import { Terminal, statusLine, statusTable } from '../../monitoring/terminal.ts';
import { SampleEngine } from './sample-engine.ts';

function readySample(): { reader: StatusReader; engine: SampleEngine } {
  const engine = new SampleEngine();
  engine.makeReady();
  return { reader: new StatusReader(engine.memory, engine.clock), engine };
}

describe('the status line', () => {
  test('names the state, and each instrument with its book, orders and position', () => {
    const { reader } = readySample();
    const status = reader.status();
    const line = statusLine(status);
    expect(line).toContain(`${status.venue} quoting`);
    for (const each of status.instruments) {
      expect(line).toContain(`${each.name} ${each.book.bestBid!.price}/${each.book.bestAsk!.price}`);
      expect(line).toContain(`pos ${each.position.size}`);
    }
    expect(line).not.toContain('\n');
    expect(line).not.toContain('(');
  });

  test('names what holds the account back', () => {
    const { reader, engine } = readySample();
    const { writer } = engine;
    writer.set(writer.cell('killLevel'), 1);
    writer.set(writer.cell('killReason'), 3);
    expect(statusLine(reader.status())).toContain('quoting (wider: margin), up');
  });
});

describe('the status table', () => {
  test('has a row an instrument, and says why the engine is not ready', () => {
    const { reader, engine } = readySample();
    const { instruments } = reader.status();
    expect(statusTable(reader.status())).toHaveLength(2 + instruments.length);
    engine.post(0, 2);
    const rows = statusTable(reader.status());
    expect(rows).toHaveLength(3 + instruments.length);
    expect(rows.at(-1)).toContain('not ready: book');
    expect(rows.join()).not.toContain('held back');
  });

  test('names the instruments that are held back by themselves', () => {
    const { reader, engine } = readySample();
    engine.board.begin(1);
    engine.board.setBook(1, 3, true, 650_001, 1, 650_003, 1);
    engine.board.setKill(3, 2);
    engine.board.publish(engine.clock.nowNs());
    expect(statusTable(reader.status()).at(-1)).toBe('held back: BTC-USD-SWAP paused (loss)');
  });
});

describe('the terminal', () => {
  test('redraws the table in place, and puts log lines above it', () => {
    const { reader } = readySample();
    const written: string[] = [];
    const terminal = new Terminal(reader, { isTerminal: true, columns: 120 }, (text) => written.push(text));
    terminal.show();
    const rows = statusTable(reader.status()).length;
    expect(written.at(-1)!.split('\n')).toHaveLength(rows + 1);
    terminal.show();
    expect(written.at(-1)!.startsWith(`\r\u001b[${rows}A\u001b[0J`)).toBe(true);
    terminal.log('public: down\n');
    expect(written.at(-2)).toBe(`\r\u001b[${rows}A\u001b[0Jpublic: down\n`);
    expect(written.at(-1)!.startsWith('\r')).toBe(false);
  });

  test('writes lines where the output is no terminal, or too narrow for the table', () => {
    const { reader } = readySample();
    for (const options of [
      { isTerminal: false, columns: 0 },
      { isTerminal: true, columns: 60 },
    ]) {
      const written: string[] = [];
      const terminal = new Terminal(reader, options, (text) => written.push(text));
      terminal.show();
      terminal.show();
      expect(written).toEqual([`${statusLine(reader.status())}\n`, `${statusLine(reader.status())}\n`]);
    }
  });
});
