import { parseArgs } from 'node:util';
import { EXIT_NAMES, readExitTerms } from '../base/exit-terms.ts';
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
  flatten --by WAY  close them by an algo order of the venue instead, paused meanwhile; pause, resume and the like end it:
           twap      in pieces over --minutes
           iceberg   by orders that rest at the best price, a few at a time
           trailing  at the market once the price has come back by --ratio from its best
           trigger   at the market once the mark price is --price
  reload   take up its configuration file as it is now: all that differs, at once, or nothing of it; prints the difference
  status   how it stands, as JSON

  --by, --minutes, --ratio, --price
             of flatten: market (the default), twap, iceberg, trailing, trigger, and what each needs
  --limit-bps
             of twap and iceberg: no piece further than so many basis points from the mark price as it is now (default 300)
  --instrument
             of flatten --by: this one alone
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
  /** How a flatten is to be done, as it was told; empty for the engine's own way. */
  readonly exit: ReadonlyMap<string, string>;
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
        by: { type: 'string' },
        instrument: { type: 'string' },
        minutes: { type: 'string' },
        'limit-bps': { type: 'string' },
        ratio: { type: 'string' },
        price: { type: 'string' },
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
  const exit = exitOf(word, values);
  return { word, state: accountState(values.state, values.account), isDryRun, exit };
}

/** What of a flatten was told beside its word, checked here so that the usage is at hand. */
function exitOf(word: string, values: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const names = ['by', ...EXIT_NAMES];
  const told = new Map(
    names.flatMap((name): [string, string][] => {
      const value = values[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  const [first] = told.keys();
  if (first !== undefined && word !== OperatorCommand.flatten) {
    throw new UsageError(`--${first}: expected flatten, was ${word}`);
  }
  const terms = readExitTerms(told);
  if (typeof terms === 'string') throw new UsageError(`--${terms}`);
  return terms === null ? new Map() : told;
}

async function run({ word, state, isDryRun, exit }: Arguments): Promise<ExitCode> {
  const client = new ControlClient(state);
  if (word === 'status') {
    process.stdout.write(`${JSON.stringify(await client.status(), undefined, 2)}\n`);
    return ExitCode.done;
  }
  const asked = exit.size > 0 ? client.exit(exit) : undefined;
  const { isDone, text } = await (asked ??
    (word === 'reload' ? client.reload(isDryRun) : client.command(word)));
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
