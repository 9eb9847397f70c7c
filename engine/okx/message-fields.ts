import { OkxMessageError } from './okx-message-error.ts';

/**
 * Guards for cold messages: a parsed JSON value goes in, a field of the stated kind comes out, or an OkxMessageError that
 * names it. OKX leaves out fields, adds fields and sends empty texts at will: what is absent is '' for text and -1 for
 * numbers, and only a value of a wrong kind is an error.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** @throws OkxMessageError when the text is not a JSON object */
export function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OkxMessageError('message', 'JSON', text, cause);
  }
  return objectOf(value, 'message');
}

export function objectOf(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OkxMessageError(field, 'an object', value);
  }
  return value as Fields;
}

/** The objects of an array; an absent array is an empty one. */
export function objectsOf(fields: Fields, name: string): Fields[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new OkxMessageError(name, 'an array', value);
  return value.map((element: unknown, index) => objectOf(element, `${name}[${index}]`));
}

/** A text, or a number or boolean as text; '' when absent or null. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new OkxMessageError(name, 'a text', value);
}

/** As `textOf`, and there must be one. */
export function requiredTextOf(fields: Fields, name: string): string {
  const value = textOf(fields, name);
  if (value === '') throw new OkxMessageError(name, 'a text that is not empty', fields[name]);
  return value;
}

/** A plain decimal as its text, '' when absent or empty. Texts keep every digit; the reader chooses a grid or a float. */
export function decimalOf(fields: Fields, name: string): string {
  const value = textOf(fields, name);
  if (value !== '' && !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) {
    throw new OkxMessageError(name, 'a decimal or an empty text', value);
  }
  return value;
}

/** A whole number given as a number or as text; -1 when absent, null or empty. */
export function integerOf(fields: Fields, name: string): number {
  const value = textOf(fields, name);
  if (value === '') return -1;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new OkxMessageError(name, 'a whole number below 2^53', value);
  return number;
}

/** A truth value, as JSON's or as text; false when absent or empty. */
export function booleanOf(fields: Fields, name: string): boolean {
  const value = textOf(fields, name);
  if (value === 'true') return true;
  if (value === 'false' || value === '') return false;
  throw new OkxMessageError(name, 'true or false', value);
}
