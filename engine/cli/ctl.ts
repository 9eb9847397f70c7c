import { parseArgs } from 'node:util';
import { ControlClient } from '../control/control-client.ts';
import { ControlError } from '../control/control-error.ts';
import { OperatorCommand } from '../loop/loop-options.ts';
import { ExitCode } from './exit-code.ts';
import { STATE_DIRECTORY, accountState } from './state-directory.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `npm run -s ctl -- pause|resume|reduce|flatten|halt|reload|status [--dry-run] [--state DIR] [--account NAME]

Tells a running engine what to do, or asks how it stands; of several accounts all of them, or one.

  pause    cancel every order, and place none until resume
  reduce   only orders that make a position smaller, until resume
  flatten  cancel every order, close the positions within engine.closeBps of the mark price, and stay paused
  halt     cancel every order and send nothing else, over restarts, until resume
  resume   take all of these back, and what a limit has paused or halted; loss and drawdown count anew from here
  reload   take up its configuration file as it is now: all that differs, at once, or nothing of it; prints the difference
  status   how it stands, as JSON

  --dry-run  of reload: only say what differs, and whether it would be taken up
  --state    the state directory of the engine, as npm start was given it (default ${STATE_DIRECTORY})
  --account  of several, this one alone, with or without its supervisor. Not given, all are told: also those that are just
             not there, as soon as they are

Ends with 0 when it is done, 1 when the engine refuses it, 75 when no engine runs there or it does not answer, 78 when this
user may not reach it.`;

interface Arguments {
  readonly word: OperatorCommand | 'reload' | 'status';
  readonly state: string;
  readonly isDryRun: boolean;
}

const WORDS: readonly Arguments['word'][] = [...Object.values(OperatorCommand), 'reload', 'status'];

function readArguments(argv: readonly string[]): Arguments | 'help' {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        state: { type: 'string', default: STATE_DIRECTORY },
        account: { type: 'string', default: '' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const { values, positionals } = parsed;
  if (values.help) return 'help';
  const word = WORDS.find((each) => each === positionals[0]);
  if (word === undefined || positionals.length !== 1) {
    throw new UsageError(`expected one of ${WORDS.join(', ')}, was "${positionals.join(' ')}"`);
  }
  if (values.state === '') throw new UsageError('--state: expected a directory, was ""');
  if (!/^[a-z0-9-]*$/.test(values.account)) {
    throw new UsageError(`--account: expected the name of an account, was "${values.account}"`);
  }
  const isDryRun = values['dry-run'];
  if (isDryRun && word !== 'reload') throw new UsageError(`--dry-run: expected reload, was ${word}`);
  return { word, state: accountState(values.state, values.account), isDryRun };
}

async function run({ word, state, isDryRun }: Arguments): Promise<ExitCode> {
  const client = new ControlClient(state);
  if (word === 'status') {
    process.stdout.write(`${JSON.stringify(await client.status(), undefined, 2)}\n`);
    return ExitCode.done;
  }
  const { isDone, text } = await (word === 'reload' ? client.reload(isDryRun) : client.command(word));
  (isDone ? process.stdout : process.stderr).write(`${text}\n`);
  return isDone ? ExitCode.done : ExitCode.failed;
}

async function main(): Promise<void> {
  try {
    const args = readArguments(process.argv.slice(2));
    if (args === 'help') process.stdout.write(`${USAGE}\n`);
    else process.exitCode = await run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${USAGE}\n`);
      process.exitCode = ExitCode.usage;
    } else if (error instanceof ControlError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = error.code === 'CONTROL_UNUSABLE' ? ExitCode.config : ExitCode.unavailable;
    } else throw error;
  }
}

await main();
