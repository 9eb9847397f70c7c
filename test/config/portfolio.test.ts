import { expect, test } from 'vitest';
import { parseConfig } from '../../engine/config/load-config.ts';
import { exampleText, exampleWith } from './example.ts';

function refusal(text: string): string {
  try {
    parseConfig(text, 'my.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('the example has a group whose hedger is off', () => {
  const { groups } = parseConfig(exampleText('paper'), 'my.yaml').portfolio;
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatchObject({ coin: 'BTC', skew: 1, hedge: { isOn: false } });
});

test.each([
  ['portfolio.groups.0.coin', 'btc', 'portfolio.groups[0].coin: expected a coin, such as "BTC", was "btc"'],
  ['portfolio.groups.0.delta', '0', 'portfolio.groups[0].delta: expected a decimal above zero in quotes'],
  ['portfolio.groups.0.skew', 1.5, 'portfolio.groups[0].skew: '],
  [
    'portfolio.groups.0.hedge.targetRatio',
    0.5,
    'portfolio.groups[0].hedge.targetRatio: expected less than hedge.bandRatio (0.5), was 0.5',
  ],
  ['portfolio.groups.0.hedge.lossMax', 0, 'portfolio.groups[0].hedge.lossMax: '],
])('refuses %s = %j and says why', (path, value, expected) => {
  expect(refusal(exampleWith(path, value))).toContain(expected);
});

test('refuses two groups of one coin', () => {
  const groups = "portfolio:\n  groups:\n    - { coin: BTC, delta: '1' }\n    - { coin: BTC, delta: '2' }\n";
  const text = exampleText('paper').replace(/^portfolio:\n(?: .*\n)+/m, groups);
  expect(refusal(text)).toContain(
    'portfolio.groups[1].coin: expected each coin once, was "BTC" again; remove one',
  );
});
