import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

/** Raised when the meaning of a key changes. */
const VERSION = 1;

const aboveZero = z.number().positive();
const intensity = z.strictObject({ rate: aboveZero, decay: aboveZero });

/** Ticks and seconds. */
const model = z.strictObject({
  tickSize: z.string().regex(/^\d+(\.\d+)?$/),
  /** What it was fitted to ends there. */
  until: z.string(),
  /** Distances from here on were fitted. */
  fitFromBps: z.number().min(0),
  sigma: aboveZero,
  bid: intensity,
  ask: intensity,
  pooled: intensity,
});

const modelFile = z.strictObject({
  okxMmModels: z.literal(VERSION),
  instruments: z.record(z.string(), model),
});

/** A calibrated model as a file has it. */
export type FiledModel = z.infer<typeof model>;

/** Models by instrument as the text of the file that `calibration.startFile` names. */
export function modelFileText(instruments: Readonly<Record<string, FiledModel>>): string {
  const head =
    '# Models of recorded markets, by okx-mm calibrate: what calibration.startFile lets an engine begin with.\n';
  return `${head}${stringify({ okxMmModels: VERSION, instruments })}`;
}

/**
 * The models of such a file, by instrument.
 *
 * @throws ConfigError when it cannot be read, or is none
 */
export function loadModels(file: string): Readonly<Record<string, FiledModel>> {
  let input: unknown;
  try {
    input = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no YAML';
    throw new ConfigError(
      `calibration.startFile: expected a readable file of models, was "${file}" (${reason}); okx-mm calibrate --out writes one`,
    );
  }
  const result = modelFile.safeParse(input);
  if (result.success) return result.data.instruments;
  const [issue] = result.error.issues;
  throw new ConfigError(
    `calibration.startFile ${file}: ${issue!.path.join('.')}: ${issue!.message}; fit it anew with okx-mm calibrate --out`,
  );
}
