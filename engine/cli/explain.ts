import { ControlClient } from '../control/control-client.ts';
import { ControlError } from '../control/control-error.ts';
import type { Explanation } from '../../monitoring/explanation.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { explanationText } from './explain-text.ts';
import { parseOptions } from './options.ts';
import { STATE_DIRECTORY } from './state-directory.ts';
import { UsageError } from './usage-error.ts';

export const USAGE = `npm run -s okx-mm -- explain INSTRUMENT [--json] [--state DIR]

Why a running engine quotes an instrument as it does: for each level how its price came about (fair price and its parts, half
spread, skew, rounding, limits), or why it is absent (limit, brake, budget, book, worker). It answers while the engine is halted,
too.

  --json   for programs; prices and sizes in the instrument's own units
  --state  the state directory of the engine, as npm start was given it (default ${STATE_DIRECTORY})

Ends with 0 when the engine has said it, 2 for an instrument that it does not have, 75 when no engine runs there or it does
not answer, 78 when this user may not reach it.`;

export async function run(argv: readonly string[]): Promise<ExitCode> {
  const { values, positionals } = parseOptions(argv, {
    state: { type: 'string', default: STATE_DIRECTORY },
    json: { type: 'boolean', default: false },
  });
  const [instId = ''] = positionals;
  if (instId === '' || positionals.length !== 1) {
    throw new UsageError(`expected one instrument, such as BTC-USDT, was "${positionals.join(' ')}"`);
  }
  if (values.state === '') throw new UsageError('--state: expected a directory, was ""');
  const answer = await ask(values.state, instId);
  if (typeof answer === 'string') throw new CommandError(ExitCode.usage, `explain: ${answer}`);
  const text = values.json ? JSON.stringify(answer, undefined, 2) : explanationText(answer as Explanation);
  process.stdout.write(`${text}\n`);
  return ExitCode.done;
}

async function ask(state: string, instId: string): Promise<unknown> {
  try {
    return await new ControlClient(state).explain(instId);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const isUnusable = error.code === 'CONTROL_UNUSABLE';
    throw new CommandError(isUnusable ? ExitCode.config : ExitCode.unavailable, error.message, {
      cause: error,
    });
  }
}
