import { RESULT_FORMAT } from './run-result.ts';
import type { RunResult } from './run-result.ts';
import { resultHashOf } from './result-hash.ts';

/** What is no result of a run. */
export class ResultError extends Error {
  override readonly name = 'ResultError';
  readonly code = 'BAD_RESULT';
}

/** @throws ResultError when the text is no result of this format, or was changed since it was written */
export function parseResult(text: string): RunResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ResultError('expected the JSON of a result, was no JSON', { cause });
  }
  const result = value as Partial<RunResult> | null;
  if (typeof result !== 'object' || result?.format !== RESULT_FORMAT) {
    const was = typeof result === 'object' && result !== null ? JSON.stringify(result.format) : typeof value;
    throw new ResultError(
      `expected a result of the format ${RESULT_FORMAT}, was ${was ?? 'none'}; run the command that wrote it again`,
    );
  }
  const hash = resultHashOf(result);
  if (hash !== result.resultHash) {
    throw new ResultError(
      `expected the hash ${result.resultHash}, was ${hash}: the result was changed or cut; run the command that wrote it again`,
    );
  }
  return result as RunResult;
}
