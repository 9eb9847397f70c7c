/**
 * The points of a parameter sweep: a grid over some keys of the configuration, or draws from ranges of them.
 *
 * A key is a path into the configuration: `strategy.levels` (of every instrument), `instruments.0.strategy.levels` (of one),
 * `account.lossMax`, `backtest.queueExponent`. Its values are written as in the file; what is decimal text there stays text.
 */
import { isMap, isSeq, parse, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { Random } from '../base/random.ts';
import { parseConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';

/** What a point sets: paths with their values. */
export type Parameters = Readonly<Record<string, string>>;

/** A key that takes one of these values. */
export interface Choice {
  readonly key: string;
  readonly values: readonly string[];
}

/** A key that is drawn between these bounds, both included. */
export interface Range {
  readonly key: string;
  readonly min: number;
  readonly max: number;
  readonly scale: 'linear' | 'log' | 'int';
}

/** A sweep that cannot be made, with what to change. */
export class SweepError extends Error {
  override readonly name = 'SweepError';
  readonly code = 'BAD_SWEEP';
}

/** More points are a mistake in the arguments sooner than a wish. */
const POINTS_MAX = 100_000;
/** Draws are rounded to so many figures, so that they can be read, and written down again. */
const FIGURES = 6;
const KEY_PATTERN = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
/** Keys that belong to an instrument: without `instruments.N.` they are set in every one. */
const INSTRUMENT_KEYS = ['strategy', 'limits', 'brakes', 'tradeMode'];

/** `KEY=V1,V2,...` @throws SweepError */
export function parseChoice(text: string): Choice {
  const { key, rest } = split(text, '--grid KEY=V1,V2,...');
  const values = rest.split(',').map((value) => value.trim());
  if (values.includes(''))
    throw new SweepError(`--grid ${text}: expected values with commas between, one is empty`);
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined)
    throw new SweepError(`--grid ${text}: expected each value once, "${twice}" is there again`);
  return { key, values };
}

/** `KEY=MIN:MAX`, `KEY=MIN:MAX:log` or `KEY=MIN:MAX:int`. @throws SweepError */
export function parseRange(text: string): Range {
  const { key, rest } = split(text, '--range KEY=MIN:MAX[:log|:int]');
  const [low = '', high = '', scale = 'linear', more] = rest.split(':');
  const min = low === '' ? NaN : Number(low);
  const max = high === '' ? NaN : Number(high);
  if (!Number.isFinite(min) || !Number.isFinite(max) || max <= min || more !== undefined) {
    throw new SweepError(
      `--range ${text}: expected KEY=MIN:MAX with MIN below MAX, such as strategy.halfSpreadBps=1:10`,
    );
  }
  if (scale !== 'linear' && scale !== 'log' && scale !== 'int') {
    throw new SweepError(`--range ${text}: expected log, int or nothing after MAX, was "${scale}"`);
  }
  if (scale === 'log' && min <= 0)
    throw new SweepError(`--range ${text}: expected MIN above 0 for log, was ${min}`);
  if (scale === 'int' && !(Number.isInteger(min) && Number.isInteger(max))) {
    throw new SweepError(`--range ${text}: expected whole numbers for int, was ${rest}`);
  }
  return { key, min, max, scale };
}

function split(text: string, expected: string): { key: string; rest: string } {
  const at = text.indexOf('=');
  const key = text.slice(0, at);
  if (at < 1 || !KEY_PATTERN.test(key)) throw new SweepError(`expected ${expected}, was "${text}"`);
  return { key, rest: text.slice(at + 1) };
}

/** Every combination, the last key fastest. @throws SweepError */
export function gridPoints(choices: readonly Choice[]): Parameters[] {
  checkKeys(choices);
  const count = choices.reduce((product, { values }) => product * values.length, 1);
  if (count > POINTS_MAX) throw new SweepError(`--grid: expected at most ${POINTS_MAX} points, was ${count}`);
  let points: Record<string, string>[] = [{}];
  for (const { key, values } of choices) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [key]: value })));
  }
  return points;
}

/** So many draws, each key on its own; the same seed gives the same points, and more draws begin with the fewer. */
export function randomPoints(
  choices: readonly Choice[],
  ranges: readonly Range[],
  count: number,
  seed: number,
): Parameters[] {
  checkKeys([...choices, ...ranges]);
  if (count > POINTS_MAX)
    throw new SweepError(`--random: expected at most ${POINTS_MAX} points, was ${count}`);
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const point: Record<string, string> = {};
    for (const { key, values } of choices) point[key] = values[random.below(values.length)]!;
    for (const range of ranges) point[range.key] = draw(range, random);
    return point;
  });
}

function draw({ min, max, scale }: Range, random: Random): string {
  if (scale === 'int') return String(min + random.below(max - min + 1));
  const unit = random.unit();
  const value = scale === 'log' ? min * (max / min) ** unit : min + (max - min) * unit;
  // Rounding may leave the range by its last figure.
  const rounded = Math.min(max, Math.max(min, Number(value.toPrecision(FIGURES))));
  return plain(rounded);
}

/** Decimal text as the configuration takes it: 1e-7 is written 0.0000001. */
function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '').replace(/\.$/, '') : text;
}

function checkKeys(parts: readonly { readonly key: string }[]): void {
  if (parts.length === 0)
    throw new SweepError('expected something to vary: --grid KEY=V1,V2 or --random N --range KEY=MIN:MAX');
  const keys = parts.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new SweepError(`expected each key once, "${twice}" is given again`);
}

/**
 * The configuration with a point's values in it.
 *
 * @param text the YAML of the configuration, which `base` was parsed from
 * @throws ConfigError when it is not a configuration then; SweepError for a key that is not in it
 */
export function configAt(text: string, base: Config, file: string, point: Parameters): Config {
  const document = parseDocument(text, { version: '1.2' });
  for (const [key, value] of Object.entries(point)) {
    for (const path of pathsOf(key, base)) setAt(document, base, path, value);
  }
  return parseConfig(String(document), `${file} with ${textOfPoint(point)}`);
}

/** A point in a line. */
export function textOfPoint(point: Parameters): string {
  return Object.entries(point)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function pathsOf(key: string, base: Config): (string | number)[][] {
  const parts = key.split('.');
  if (INSTRUMENT_KEYS.includes(parts[0]!)) {
    return base.instruments.map((_, index) => ['instruments', index, ...parts]);
  }
  if (parts[0] !== 'instruments') return [parts];
  const index = Number(parts[1]);
  if (!Number.isInteger(index) || index < 0 || index >= base.instruments.length) {
    throw new SweepError(
      `${key}: expected the number of an instrument from 0 to ${base.instruments.length - 1}, was "${parts[1]}"`,
    );
  }
  return [['instruments', index, ...parts.slice(2)]];
}

function setAt(document: Document, base: Config, path: (string | number)[], value: string): void {
  const old = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], base);
  if (typeof old === 'object' && old !== null) {
    throw new SweepError(
      `${path.join('.')}: expected a key with a single value, this one has others below it`,
    );
  }
  // Sections may be left out of a file.
  for (let depth = 1; depth < path.length; depth++) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (!isMap(node) && !isSeq(node)) document.setIn(path.slice(0, depth), document.createNode({}));
  }
  document.setIn(path, typeof old === 'string' ? value : (parse(value) as unknown));
}
