/**
 * Names of our algo orders (`algoClOrdId`): what one is for, and the run and the number of its making.
 *
 *     P RRRRRRRR NNNNNN     15 characters; P a stop that protects a position, X a way out of one
 *
 * Whatever run made it, an algo order of ours is known by this, though its tag be lost.
 */
import { assert } from '../base/assert.ts';
import { RUN_MAX } from './client-order-id.ts';

export const AlgoPurpose = { protection: 'P', exit: 'X' } as const;
export type AlgoPurpose = (typeof AlgoPurpose)[keyof typeof AlgoPurpose];

const PATTERN = /^([PX])(\d{8})(\d{6})$/;
const NUMBERS = 1_000_000;
const RUN_DIGITS = 8;
const NUMBER_DIGITS = 6;
const DIGIT_0 = 48;
const LETTER_P = 80;
const LETTER_X = 88;

export interface AlgoOrderId {
  readonly purpose: AlgoPurpose;
  readonly run: number;
  readonly number: number;
}

/** @param number of the run, from 1 on; after a million of them the first are long gone, and their numbers free again */
export function algoOrderIdText(purpose: AlgoPurpose, run: number, number: number): string {
  assert(run >= 0 && run <= RUN_MAX, 'a run fits eight digits');
  return `${purpose}${String(run).padStart(8, '0')}${String(number % NUMBERS).padStart(6, '0')}`;
}

/** @hot The run of the name in bytes[start, end), -1 when it is none of ours. */
export function algoRunOf(bytes: Uint8Array, start: number, end: number): number {
  const isLong = end - start === 1 + RUN_DIGITS + NUMBER_DIGITS;
  if (!isLong || (bytes[start] !== LETTER_P && bytes[start] !== LETTER_X)) return -1;
  let run = 0;
  for (let index = start + 1; index < end; index++) {
    const digit = bytes[index]! - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return -1;
    if (index <= start + RUN_DIGITS) run = run * 10 + digit;
  }
  return run;
}

/** Null when the text is no name of ours. */
export function parseAlgoOrderId(text: string): AlgoOrderId | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  return { purpose: match[1] as AlgoPurpose, run: Number(match[2]), number: Number(match[3]) };
}
