/**
 * A strict reader of Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats), for
 * tests: it throws on anything the format does not allow, and on what promtool objects to in it.
 */

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const NUMBER = /^(?:[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[+-]Inf|Nan|NaN)$/;

function numberOf(text: string): number {
  if (!NUMBER.test(text)) throw new SyntaxError(`value: expected a number, was "${text}"`);
  return Number(text.replace('Inf', 'Infinity'));
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match === null) throw new SyntaxError(`labels: expected name="value" pairs, was "${text}"`);
    if (Object.hasOwn(labels, match[1])) throw new SyntaxError(`labels: "${match[1]}" is there twice`);
    labels[match[1]] = match[2].replaceAll(/\\(.)/g, (_, character: string) =>
      character === 'n' ? '\n' : character,
    );
  }
  return labels;
}

/** The parts that samples of a family may be called. */
function partsOf(name: string, type: string): readonly string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

function checkHistogram(family: ParsedFamily): void {
  const series = new Map<string, { bounds: number[]; counts: number[]; count: number; hasSum: boolean }>();
  for (const { name, labels, value } of family.samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const entry = series.get(key) ?? { bounds: [], counts: [], count: Number.NaN, hasSum: false };
    series.set(key, entry);
    if (name.endsWith('_bucket')) {
      entry.bounds.push(numberOf(le));
      entry.counts.push(value);
    } else if (name.endsWith('_count')) entry.count = value;
    else entry.hasSum = true;
  }
  for (const [key, { bounds, counts, count, hasSum }] of series) {
    const rises = bounds.every((bound, index) => index === 0 || bound > bounds[index - 1]);
    const accumulates = counts.every((value, index) => index === 0 || value >= counts[index - 1]);
    if (!rises || !accumulates || bounds.at(-1) !== Infinity || counts.at(-1) !== count || !hasSum) {
      throw new SyntaxError(
        `histogram ${family.name}${key}: expected rising buckets up to +Inf, a sum and a count`,
      );
    }
  }
}

/** @throws SyntaxError when the text is not an exposition */
export function parsePrometheusText(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new SyntaxError('exposition: expected a line feed at the end');
  const families = new Map<string, ParsedFamily & { samples: ParsedSample[] }>();
  const seen = new Set<string>();
  let help: { name: string; text: string } | null = null;
  let family: (ParsedFamily & { samples: ParsedSample[] }) | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (comment !== null && comment[1] === 'HELP') {
      help = { name: comment[2], text: comment[3] };
      continue;
    }
    if (comment !== null) {
      const [, , name, type] = comment;
      if (families.has(name)) throw new SyntaxError(`${name}: is there twice`);
      if (help?.name !== name) throw new SyntaxError(`${name}: expected its HELP before its TYPE`);
      if (!['counter', 'gauge', 'histogram'].includes(type))
        throw new SyntaxError(`${name}: type was "${type}"`);
      family = { name, type, help: help.text, samples: [] };
      families.set(name, family);
      continue;
    }
    const match = SAMPLE.exec(line);
    if (match === null) throw new SyntaxError(`line: expected a sample, was "${line}"`);
    const sample = { name: match[1], labels: labelsOf(match[2] ?? ''), value: numberOf(match[3]) };
    if (family === null || !partsOf(family.name, family.type).includes(sample.name)) {
      throw new SyntaxError(`${sample.name}: expected samples of ${family?.name ?? 'a TYPE line first'}`);
    }
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(key)) throw new SyntaxError(`series is there twice: ${line}`);
    seen.add(key);
    family.samples.push(sample);
  }
  for (const parsed of families.values()) if (parsed.type === 'histogram') checkHistogram(parsed);
  return families;
}
