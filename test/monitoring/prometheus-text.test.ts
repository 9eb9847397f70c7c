import { parsePrometheusText } from './prometheus-text.ts';
import { describe, expect, test } from 'vitest';

const HEAD = '# HELP a_total Things.\n# TYPE a_total counter\n';
const BUCKETS = '# HELP b Times.\n# TYPE b histogram\n';

/** The reader is the judge of the exposition, so it is judged first. */
describe('parsePrometheusText', () => {
  test('reads labels with escapes, and numbers of every form', () => {
    const text = `${HEAD}a_total{x="q\\"b\\\\n\\n",y=""} 1.5e-7\na_total +Inf\n`;
    const [labelled, plain] = parsePrometheusText(text).get('a_total')!.samples;
    expect(labelled).toEqual({ name: 'a_total', labels: { x: 'q"b\\n\n', y: '' }, value: 1.5e-7 });
    expect(plain.value).toBe(Infinity);
  });

  test.each([
    ['no final line feed', `${HEAD}a_total 1`],
    ['no TYPE', 'a_total 1\n'],
    ['no HELP', '# TYPE a_total counter\na_total 1\n'],
    ['an unknown type', HEAD.replace('counter', 'thing')],
    ['a family twice', `${HEAD}${HEAD}`],
    ['a series twice', `${HEAD}a_total{x="1",y="2"} 1\na_total{y="2",x="1"} 2\n`],
    ['a label twice', `${HEAD}a_total{x="1",x="2"} 1\n`],
    ['an unescaped quote', `${HEAD}a_total{x="1"2"} 1\n`],
    ['a bad label name', `${HEAD}a_total{1x="1"} 1\n`],
    ['no number', `${HEAD}a_total undefined\n`],
    ['a sample of another family', `${HEAD}b_total 1\n`],
    ['falling buckets', `${BUCKETS}b_bucket{le="1"} 2\nb_bucket{le="+Inf"} 1\nb_sum 1\nb_count 1\n`],
    ['no last bucket', `${BUCKETS}b_bucket{le="1"} 1\nb_sum 1\nb_count 1\n`],
    ['another count', `${BUCKETS}b_bucket{le="+Inf"} 1\nb_sum 1\nb_count 2\n`],
    ['no sum', `${BUCKETS}b_bucket{le="+Inf"} 1\nb_count 1\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parsePrometheusText(text)).toThrow(SyntaxError);
  });
});
