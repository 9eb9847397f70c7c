/**
 * JSON that gives back every number as it was: also those for which JSON has no word. A journal must not make a limit of
 * Infinity into null, nor a zero that was negative into one that is not.
 */

const MARK = '$number';

/** As `JSON.stringify`; fields that are undefined are left out, as there. */
export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== 'number') return each;
    if (Number.isFinite(each) && !Object.is(each, -0)) return each;
    return { [MARK]: Object.is(each, -0) ? '-0' : String(each) };
  });
}

/** @throws SyntaxError when the text is no JSON */
export function fromExactJson(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'object' || each === null || !(MARK in each)) return each;
    return Number(each[MARK]);
  });
}
