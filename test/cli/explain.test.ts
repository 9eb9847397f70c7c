import { expect, test } from 'vitest';
import { explanationText } from '../../engine/cli/explain-text.ts';
import { run } from '../../engine/cli/explain.ts';
import { Explainer } from '../../engine/host/explainer.ts';
import { OperatorCommand } from '../../engine/loop/loop-options.ts';
import { ScriptedWorld } from '../loop/scripted-venue.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';

function textOf(world: ScriptedWorld): string {
  return explanationText(new Explainer(world).explain(world.loop.instruments[0]!, world.nowNs));
}

test('an explanation reads like a book, with what it was made of before it', () => {
  const world = new ScriptedWorld({ ladder: { ...PLAIN_LADDER, levels: 2 } }).quoting();
  expect(textOf(world)).toBe(
    [
      'BTC-USDT-SWAP: 4 of 4 levels have their order',
      '  market: book synced, middle 1000; the guard pulls bids nearer than 0.2, asks nearer than 0.2 to 1000',
      '  position: 0 of 1000, open to buy 25, to sell 25',
      '  configuration: version 1',
      '  model: fixed; needs no calibration',
      '  fair price: 1000 = estimate of the book 1000',
      '  half spread: bids 0.5, asks 0.5',
      "  skew: none, 0.04 for each first level's size held; of these, we hold 0",
      '',
      '  sell',
      '    1  15 at 1000.7 rests at its price: 15 at 1000.7 for 0.0 s; fair 1000 + 0.7 = 1000.7',
      '    0  10 at 1000.5 rests at its price: 10 at 1000.5 for 0.0 s; fair 1000 + 0.5 = 1000.5',
      '',
      '  buy',
      '    0  10 at 999.5 rests at its price: 10 at 999.5 for 0.0 s; fair 1000 − 0.5 = 999.5',
      '    1  15 at 999.3 rests at its price: 15 at 999.3 for 0.0 s; fair 1000 − 0.7 = 999.3',
    ].join('\n'),
  );
});

test('of what is not quoted every cause stands in front', () => {
  const world = new ScriptedWorld({ ladder: { ...PLAIN_LADDER, levels: 1 } }).quoting();
  world.loop.command(OperatorCommand.halt, world.nowNs);
  for (const message of world.orderMessages()) world.accept(message);
  world.loop.onWorkerLost([0], world.nowNs);
  const text = textOf(world);
  expect(text).toMatch(
    /^BTC-USDT-SWAP: not quoted: halted: an operator asked for it \(operator\); and 1 more\n/,
  );
  expect(text).toContain(
    '\n  held: halted: an operator asked for it (operator)\n  held: its quote worker does not run\n',
  );
  expect(text).toContain(
    '\n  buy\n    0  absent: halted: an operator asked for it (operator); its quote worker does not run',
  );
});

test.each([
  [[], 'expected one instrument, such as BTC-USDT, was ""'],
  [['BTC-USDT', 'ETH-USDT'], 'expected one instrument, such as BTC-USDT, was "BTC-USDT ETH-USDT"'],
  [['BTC-USDT', '--state', ''], '--state: expected a directory, was ""'],
])('called with %j it says what it expects', async (argv, text) => {
  await expect(run(argv)).rejects.toThrow(text);
});

test('where no engine runs it says so', async () => {
  await expect(run(['BTC-USDT', '--state', '/nowhere/at/all'])).rejects.toMatchObject({
    exitCode: 75,
    message:
      'state /nowhere/at/all: no engine runs there; name the directory that it was started with by --state',
  });
});
